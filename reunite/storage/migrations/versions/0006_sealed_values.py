"""A data key a report; contact data and whereabouts sealed with it; how long a report is kept."""

import json
import secrets

import sqlalchemy as sa
from alembic import context, op

from reunite.contacts import phone_hash
from reunite.keys import Keys, sealed_with
from reunite.problems import StartupError

revision = "0006"
down_revision = "0002"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    for name, columns in (
        ("report_key", [sa.Column("version", sa.Integer(), nullable=False),
                        sa.Column("wrapped", sa.LargeBinary(), nullable=False)]),
        ("sealed_value", [sa.Column("column", sa.String(length=40), nullable=False),
                          sa.Column("sealed", sa.LargeBinary(), nullable=False)]),
        ("phone_index", [sa.Column("phone_hash", sa.String(length=64), nullable=False)]),
    ):  # fmt: skip
        own = ["report_id", "column"] if name == "sealed_value" else ["report_id"]
        op.create_table(
            name,
            sa.Column("report_id", _ID, nullable=False),
            *columns,
            sa.ForeignKeyConstraint(
                ["report_id"], ["report.id"], name=op.f(f"fk_{name}_report_id"), ondelete="CASCADE"
            ),
            sa.PrimaryKeyConstraint(*own, name=op.f(f"pk_{name}")),
        )
    op.create_index(op.f("ix_report_key_version"), "report_key", ["version"])
    op.create_index(op.f("ix_phone_index_phone_hash"), "phone_index", ["phone_hash"])
    long_ago = "1970-01-01 00:00:00+00:00"
    # Not in a batch: that would make the table anew, and on SQLite what hangs on it would go with the old one.
    kept_from = sa.Column("kept_from", sa.DateTime(timezone=True), server_default=long_ago, nullable=False)
    op.add_column("report", kept_from)
    for name in ("noticed_at", "expires_at", "erased_at"):
        op.add_column("report", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE report SET kept_from = filed_at")
    _seal_what_is_there()
    op.drop_table("reporter")


def _seal_what_is_there() -> None:
    """Contact data was sealed by the root key, and whereabouts were readable: now both by a key of the report's own."""
    bind = op.get_bind()
    report = sa.table("report", sa.column("id"), sa.column("person", sa.JSON()))
    reporter = sa.table("reporter", sa.column("report_id"), sa.column("sealed"))
    rows = bind.execute(
        sa.select(report.c.id, report.c.person, reporter.c.sealed).outerjoin(
            reporter, reporter.c.report_id == report.c.id
        )
    ).all()
    if not rows:
        return
    keys: Keys | None = context.config.attributes.get("keys")
    if keys is None:
        raise StartupError(
            "The database holds reports but its key is missing. Restore the key file, then start again."
        )
    for report_id, person, sealed in rows:
        try:
            contact = keys.open("reporter", f"report:{report_id}", sealed) if sealed else "{}"
        except ValueError as error:
            raise StartupError(
                "The key is not the one this database was made with. Restore the right key file, then start again."
            ) from error
        said = json.loads(contact)
        _seal(bind, keys, report_id, {"reporter": contact if said else "",
                                      "place_found": person.get("place_found", "")})  # fmt: skip
        if hashed := phone_hash(keys, said.get("reporter_phone", "")):
            bind.execute(
                sa.text("INSERT INTO phone_index (report_id, phone_hash) VALUES (:id, :hashed)"),
                {"id": report_id, "hashed": hashed},
            )
        if "place_found" in person:
            rest = {name: text for name, text in person.items() if name != "place_found"}
            bind.execute(sa.update(report).where(report.c.id == report_id).values(person=rest))
    _blank_evidence(bind)


def _seal(bind: sa.Connection, keys: Keys, report_id: int, texts: dict[str, str]) -> None:
    data_key = secrets.token_bytes(32)
    version, key = keys.newest()
    wrapped = sealed_with(key, f"report:{report_id}/key/{version}", data_key)
    bind.execute(
        sa.text("INSERT INTO report_key (report_id, version, wrapped) VALUES (:id, :version, :wrapped)"),
        {"id": report_id, "version": version, "wrapped": wrapped},
    )
    for column, text in texts.items():
        if text:
            sealed = sealed_with(data_key, f"report:{report_id}/{column}", text.encode())
            bind.execute(
                sa.text(
                    'INSERT INTO sealed_value (report_id, "column", sealed) VALUES (:id, :column, :sealed)'
                ),
                {"id": report_id, "column": column, "sealed": sealed},
            )


def _blank_evidence(bind: sa.Connection) -> None:
    candidate = sa.table(
        "candidate", sa.column("missing_id"), sa.column("found_id"), sa.column("evidence", sa.JSON())
    )
    for missing_id, found_id, lines in bind.execute(sa.select(candidate)).all():
        blank = [line | {"found": ""} if line.get("field") == "place_found" else line for line in lines]
        pair = (candidate.c.missing_id == missing_id, candidate.c.found_id == found_id)
        bind.execute(sa.update(candidate).where(*pair).values(evidence=blank))
