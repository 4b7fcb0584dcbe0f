"""Tables, sessions and migrations, the same for SQLite and PostgreSQL."""

from reunite.storage import (  # noqa: F401
    abuse_tables,
    alert_tables,
    audit_tables,
    draft_tables,
    import_tables,
    message_tables,
    outbox_tables,
    part_tables,
    partner_tables,
    photo_tables,
    policy_tables,
    poster_tables,
    reunion_tables,
    search_tables,
    sighting_tables,
    sign_in_tables,
    staff_tables,
    tables,
    vault_tables,
)
