"""Re-estimate the level weights of weights.toml from labelled reports, with those in the file as prior.

    python -m benchmarks.generator --missing 6000 --found 6000 --pairs 5000 --seed 5 --rates fit --out DIR
    python -m matching.data.build_weights DIR SOURCE

SOURCE is the sentence that the file gives as source of the numbers. Prints the new file.
"""

import csv
import random
import re
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from matching.description import Description, describe
from matching.growing import Floats
from matching.model import Model, load_model
from matching.ranking import Index

_PRIOR_PAIRS = 30.0
_RANDOM_PAIRS = 300


def main() -> None:
    """The command."""
    folder, source = Path(sys.argv[1]), sys.argv[2]
    model = load_model()
    missing, found = (_read(folder / f"{kind}.csv", kind) for kind in ("missing", "found"))
    with (folder / "truth.csv").open(encoding="utf-8", newline="") as file:
        pairs = [(missing[row["missing_id"]], found[row["found_id"]]) for row in csv.DictReader(file)]
    index = Index(model, "found")
    for one in found.values():
        index.put(one)
    print(
        rewrite(
            Path(__file__).with_name("weights.toml").read_text(encoding="utf-8"),
            counted(index, pairs),
            model,
            source,
        ),
        end="",
    )


def _read(path: Path, kind: str) -> dict[str, Description]:
    with path.open(encoding="utf-8", newline="") as file:
        return {
            row["source_id"]: describe(number, kind, row) for number, row in enumerate(csv.DictReader(file))
        }


def counted(
    index: Index, pairs: list[tuple[Description, Description]]
) -> Mapping[str, tuple[Floats, Floats]]:
    """For each comparison how often each level stands among true pairs, and among random ones: arrays
    (classes, levels)."""
    draw = random.Random(1)  # noqa: S311 - which rows are drawn is no secret
    result: dict[str, tuple[Floats, Floats]] = {}
    shapes = {name: index.model.tables[name].m.shape for name in index.model.tables}
    for name in index.comparisons():
        if name in shapes:
            result[name] = (np.zeros(shapes[name]), np.zeros(shapes[name]))
    ids = index.ids()
    for query, partner in pairs:
        codes = index.codes(query, [partner.id, *draw.sample(ids, min(_RANDOM_PAIRS, len(ids)))])
        for name, (same, other) in result.items():
            here = codes[name]
            if here[0]:
                same.flat[here[0] - 1] += 1
            np.add.at(other.reshape(-1), here[1:][here[1:] > 0] - 1, 1)
    return result


def rewrite(text: str, counts: Mapping[str, tuple[Floats, Floats]], model: Model, source: str) -> str:
    """The weights file with m, u and source of the counted comparisons replaced."""
    for name, (same, other) in counts.items():
        table = model.tables[name]
        for number, group in enumerate(table.classes):
            if not same[number].sum():
                continue
            m = (same[number] + _PRIOR_PAIRS * table.m[number]) / (same[number].sum() + _PRIOR_PAIRS)
            u = (other[number] + _PRIOR_PAIRS * table.u[number]) / (other[number].sum() + _PRIOR_PAIRS)
            head = re.escape(f"[comparison.{name}.class.{group}]")
            body = f'source = "{source}"\nm = {_plain(m)}\nu = {_plain(u)}\n'
            text = re.sub(rf"({head}\n)source = .*\nm = .*\nu = .*\n", rf"\g<1>{body}", text)
    return text


def _plain(numbers: Floats) -> str:
    return (
        "["
        + ", ".join(f"{number:.3g}" if "e" not in f"{number:.3g}" else f"{number:.8f}" for number in numbers)
        + "]"
    )


if __name__ == "__main__":
    main()
