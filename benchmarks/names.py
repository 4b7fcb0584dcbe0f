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
from matching.names import similarity
from matching.phonetics import syllable
from matching.surname_index import readings

Pair = tuple[str, str, bool]
Score = Callable[[str, str], float]
_DATA = Path("tests/matching")
_PAIRS = {"the half that judges": ("names.tsv", 2), "written later": ("fresh_names.tsv", 1)}


def best_f1(score: Score, labelled: Sequence[Pair]) -> float:
    """The best F1 over all thresholds."""
    ranked = sorted(((score(a, b), same) for a, b, same in labelled), reverse=True)
    wanted = sum(same for *_, same in ranked)
    best, found = 0.0, 0
    for at, (likeness, same) in enumerate(ranked, 1):
        found += same
        if at == len(ranked) or ranked[at][0] != likeness:
            best = max(best, 2 * found / (at + wanted))
    return best


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
            pairs = found.setdefault(line.strip("[]"), [])
        elif not line.startswith("#"):
            for cell in line.split():
                surname, said = cell.split("=")
                pairs += [(surname, one.replace("_", " ")) for one in said.split("/")]
    return found


def first(score: Score, pairs: Sequence[tuple[str, str]]) -> float:
    """The share of spellings that no surname of the table fits better than the one that is spelt so."""
    hits = 0
    for surname, spelling in pairs:
        own = score(spelling, surname)
        hits += all(score(spelling, other) <= own for other in readings())
    return hits / len(pairs)


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
    for title, (file, step) in _PAIRS.items():
        lines = (_DATA / "data" / file).read_text(encoding="utf-8").splitlines()[1:]
        labelled = [(a, b, same == "1") for a, b, same, _ in (line.split("\t") for line in lines)][
            step - 1 :: step
        ]
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
    for place, pairs in spellings().items():
        print(f"| {place} | {len(pairs)} | {first(similarity, pairs):.2f} | {first(by_letters, pairs):.2f} |")


if __name__ == "__main__":
    main()
