"""The radius of an alert, which grows with time: `1:100,2:200,*:500` is 100 km in the first hour, 200 km in the second,
500 km afterwards."""

from dataclasses import dataclass
from datetime import timedelta

_FARTHEST_KM = 20_000.0
_LATER = "*"
_WRONG = "not hours and kilometres that grow; write them like 1:100,2:200,*:500"


@dataclass(frozen=True, slots=True)
class Ring:
    """From this age of the alert on it reaches so far."""

    after: timedelta
    km: float


def parse(text: str) -> tuple[Ring, ...]:
    """The rings of a setting, the nearest first; raises ValueError."""
    rings: list[Ring] = []
    begins: float | None = 0.0
    for part in text.split(","):
        until, _, far = part.strip().partition(":")
        try:
            km, hours = float(far), None if until == _LATER else float(until)
        except ValueError:
            raise ValueError(_WRONG) from None
        farther = (rings[-1].km if rings else 0.0) < km <= _FARTHEST_KM
        if begins is None or not farther or (hours is not None and not begins < hours <= 1000):
            raise ValueError(_WRONG)
        rings.append(Ring(timedelta(hours=begins), km))
        begins = hours
    if begins is not None:
        raise ValueError(f"{_WRONG}: the last says what is later, with *")
    return tuple(rings)


def begun(rings: tuple[Ring, ...], age: timedelta) -> int:
    """How many of the rings an alert of this age has reached; at least one."""
    return max(1, sum(ring.after <= age for ring in rings))
