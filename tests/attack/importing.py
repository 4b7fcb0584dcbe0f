"""Hostile import files: each row is taken or refused in words, and nothing else ever happens."""

import json
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

from sqlalchemy import select

from benchmarks import generator
from reunite.config import Settings
from reunite.exchange import importing, tabular
from reunite.problems import Invalid
from reunite.service import Service, open_service
from reunite.storage.tables import ReportRow
from reunite.submission import COLUMNS
from tests.attack import hostile
from tests.attack.walking import Found

_ROWS = 25
Rows = list[dict[str, str]]


def csv_file(rows: Rows, random: Random) -> bytes:
    """A CSV file with cells quoted well, badly or not at all, and bytes that are no text."""
    said = [",".join(COLUMNS)]
    for row in rows:
        cells = [_cell(row.get(column, ""), random) for column in COLUMNS]
        if random.random() < 0.1:
            cells = cells[: random.randrange(1, len(cells))] * random.randrange(1, 3)
        said.append(",".join(cells))
    return _spoilt(random.choice(("\n", "\r\n")).join(said).encode("utf-8", "surrogatepass"), random)


def json_lines(rows: Rows, random: Random) -> bytes:
    """JSON Lines with values of other types, keys twice, numbers without end, and bytes that are no text."""
    said = []
    for row in rows:
        line = json.dumps(row, ensure_ascii=random.random() < 0.5)
        if random.random() < 0.4:
            odd = (
                "NaN",
                "1e999",
                str(2**63),
                "true",
                "null",
                "[]",
                "{}",
                '"\\ud800"',
                '"\\u0000"',
                "[" * 5000,
                "-0",
                '""',
            )
            key = random.choice([*COLUMNS, "kind", "__class__", hostile.MARK])
            line = f"{line[:-1]}, {json.dumps(key)}: {random.choice(odd)}}}"
        said.append(line)
    return _spoilt("\n".join(said).encode("utf-8", "surrogatepass"), random)


# Who adds a format or a kind of file adds it here: its name, the ending, and what makes one of rows.
FORMATS: dict[str, tuple[str, Callable[[Rows, Random], bytes]]] = {
    "CSV": (".csv", csv_file),
    "JSON Lines": (".jsonl", json_lines),
}


def run(files: int, seed: int = 1) -> Found:
    """Import so many files of each format; counts rows."""
    found, random = Found(), Random(seed)
    honest = [*generator.generate(60, 60, 30, seed, "demo").missing]
    with tempfile.TemporaryDirectory() as folder:
        service = open_service(Settings(data_dir=Path(folder) / "data"))
        for name, (ending, made) in FORMATS.items():
            for number in range(files):
                path = Path(folder) / f"{number}{ending}"
                path.write_bytes(
                    made([_hostile(random.choice(honest), random) for _ in range(_ROWS)], random)
                )
                found.sent[name] += _ROWS
                found.wrong += _imported(service, path)
        found.wrong += _stored(service)
        service.close()
    return found


def _imported(service: Service, path: Path) -> list[str]:
    try:
        outcome = importing.take_rows(service, tabular.rows(path), source="hostile", actor="attack")
    except Invalid:
        return []
    except Exception as error:
        return [f"{path.name}: {type(error).__name__}"]
    assert isinstance(outcome.counts, Counter)
    return [f"{path.name}: a problem that cannot be said" for one in outcome.problems if not one.text()]


def _stored(service: Service) -> list[str]:
    with service.database.read() as session:
        people = list(session.scalars(select(ReportRow.person)))
    assert people, "nothing was taken at all"
    texts = [text for person in people for text in person.values()]
    return [
        "a control character was stored"
        for text in texts
        if any(unicodedata.category(one) in ("Cc", "Cf", "Cs") and one not in "\n\t" for one in text)
    ]


def _hostile(row: dict[str, str], random: Random) -> dict[str, str]:
    said = {name: value for name, value in row.items() if value}
    for _ in range(random.randrange(4)):
        said[random.choice(COLUMNS)] = next(hostile.mixtures(random))
    said.setdefault("source_id", str(random.randrange(1000)))
    return said


def _cell(text: str, random: Random) -> str:
    if random.random() < 0.03:
        return text
    return '"' + text.replace('"', '""') + '"' if any(sign in text for sign in ',"\r\n') else text


def _spoilt(content: bytes, random: Random) -> bytes:
    if random.random() < 0.7:
        return content
    spoilt = bytearray(content)
    for _ in range(random.randrange(1, 30)):
        spoilt[random.randrange(len(spoilt))] = random.randrange(256)
    return bytes(spoilt[: random.randrange(len(spoilt))]) if random.random() < 0.2 else bytes(spoilt)
