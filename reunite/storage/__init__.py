"""Tables, sessions and migrations, the same for SQLite and PostgreSQL."""

from reunite.storage import (  # noqa: F401
    abuse_tables,
    audit_tables,
    policy_tables,
    staff_tables,
    tables,
    vault_tables,
)
