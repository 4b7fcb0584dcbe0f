"""Fingerprints of pictures: the same picture, however resized, recompressed or relit, has nearly the same 64 bits.

A perceptual hash: the lowest frequencies of the small grey picture, each above or below their median (Zauner 2010,
"Implementation and Benchmarking of Perceptual Image Hash Functions"). It tells pictures apart, not faces: two pictures
of one child have nothing in common for it, and that is meant so.
"""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from matching.growing import Floats

_SIDE, _KEPT = 32, 8
_MOST_PIXELS = 25_000_000
_FORMATS = ("JPEG", "PNG", "WEBP")
"""No other decoder is asked: some hand the file to programs that run what it says."""
_FLAT = 4.0
"""Spread of the grey values (0 to 255) under which a picture shows nothing to know it by."""
MOST_PICTURES = 4


class PictureError(ValueError):
    """A file that is no picture we can use; says why."""


def fingerprint(path: Path) -> int | None:
    """The 64 bits of a JPEG, PNG or WebP picture, turned upright; None for one that is all of one colour. Raises
    PictureError for what
    is no picture, or more than 25 million pixels."""
    try:
        with Image.open(path, formats=_FORMATS) as picture:
            pixels = picture.width * picture.height
            known = of_picture(picture) if pixels <= _MOST_PIXELS else None
    except Exception as error:  # decoders raise whatever they like on a broken file
        raise PictureError(f"{path.name} is no picture that can be read.") from error
    if pixels > _MOST_PIXELS:
        raise PictureError(f"{path.name} has more than {_MOST_PIXELS // 1_000_000} million pixels.")
    return known


def of_picture(picture: Image.Image) -> int | None:
    """The 64 bits of an opened picture; None for one that is all of one colour."""
    values = np.asarray(_small(picture), float)
    if values.std() < _FLAT:
        return None
    lowest = (_cosines() @ values @ _cosines().T).ravel()
    bits = lowest > np.median(lowest[1:])
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


def _small(picture: Image.Image) -> Image.Image:
    picture.draft("L", (4 * _SIDE, 4 * _SIDE))
    return ImageOps.exif_transpose(picture).convert("L").resize((_SIDE, _SIDE), Image.Resampling.LANCZOS)


@cache
def _cosines() -> Floats:
    """The first rows of the discrete cosine transform of a line of pixels."""
    rows, at = np.arange(_KEPT)[:, None], np.arange(_SIDE)[None, :]
    transform: Floats = np.cos(np.pi * rows * (2 * at + 1) / (2 * _SIDE))
    return transform


def write(prints: Iterable[int]) -> str:
    """Fingerprints as text, for the field `photo` of a description."""
    return ";".join(f"{one:016x}" for one in prints)


def read(text: str) -> tuple[int, ...]:
    """The fingerprints in a text that `write` made; anything else, such as a file's name, has none."""
    if not text:
        return ()
    found = (part for part in text[:400].split(";") if re.fullmatch(r"[0-9a-f]{16}", part))
    return tuple(dict.fromkeys(int(part, 16) for part in found))[:MOST_PICTURES]
