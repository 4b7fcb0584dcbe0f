"""Runs the attacks and prints counts: `python -m tests.attack --short` (or --full); status 1 where one got through.

The full form writes docs/security-results.md too. Every gate is shown to catch a seeded defect first.
"""

import argparse
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version

from tests.attack import bodies, fuzzing, guessing, importing, pictures, reading, target, walking
from tests.attack.walking import Found

_PAGE = reading.ROOT / "docs/security-results.md"
_OPEN = ("200", "201")


@dataclass(frozen=True, slots=True)
class Form:
    """How much is tried."""

    examples: int
    texts: int
    bodies: int
    pictures: int
    files: int
    passwords: int
    seconds: int


SHORT = Form(examples=20, texts=1, bodies=100, pictures=12, files=4, passwords=20, seconds=5)
FULL = Form(examples=30, texts=16, bodies=2500, pictures=250, files=80, passwords=1000, seconds=60)


@dataclass
class Results:
    """Lines for people, and how many things were wrong."""

    lines: list[tuple[str, str, str]] = field(default_factory=list)
    wrong: int = 0

    def tell(self, what: str, tried: str, wrong: Iterable[str], came: str = "nothing wrong") -> None:
        """Keep and print one line; print each thing that is wrong."""
        found = list(wrong)
        self.wrong += len(found)
        self.lines.append((what, tried, f"{len(found)} WRONG" if found else came))
        print(f"{time.strftime('%H:%M:%S')} {' | '.join(self.lines[-1])}", flush=True)
        for one in found[:40]:
            print(f"    WRONG: {one}", flush=True)


def main() -> int:
    """Every attack; each finding is printed."""
    parser = argparse.ArgumentParser(prog="python -m tests.attack", description=__doc__)
    form = parser.add_mutually_exclusive_group(required=True)
    form.add_argument("--short", dest="form", action="store_const", const=SHORT)
    form.add_argument("--full", dest="form", action="store_const", const=FULL)
    chosen: Form = parser.parse_args().form
    results, began = Results(), time.monotonic()
    _prove_the_gates(results)
    found = reading.findings(reading.ROOT, *reading.PACKAGES)
    results.tell(
        "rules that read the code", "all of it", (f"{path}:{line}: {rule}" for rule, path, line in found)
    )
    with target.running() as at:
        _attack(results, at, chosen)
    _tell(results, "import files, rows", importing.run(chosen.files))
    if chosen is FULL:
        _write(results, time.monotonic() - began)
    return 1 if results.wrong else 0


def _prove_the_gates(results: Results) -> None:
    missed = [f"{name} of rule {rule}" for rule, name in reading.uncaught()]
    results.tell("seeded mistakes in code", str(len(reading.SEEDED)), missed, "all caught")
    results.tell("seeded defects for the walk", str(len(walking.SEEDED)), walking.uncaught(), "all caught")
    caught = fuzzing.notices_a_seeded_defect()
    results.tell("seeded defect for schemathesis", "1", () if caught else ("not noticed",), "caught")


def _attack(results: Results, at: target.Target, chosen: Form) -> None:
    for caller, key in (("nobody", None), *at.keys.items()):
        if chosen is FULL or caller in ("nobody", [*at.keys][-1]):
            sent, report = fuzzing.run(at.address, chosen.examples, key, thorough=chosen is FULL)
            results.tell(f"schemathesis as {caller}", f"{sent} inputs", [report] if report else ())
    _tell(results, "hostile bodies", bodies.run(at, chosen.bodies))
    _tell(results, "broken and hostile pictures", pictures.run(at, chosen.pictures))
    _tell(results, "walk over every route as every role", walking.walk(at, chosen.texts))
    _tell(results, "wrong passwords", guessing.passwords(at, chosen.passwords))
    measured = guessing.receipts(at, chosen.seconds)
    opened = [f"a guess was answered {status}" for status in _OPEN if measured.answers[status]]
    came = ", ".join(f"{count} × {status}" for status, count in sorted(measured.answers.items()))
    results.tell(
        f"receipts guessed for {chosen.seconds} s", f"{measured.answers.total()} guesses", opened, came
    )
    normal = (
        measured.busy_p95 <= measured.quiet_p95 * 1.1
    )  # told and not judged: the attackers share the machine
    results.tell("an honest visitor meanwhile", f"p95 {measured.busy_p95:.0f} ms", (),
                 f"without guessers {measured.quiet_p95:.0f} ms{'' if normal else ': longer than alone'}")  # fmt: skip


def _tell(results: Results, what: str, found: Found) -> None:
    tried = ", ".join(f"{count} {of}" for of, count in found.sent.items())
    results.tell(what, f"{found.sent.total()} ({tried})", found.wrong)


def _write(results: Results, seconds: float) -> None:
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True
    ).stdout.strip()
    tools = ", ".join(f"{name} {version(name)}" for name in ("fastapi", "starlette", "sqlalchemy", "jinja2"))
    rows = "\n".join(f"| {what} | {tried} | {came} |" for what, tried, came in results.lines)
    when, minutes, on = datetime.now(UTC).date().isoformat(), f"{seconds / 60:.0f}", platform
    said = (
        "# What was tried against the service",
        f"Written by `make attack` on {when}, in {minutes} minutes, on version {commit}; Python {on.python_version()}, "
        f"{tools}; {on.system()} on {on.machine()} with {os.cpu_count()} cores, attackers and service on one machine. "
        "Each gate is shown to catch a seeded defect before it is believed.",
        f"| attack | tried | what came of it |\n| --- | --- | --- |\n{rows}",
        f"Things that were wrong: {results.wrong}.",
    )
    _PAGE.write_text("\n\n".join(said) + "\n")


if __name__ == "__main__":
    sys.exit(main())
