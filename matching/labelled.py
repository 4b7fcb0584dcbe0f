"""Labelled reports: of both sides with the pairs that are known, and read from CSV in the exchange format."""

import csv
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from matching.description import Description, Kind, describe
from matching.pictures import fingerprint, write

csv.field_size_limit(1_000_000)


class LabelError(ValueError):
    """A file that cannot be used; says which, where, and what is wrong."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """Reports of both sides by id, the pairs (missing id, found id) that are known to be one child, and the found
    reports that are believed to have no partner among the missing ones."""

    missing: Mapping[int, Description]
    found: Mapping[int, Description]
    pairs: frozenset[tuple[int, int]]
    alone: tuple[int, ...]

    def split(self, share: float, seed: int = 1) -> tuple["Labelled", "Labelled"]:
        """Two with different pairs and reports without a partner; the second has this share of them."""
        pairs, alone = sorted(self.pairs), sorted(self.alone)
        draw = random.Random(seed)  # noqa: S311 - which pairs are held out is no secret
        draw.shuffle(pairs)
        draw.shuffle(alone)
        cut, cut_alone = round(len(pairs) * (1 - share)), round(len(alone) * (1 - share))
        return (
            replace(self, pairs=frozenset(pairs[:cut]), alone=tuple(alone[:cut_alone])),
            replace(self, pairs=frozenset(pairs[cut:]), alone=tuple(alone[cut_alone:])),
        )


def read_side(path: Path, kind: Kind) -> tuple[list[Description], dict[str, int]]:
    """The reports, numbered in their order, and the number of each source_id."""
    reports: list[Description] = []
    numbers: dict[str, int] = {}
    folder = path.parent
    for line, row in _rows(path, ("source_id",)):
        if row["source_id"] in numbers:
            raise LabelError(f"{path.name}, line {line}: the source_id {row['source_id']!r} is there twice.")
        numbers[row["source_id"]] = len(reports)
        row["photo"] = _prints(folder, row.get("photo", ""))
        reports.append(describe(len(reports), kind, row))
    return reports, numbers


def _prints(folder: Path, photo: str) -> str:
    """The fingerprint of a picture beside the file; none where it cannot be read, or lies elsewhere."""
    if not photo:
        return ""
    try:
        picture = (folder / photo).resolve()
        if not picture.is_relative_to(folder.resolve()):
            return ""
        found = fingerprint(picture)
    except (OSError, ValueError):
        return ""
    return "" if found is None else write([found])


def read_pairs(path: Path, missing: Mapping[str, int], found: Mapping[str, int]) -> set[tuple[int, int]]:
    """The pairs as numbers of the missing and the found report."""
    pairs = set()
    for line, row in _rows(path, ("missing_id", "found_id")):
        for column, known in (("missing_id", missing), ("found_id", found)):
            if row[column] not in known:
                raise LabelError(f"{path.name}, line {line}: there is no report {row[column]!r} ({column}).")
        pairs.add((missing[row["missing_id"]], found[row["found_id"]]))
    return pairs


def _rows(path: Path, needed: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file)
            header = next(lines, [])
            if missing := set(needed) - set(header):
                raise LabelError(f"{path.name}: the header line has no column {', '.join(sorted(missing))}.")
            for values in filter(None, lines):
                row = dict(zip(header, values, strict=False))
                row.pop("", None)
                yield lines.line_num, row
    except OSError as error:
        raise LabelError(f"{path.name} cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise LabelError(f"{path.name} is not UTF-8. Save it as CSV (UTF-8).") from error
    except csv.Error as error:
        raise LabelError(f"{path.name} is not CSV ({error}).") from error
