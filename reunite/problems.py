"""What can go wrong, said so that a person can act on it.

`Problem.message` is an English sentence with {placeholders}; pages translate the sentence first and fill it then.
"""

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One field that cannot be taken: which, what was read, what would be right."""

    field: str
    value: str
    message: str
    params: dict[str, str] = dataclasses.field(default_factory=dict)
    line: int | None = None

    def text(self) -> str:
        """The English sentence, filled."""
        return self.message.format(value=self.value, field=self.field, **self.params)


def by_field(problems: Iterable[Problem]) -> dict[str, Problem]:
    """The first problem of each field, in their order."""
    found: dict[str, Problem] = {}
    for problem in problems:
        found.setdefault(problem.field, problem)
    return found


class ReuniteError(Exception):
    """Base of every error that is meant to be shown to a person."""


class Invalid(ReuniteError):
    """Input that cannot be taken; carries every problem found, not only the first."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{p.field}: {p.text()}" for p in problems))
        self.problems = tuple(problems)


class NotFound(ReuniteError):
    """There is no such thing, or it is not for the one who asks: both look the same."""


class Forbidden(ReuniteError):
    """The role may not do this."""


class Conflict(ReuniteError):
    """It cannot be done now, because of what others or the same person did before. The text is a msgid."""


class Changed(ReuniteError):
    """It is no longer as the one who changes it had read it: nothing was changed."""


class Busy(ReuniteError):
    """Too much is being done at once, or a disk is full: nothing was stored, and trying again later may help."""


class StartupError(ReuniteError):
    """The service must not start; the text says what to do."""


class AwayError(StartupError):
    """The service cannot start now; what it needs may come back by itself."""
