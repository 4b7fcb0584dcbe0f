"""The encoding and the delimiter of a text file with a table, told from its bytes."""

import codecs
import csv
from collections.abc import Iterable
from typing import IO

SAMPLE = 256 << 10
_BLOCK = 1 << 20
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_OTHERS = ("gb18030", "big5hkscs")
_DELIMITERS = ",;\t|"


def encoding_of(file: IO[bytes], known: Iterable[str]) -> str:
    """The encoding of a file that is read from its start, and left there: a byte order mark says it; UTF-8 is what is
    wholly UTF-8; of the Chinese ones it is that in which more of the `known` words are found, of these the first where
    that does not tell; where bytes beyond ASCII are few and lone, as in French names, Windows' Latin letters."""
    file.seek(0)
    sample = file.read(SAMPLE)
    file.seek(0)
    for mark, name in _BOMS:
        if sample.startswith(mark):
            return name
    if wide := _without_mark(sample):
        return wide
    if _is_utf8(file):
        return "utf-8"
    if _lone_beyond_ascii(sample):
        return "cp1252"
    words = tuple(known)
    said = {name: sample.decode(name, "replace") for name in _OTHERS}
    score = {
        name: (sum(word in text for word in words), -text.count("\ufffd")) for name, text in said.items()
    }
    return max(_OTHERS, key=score.__getitem__)


def delimiter_of(text: str) -> str:
    """What stands between the cells: that sign by which most of the first lines have the same number of cells."""
    lines = text.splitlines()[:30]

    def alike(sign: str) -> tuple[int, int]:
        widths = [len(row) for row in csv.reader(lines, delimiter=sign)]
        counts = {width: widths.count(width) for width in widths if width > 1}
        return max(((count, width) for width, count in counts.items()), default=(0, 0))

    try:
        return max(_DELIMITERS, key=alike)
    except csv.Error:
        return ","


def _without_mark(sample: bytes) -> str | None:
    """UTF-16 that does not say so: its ASCII signs and line ends have a zero as one half."""
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if even + odd < max(2, len(sample) // 200):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _is_utf8(file: IO[bytes]) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while block := file.read(_BLOCK):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    finally:
        file.seek(0)
    return True


def _lone_beyond_ascii(sample: bytes) -> bool:
    """Whether bytes beyond ASCII stand alone between letters; those of Chinese characters come in pairs or more."""
    beyond = [place for place, byte in enumerate(sample) if byte > 0x7F]
    if not beyond:
        return False
    alone = sum(
        (place == 0 or sample[place - 1] < 0x80) and (place + 1 == len(sample) or sample[place + 1] < 0x80)
        for place in beyond
    )
    return alone / len(beyond) > 0.8
