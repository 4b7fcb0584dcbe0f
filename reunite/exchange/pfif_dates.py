"""Times of PFIF: UTC, `yyyy-mm-ddThh:mm:ssZ`, with a fraction of a second or without."""

import re
from datetime import UTC, datetime

_WRITTEN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?Z")


def moment(text: str) -> datetime | None:
    """The time that a field names, also in other forms of ISO 8601 and in another zone; None where it names none."""
    try:
        found = datetime.fromisoformat(text.strip())
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def is_written(text: str) -> bool:
    """Whether the field is in the form of PFIF, and a time that there is."""
    return _WRITTEN.fullmatch(text) is not None and moment(text) is not None


def written(at: datetime) -> str:
    """The time in the form of PFIF, to the second."""
    return at.astimezone(UTC).replace(tzinfo=None, microsecond=0).isoformat() + "Z"
