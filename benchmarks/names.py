"""How well names are told apart: invented pairs in many scripts, and surnames in the spellings of many places.

    python -m benchmarks.names

Prints tables for docs/benchmarks.md. The pairs and spellings are those of tests/matching.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from anyascii import anyascii
from rapidfuzz import fuzz
from rapidfuzz.distance import JaroWinkler

from matching import names
from matching.figures import precision
from matching.names import similarity
from matching.phonetics import syllable
from matching.surname_index import readings

Pair = tuple[str, str, bool]
Score = Callable[[str, str], float]
_DATA = Path(__file__).parent.parent / "tests" / "matching"


def pairs(file: str) -> list[Pair]:
    """The labelled pairs of a file: two names, and whether one person has both."""
    lines = (_DATA / "data" / file).read_text(encoding="utf-8").splitlines()[1:]
    return [(a, b, same == "1") for a, b, same, _ in (line.split("\t") for line in lines)]


def best_f1(score: Score, labelled: Sequence[Pair]) -> float:
    """The best F1 over all thresholds."""
    true = np.array([same for *_, same in labelled], float)
    return precision(true, np.array([score(a, b) for a, b, _ in labelled]), int(true.sum()))["best_f1"]


def microseconds(labelled: Sequence[Pair]) -> float:
    """The median over five runs of the mean time a pair: the names have been read, the pair is not remembered."""
    runs = []
    for _ in range(6):
        names._similarity.cache_clear()
        began = time.perf_counter()
        for a, b, _ in labelled:
            similarity(a, b)
        runs.append((time.perf_counter() - began) / len(labelled) * 1e6)
    return float(np.median(runs[1:]))


def spellings() -> dict[str, list[tuple[str, str]]]:
    """Place → surname and a spelling of it there."""
    found: dict[str, list[tuple[str, str]]] = {}
    for line in (_DATA / "known_spellings.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            place = found.setdefault(line.strip("[]"), [])
        elif not line.startswith("#"):
            for cell in line.split():
                surname, said = cell.split("=")
                place += [(surname, one.replace("_", " ")) for one in said.split("/")]
    return found


def first(score: Score, spelt: Sequence[tuple[str, str]]) -> float:
    """The share of spellings that no surname of the table fits better than the one that is spelt so."""
    hits = 0
    for surname, spelling in spelt:
        own = score(spelling, surname)
        hits += all(score(spelling, other) <= own for other in readings())
    return hits / len(spelt)


def by_letters(spelling: str, surname: str) -> float:
    """Jaro–Winkler of the spelling and the common reading of the characters in pinyin."""
    pinyin = "".join(syllable(one)[:-1] for one in surname)
    return JaroWinkler.similarity(anyascii(spelling).casefold().replace(" ", ""), pinyin)


def main() -> None:
    """The command."""
    plain = {"WRatio": fuzz.WRatio, "token_set_ratio": fuzz.token_set_ratio}
    print(
        "| pairs of names | ours | " + " | ".join(plain) + " | µs a pair |\n|" + " --- |" * (3 + len(plain))
    )
    judging = {"the half that judges": pairs("names.tsv")[1::2], "written later": pairs("fresh_names.tsv")}
    for title, labelled in judging.items():
        peers = [
            best_f1(
                scorer, [(anyascii(a).casefold(), anyascii(b).casefold(), same) for a, b, same in labelled]
            )
            for scorer in plain.values()
        ]
        cells = " | ".join(f"{one:.3f}" for one in (best_f1(similarity, labelled), *peers))
        print(f"| {title}, {len(labelled)} | {cells} | {microseconds(labelled):.0f} |")
    print(
        f"\n| surnames, of {len(readings())} | spellings | ours | pinyin + Jaro–Winkler |\n| --- | --- | --- | --- |"
    )
    for place, spelt in spellings().items():
        print(f"| {place} | {len(spelt)} | {first(similarity, spelt):.2f} | {first(by_letters, spelt):.2f} |")


if __name__ == "__main__":
    main()
