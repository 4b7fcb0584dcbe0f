"""What a command takes: seconds by the clock on the wall, and the most memory of all its processes together."""

import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_EVERY = 0.1
_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds, from starting the interpreter to its end, and MiB; 0 MiB where the system does not say (not Linux)."""

    wall_s: float
    peak_mb: float


def measured(command: Sequence[str], log: Path) -> Took:
    """Run a command to its end; its output goes to a file. Raises RuntimeError, with that file's name, if it fails."""
    began, peak = time.perf_counter(), 0.0
    with log.open("wb") as output:
        started = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
        while started.poll() is None:
            peak = max(peak, _memory(started.pid))
            time.sleep(_EVERY)
    took = time.perf_counter() - began
    if started.returncode:
        raise RuntimeError(f"{' '.join(command)} failed; {log} says why.")
    return Took(took, peak)


def _memory(session: int) -> float:
    """MiB of the processes of a session; what several share counts once (proportional set size)."""
    return sum(map(_proportional, _members(session))) / 1024


def _members(session: int) -> Iterator[Path]:
    for stat in _PROC.glob("[0-9]*/stat"):
        try:
            # The name in parentheses may hold anything; the session is the fourth after it.
            if int(stat.read_text().rpartition(")")[2].split()[3]) == session:
                yield stat.parent
        except (OSError, IndexError, ValueError):
            continue


def _proportional(process: Path) -> int:
    try:
        lines = (process / "smaps_rollup").read_text().splitlines()
    except OSError:  # it has just ended
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
