"""Runs the attacks and prints counts: `python -m tests.attack --short` (or --full); status 1 where one got through."""

import argparse
import sys
import time

from tests.attack import fuzzing, reading

_EXAMPLES = {"short": 5, "full": 700}


def main() -> int:
    """Every gate; each finding is printed."""
    parser = argparse.ArgumentParser(prog="python -m tests.attack", description=__doc__)
    form = parser.add_mutually_exclusive_group(required=True)
    form.add_argument("--short", dest="form", action="store_const", const="short")
    form.add_argument("--full", dest="form", action="store_const", const="full")
    chosen = parser.parse_args().form
    return 1 if sum((_read(), _fuzz(_EXAMPLES[chosen], every_scope=chosen == "full"))) else 0


def _read() -> int:
    missed, found = reading.uncaught(), reading.findings(reading.ROOT, *reading.PACKAGES)
    for rule, name in missed:
        print(f"NOT CAUGHT: the seeded mistake {name} of rule {rule}")
    for rule, path, line in found:
        print(f"FOUND: {path}:{line}: {rule}")
    print(
        f"rules: {len(reading.SEEDED)} seeded mistakes, {len(missed)} not caught; {len(found)} in our own code"
    )
    return len(missed) + len(found)


def _fuzz(examples: int, *, every_scope: bool) -> int:
    caught = fuzzing.notices_a_seeded_defect()
    print(f"API: a service with a seeded defect is {'noticed' if caught else 'NOT CAUGHT'}")
    failed = not caught
    with fuzzing.target() as target:
        asking = list(target.keys.items())
        for caller, key in (("nobody", None), *(asking if every_scope else asking[-1:])):
            began = time.monotonic()
            sent, report = fuzzing.run(target, examples, key)
            failed += bool(report)
            print(
                f"API as {caller}: {sent} inputs, {'FAILED' if report else 'no 5xx'}, {time.monotonic() - began:.0f} s"
            )
            print(report, end="")
    return failed


if __name__ == "__main__":
    sys.exit(main())
