"""Tables, sessions and migrations, the same for SQLite and PostgreSQL."""
