"""Which share of the reports an index ranks (see `matching.shards`); asks for no compiled code."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shard:
    """The share of the reports that an index ranks: those whose id leaves `number` when divided by `of`."""

    number: int = 0
    of: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.number < self.of:
            raise ValueError(f"Of {self.of} shards there is none of number {self.number}; the first is 0.")

    def has(self, id: int) -> bool:
        """Whether the report is of this share."""
        return id % self.of == self.number


WHOLE = Shard()
