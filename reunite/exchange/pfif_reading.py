"""PFIF read record by record, as a document or in the entries of an Atom feed, in memory that does not grow with the
file.

The file is fed to Expat itself: it tells the line of every element, and a handler that refuses document types leaves no
entity to expand and no outside file to fetch (what defusedxml does for readers that build trees).
"""

import codecs
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import IO
from xml.parsers import expat

from reunite.exchange.pfif import Record
from reunite.exchange.pfif_building import Builder, Stop
from reunite.problems import Invalid, Problem

_CHUNK = 1 << 16
_LONGEST_TAG = 1_000_000
"""Bytes of one tag; Expat reads a tag again with every chunk until it is whole."""
# Encodings of more bytes than one are not Expat's: each with the newest standard that holds all of it.
_MANY_BYTES = {
    "gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030", "big5": "big5hkscs", "big5-hkscs": "big5hkscs",
    "shift_jis": "cp932", "euc-jp": "euc_jp", "euc-kr": "cp949",
}  # fmt: skip
_ENCODING = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]*)["']""")


@dataclass(frozen=True, slots=True)
class Read:
    """One record, or the problems why there is none; the line it begins in, and the byte it ends at."""

    line: int
    position: int
    record: Record | None
    problems: tuple[Problem, ...] = ()


class Decode:
    """Turns bytes of the file into those that the parser reads: the same ones, or UTF-8 where a codec is named."""

    def __init__(self, codec: str | None) -> None:
        self._decoder = codecs.getincrementaldecoder(codec)() if codec else None

    def __call__(self, chunk: bytes) -> bytes:
        """The next bytes; none are the end of the file. Raises UnicodeDecodeError."""
        return chunk if self._decoder is None else self._decoder.decode(chunk, final=not chunk).encode()


def read(file: IO[bytes], *, notes_only: bool = False) -> Iterator[Read]:
    """The records of a file in its order; `notes_only`: only the notes that stand outside of persons, in less time.
    Raises Invalid where the file as a whole is no PFIF; where it breaks later the problem is the last that is given.
    """
    head = file.read(_CHUNK)
    parser, decode = _parser(head)
    builder = Builder(parser, notes_only=notes_only)
    chunk, fed, last = head, 0, 0
    while True:
        problem = None
        try:
            text = decode(chunk)
            fed += len(text)
            parser.Parse(text, not chunk)
            if fed - max(parser.CurrentByteIndex, 0) > _LONGEST_TAG + _CHUNK:
                raise Stop("A tag of this file is longer than {limit} bytes.", {"limit": str(_LONGEST_TAG)})
        except (expat.ExpatError, UnicodeDecodeError, LookupError, ValueError, Stop) as error:
            problem = _problem(error, parser)
        for line, position, record, problems in builder.finished():
            last = position
            yield Read(line, position, record, problems)
        if problem is not None:
            if not builder.inside:
                raise Invalid([problem])
            yield Read(problem.line or 1, max(last + 1, fed), None, (problem,))
        if problem is not None or not chunk:
            return
        chunk = file.read(_CHUNK)


def is_feed(file: IO[bytes]) -> bool:
    """Whether it begins as an Atom feed, whose records come page by page; False for a document, and for what is
    neither."""
    head = file.read(_CHUNK)
    parser, decode = _parser(head)
    builder = Builder(parser, notes_only=True)
    with suppress(expat.ExpatError, UnicodeDecodeError, LookupError, ValueError, Stop):
        parser.Parse(decode(head), False)
    return builder.is_feed


def _parser(head: bytes) -> tuple[expat.XMLParserType, Decode]:
    """A parser for a file that begins so, and what turns its bytes into those that the parser reads."""
    declared = _ENCODING.match(head)
    codec = _MANY_BYTES.get(declared[1].decode().lower()) if declared else None
    parser = expat.ParserCreate("utf-8" if codec else None, namespace_separator=" ")
    return parser, Decode(codec)


def _problem(error: Exception, parser: expat.XMLParserType) -> Problem:
    line = parser.CurrentLineNumber
    match error:
        case Stop():
            return Problem("file", "", error.message, error.params, line)
        case expat.ExpatError():
            text = "This file is not whole, well-formed XML ({reason}). Ask its sender for it again."
            return Problem("file", "", text, {"reason": expat.ErrorString(error.code)}, error.lineno)
        case UnicodeDecodeError():
            text = "This file is not in the encoding that it names. Save it as UTF-8 and try again."
            return Problem("file", "", text, line=line)
    text = "This file is in an encoding that cannot be read. Save it as UTF-8 and try again."
    return Problem("file", "", text, line=line)
