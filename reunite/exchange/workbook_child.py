"""The process that reads one workbook: `python -m reunite.exchange.workbook_child`.

It gets the file's bytes on standard input and writes a line of JSON for each row; as with photos (reunite.photo_child)
it may take no more memory and time than a large table needs, so a bomb or a hole in a reader ends here. First comes a
line of what the workbook is, last one that says that it is whole.
"""

import datetime
import io
import json
import re
import resource
import sys
import zipfile
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException, ElementTree
from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

MEMORY, CPU_S = 1 << 30, 120
"""Bytes of address space and seconds; a table of 100,000 rows takes about a third of either."""
_MOST_UNPACKED = 600 << 20
"""What a workbook may unpack to: six times what 100,000 full rows do."""
_FORMULA = re.compile(
    rb'<c\b[^>]*?\br="([A-Z]{1,3}[0-9]{1,7})"[^>]*>\s*<f\b[^>]*?(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v></v>)?\s*</c>'
)
_OFFICE = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


class RefusedError(Exception):
    """The workbook is not taken; the text is one of the reasons that `reunite.exchange.workbook` has a sentence for."""


def main() -> None:
    """Answer what the workbook is, its rows, and that it is whole; or why it was refused."""
    for what, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, CPU_S), (resource.RLIMIT_FSIZE, 0),
                       (resource.RLIMIT_CORE, 0), (resource.RLIMIT_NPROC, 0)):  # fmt: skip
        resource.setrlimit(what, (most, most))
    try:
        for line in read(sys.stdin.buffer.read()):
            sys.stdout.write(json.dumps(line, ensure_ascii=True) + "\n")
    except RefusedError as error:
        sys.stdout.write(json.dumps({"refused": str(error)}) + "\n")
    except PasswordError:
        sys.stdout.write('{"refused": "password"}\n')
    except MemoryError:
        sys.stdout.write('{"refused": "large"}\n')
    except (
        CalamineError,
        zipfile.BadZipFile,
        ParseError,
        DefusedXmlException,
        KeyError,
        ValueError,
        OSError,
    ):
        sys.stdout.write('{"refused": "broken"}\n')
    sys.stdout.flush()


def read(content: bytes) -> Iterator[dict[str, Any] | list[str]]:
    """A dict of what it is (sheet, height, merged ranges, formulas without a value), a list for each row, {} at the
    end. Raises RefusedError and what the readers raise."""
    zipped = content.startswith(b"PK")
    if zipped:
        _refuse_bomb(content)
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    names = [one.name for one in book.sheets_metadata
             if one.typ == SheetTypeEnum.WorkSheet and one.visible == SheetVisibleEnum.Visible]  # fmt: skip
    for name in names:
        sheet = book.get_sheet_by_name(name)
        if sheet.height:
            break
    else:
        raise RefusedError("empty")
    formulas = _formulas(content, name) if zipped else []
    yield {
        "sheet": name, "others": len(names) - 1, "height": sheet.total_height,
        "merged": [[*first, *last] for first, last in sheet.merged_cell_ranges or ()], "formulas": formulas,
    }  # fmt: skip
    for _ in range(sheet.start[0] if sheet.start else 0):
        yield []
    for row in sheet.iter_rows():
        yield [_text(cell) for cell in row]
    yield {}


def _refuse_bomb(content: bytes) -> None:
    """What the directory says is no proof, but what lies is stopped by the limit of memory."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        if sum(one.file_size for one in packed.infolist()) > _MOST_UNPACKED:
            raise RefusedError("large")


def _formulas(content: bytes, name: str) -> list[str]:
    """The cells of an XLSX sheet that hold a formula and not what came out of it, ten at most."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        if "xl/workbook.xml" not in packed.namelist():
            return []
        book = ElementTree.fromstring(packed.read("xl/workbook.xml"))
        links = ElementTree.fromstring(packed.read("xl/_rels/workbook.xml.rels"))
        targets = {link.get("Id"): link.get("Target", "") for link in links}
        ids = [
            one.get(_OFFICE) for one in book.iter() if one.tag.endswith("}sheet") and one.get("name") == name
        ]
        target = targets.get(ids[0], "") if ids else ""
        part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        found: list[str] = []
        with packed.open(part) as file:
            left = b""
            while len(found) < 10 and (block := file.read(1 << 20)):
                text = left + block
                found += (match[1].decode() for match in _FORMULA.finditer(text))
                left = text[text.rfind(b"</c>") + 4 :] if b"</c>" in text else text[-4096:]
    return found[:10]


def _text(cell: object) -> str:
    """Dates as the exchange format writes them, whole numbers without a point; the time of day goes."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat()
    if isinstance(cell, (datetime.date, datetime.time)):
        return cell.isoformat()
    return str(cell)


if __name__ == "__main__":
    main()
