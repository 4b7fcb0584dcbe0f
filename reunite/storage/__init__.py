"""Tables, sessions and migrations, the same for SQLite and PostgreSQL."""

from reunite.storage import abuse_tables, audit_tables, photo_tables, staff_tables, tables, vault_tables  # noqa: F401
