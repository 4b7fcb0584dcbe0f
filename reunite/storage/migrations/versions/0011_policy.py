"""Regions of reports and staff, warnings on a report, reasons for looking at contact data."""

import sqlalchemy as sa
from alembic import context, op

from reunite import regions, vault, whereabouts
from reunite.problems import StartupError

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_AT = sa.DateTime(timezone=True)
_BATCH = 1000


def _of(table: str, parent: str, *, goes_with_it: bool = True) -> sa.ForeignKeyConstraint:
    column = f"{parent}_id"
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint(
        [column], [f"{parent}.id"], name=name, ondelete="CASCADE" if goes_with_it else None
    )


def upgrade() -> None:
    for table, parent in (("report_region", "report"), ("staff_region", "staff")):
        op.create_table(
            table,
            sa.Column(f"{parent}_id", _ID, nullable=False),
            sa.Column("province", sa.String(8), nullable=False),
            _of(table, parent),
            sa.PrimaryKeyConstraint(f"{parent}_id", "province", name=op.f(f"pk_{table}")),
        )
    op.create_table(
        "report_flag",
        sa.Column("report_id", _ID, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("set_by", _ID, nullable=True),
        sa.Column("at", _AT, nullable=False),
        sa.CheckConstraint(
            "kind IN ('custody_dispute', 'protection_order', 'danger')", name=op.f("ck_report_flag_kind")
        ),
        _of("report_flag", "report"),
        sa.ForeignKeyConstraint(["set_by"], ["staff.id"], name=op.f("fk_report_flag_set_by")),
        sa.PrimaryKeyConstraint("report_id", "kind", name=op.f("pk_report_flag")),
    )
    op.create_table(
        "contact_access",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("report_id", _ID, nullable=False),
        sa.Column("staff_id", _ID, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", _AT, nullable=False),
        _of("contact_access", "report"),
        _of("contact_access", "staff", goes_with_it=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_access")),
    )
    op.create_index(op.f("ix_contact_access_report_id"), "contact_access", ["report_id"])
    _find_regions()


def _find_regions() -> None:
    """The provinces of the reports that are there; where a person was found is sealed, so this needs the keys."""
    bind, last = op.get_bind(), 0
    keys = context.config.attributes.get("keys")
    query = sa.text(
        "SELECT r.id, r.person, k.version, k.wrapped, s.sealed FROM report r "
        "LEFT JOIN sealed_value s ON s.report_id = r.id AND s.\"column\" = 'place_found' "
        "LEFT JOIN report_key k ON k.report_id = s.report_id "
        "WHERE r.id > :last AND r.erased_at IS NULL ORDER BY r.id LIMIT :most"
    ).columns(person=sa.JSON())
    while rows := bind.execute(query, {"last": last, "most": _BATCH}).all():
        found = []
        for report_id, person, version, wrapped, sealed in rows:
            said = dict(person)
            if sealed is not None and wrapped is not None:
                if keys is None:
                    raise StartupError(
                        "The database holds reports but its key is missing. Restore the key file, then start again."
                    )
                place = vault.opened(keys, report_id, version, wrapped, whereabouts.COLUMN, sealed)
                said[whereabouts.COLUMN] = place.decode()
            found += [{"id": report_id, "province": province} for province in regions.provinces_of(said)]
        bind.execute(
            sa.text("INSERT INTO report_region (report_id, province) VALUES (:id, :province)"), found
        )
        last = rows[-1].id


def downgrade() -> None:
    for table in ("contact_access", "report_flag", "staff_region", "report_region"):
        op.drop_table(table)
