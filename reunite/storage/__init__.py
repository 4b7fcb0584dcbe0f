"""Tables, sessions and migrations, the same for SQLite and PostgreSQL."""

# A table that refers to another finds it.
from reunite.storage import (  # noqa: F401
    abuse_tables,
    audit_tables,
    partner_tables,
    staff_tables,
    tables,
    vault_tables,
)
