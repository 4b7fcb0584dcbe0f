"""Tables, sessions and migrations, the same for SQLite and PostgreSQL."""

from reunite.storage import abuse_tables, audit_tables, staff_tables, tables  # noqa: F401  (a table that refers to another finds it)
