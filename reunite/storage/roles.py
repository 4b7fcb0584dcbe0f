"""Rights of the role that the service runs as on PostgreSQL: it owns no table, so that it cannot switch a rule off."""

from psycopg import sql
from sqlalchemy import Connection, text

from reunite.problems import Invalid, Problem

# What may be changed or removed of tables whose rows are kept; of all others everything may.
_UPDATES = {
    "alembic_version": (),
    "audit_entry": (),
    "confirmation": ("reference", "note"),
    "exclusion": (),
    "review": ("reason",),
}
_KEPT = {*_UPDATES, "audit_head", "candidate", "report", "staff", "installation"}


def grant(connection: Connection, role: str, password: str = "") -> None:
    """Let the role read and write what the service needs and nothing more; a role that is not there is made, where a
    password is given. Raises Invalid where there is none and no password."""
    if not connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}):
        if not password:
            said = "There is no role {value}. Set REUNITE_GRANT_PASSWORD to the password it shall have."
            raise Invalid([Problem("grant-to", role[:60], said)])
        making = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(
            sql.Identifier(role), sql.Literal(password)
        )
        connection.exec_driver_sql(making.as_string(None))
    to = connection.dialect.identifier_preparer.quote(role)
    schema = connection.dialect.identifier_preparer.quote(
        str(connection.scalar(text("SELECT current_schema()")))
    )
    run = connection.exec_driver_sql
    run(f"GRANT USAGE ON SCHEMA {schema} TO {to}")
    run(f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {to}")
    run(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {to}")
    names = connection.scalars(
        text("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
    ).all()
    for name in names:
        table = f"{schema}.{connection.dialect.identifier_preparer.quote(name)}"
        run(f"GRANT SELECT ON {table} TO {to}")
        if name != "alembic_version":
            run(f"GRANT INSERT ON {table} TO {to}")
        columns = _UPDATES.get(name)
        if columns is None:
            run(f"GRANT UPDATE ON {table} TO {to}")
        elif columns:
            run(f"GRANT UPDATE ({', '.join(columns)}) ON {table} TO {to}")
        if name not in _KEPT:
            run(f"GRANT DELETE ON {table} TO {to}")


def owns_its_tables(connection: Connection) -> bool:
    """Whether who is connected could switch the rules off: it owns the tables, or is a superuser."""
    return bool(connection.scalar(text(
        "SELECT EXISTS (SELECT 1 FROM pg_class WHERE oid = 'review'::regclass AND pg_has_role(relowner, 'USAGE')) "
        "OR (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)"
    )))  # fmt: skip
