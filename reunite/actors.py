"""Who does something, as the audit log names them: never a name, only an id."""

from dataclasses import dataclass

from reunite.policy import Role

FAMILY = "family"
PARTNER = "partner"
OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Staff:
    """A member of staff who is signed in; `csrf` is bound to the session."""

    id: int
    name: str
    email: str
    role: Role
    csrf: str = ""

    @property
    def actor(self) -> str:
        """How the audit log names them."""
        return f"staff:{self.id}"
