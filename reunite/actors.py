"""Who does something, as the audit log names them: never a name, only an id."""

from dataclasses import dataclass

from reunite.policy import Role, Scope

FAMILY = "family"
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


@dataclass(frozen=True, slots=True)
class Partner:
    """The organisation whose key asks. `id` is the key's; `source` is the organisation as its reports name it."""

    id: int
    source: str
    scopes: frozenset[Scope]

    @property
    def actor(self) -> str:
        """How the audit log names them."""
        return f"partner:{self.id}"
