"""Make a photo safe to keep and show: only its pixels come through, written anew by a limited process of its own."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from reunite.problems import Busy, Invalid, Problem

MOST_BYTES = 20_000_000
"""The largest file that is taken; what a phone makes has 2 to 12 MB."""
_PATIENCE_S = 20.0
_MOST_HEADER, _MOST_ANSWER = 400, 8 << 20
_LONGEST = 1600
_AT_ONCE, _WAITING, _LONGEST_WAIT_S = 2, 6, 20.0
_ROOT = Path(__file__).parent.parent

_NOT_TAKEN = "This is not a photo that can be taken. Please choose a JPEG, PNG or WebP picture."
_HEIC = (
    "This photo is in a format that not everybody can open (HEIC or AVIF). Your phone can save it as JPEG: on an "
    "iPhone under Settings, Camera, Formats, Most Compatible. Or take a screenshot of it and choose that."
)
_MOVING = "Moving pictures and GIF files cannot be taken. Please choose a JPEG, PNG or WebP picture that stands still."
_BROKEN = "This photo is damaged or not whole. Please send it again, or choose another."
_LARGE = (
    "This photo has more than {limit} million pixels. Please choose a smaller one, or a screenshot of it."
)
_TOO_MANY_BYTES = (
    "This photo is too large: at most {limit} MB. Please choose a smaller one, or a screenshot of it."
)
_EMPTY = "This file is empty. Please choose a photo."


@dataclass(frozen=True, slots=True)
class CleanPhoto:
    """A new JPEG and a small preview of it; `fingerprint` is text of `matching.pictures`, empty for a picture that
    shows nothing to know it by. Sizes in pixels."""

    photo: bytes
    preview: bytes
    width: int
    height: int
    fingerprint: str


def clean(file: BinaryIO) -> CleanPhoto:
    """Clean the photo in a file that has a descriptor. Raises Invalid with what would be right for what cannot be
    taken, and Busy while too many others wait."""
    size = file.seek(0, 2)
    file.seek(0)
    _refuse_unless_photo(file.read(64), size)
    file.seek(0)
    with _turn():
        return _read(_run(file))


def too_large() -> Invalid:
    """The answer to a file of more than MOST_BYTES."""
    return _refusal(_TOO_MANY_BYTES, limit=str(MOST_BYTES // 1_000_000))


def _refuse_unless_photo(head: bytes, size: int) -> None:
    """Look at how the file begins, so that no process is started for what is no photo, and the words fit."""
    if not size:
        raise _refusal(_EMPTY)
    if size > MOST_BYTES:
        raise too_large()
    if head[4:8] == b"ftyp":
        raise _refusal(_HEIC)
    if head.startswith((b"GIF8", b"\x8aMNG")):
        raise _refusal(_MOVING)
    webp = head.startswith(b"RIFF") and head[8:12] == b"WEBP"
    if not (webp or head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"))):
        raise _refusal(_NOT_TAKEN)


_line = threading.BoundedSemaphore(_AT_ONCE + _WAITING)
_children = threading.BoundedSemaphore(_AT_ONCE)


@contextmanager
def _turn() -> Iterator[None]:
    """Few at once, and a short line: each takes memory, and each that waits keeps a thread from others."""
    if not _line.acquire(blocking=False):
        raise Busy
    try:
        if not _children.acquire(timeout=_LONGEST_WAIT_S):
            raise Busy
        try:
            yield
        finally:
            _children.release()
    finally:
        _line.release()


def _run(file: BinaryIO) -> bytes:
    """What the child answers; cut short where it died or had to be ended."""
    descriptor = file.fileno()
    file.flush()
    os.lseek(descriptor, 0, os.SEEK_SET)
    with subprocess.Popen(
        [sys.executable, "-P", "-s", "-m", "reunite.photo_child"],
        stdin=descriptor, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd="/", start_new_session=True,
        env={"PYTHONPATH": str(_ROOT), "OPENBLAS_NUM_THREADS": "1", "LC_ALL": "C.UTF-8"},
    ) as child:  # fmt: skip
        late = threading.Timer(_PATIENCE_S, _end, (child,))
        late.start()
        try:
            return child.stdout.read(_MOST_ANSWER) if child.stdout else b""
        finally:
            late.cancel()
            _end(child)


def _end(child: subprocess.Popen[bytes]) -> None:
    """With all that it may have started; it has not been waited for, so its number is still its own."""
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)


def _read(answer: bytes) -> CleanPhoto:
    """The answer, trusted no more than the photo: its parts must be what they say."""
    line, _, bodies = answer.partition(b"\n")
    try:
        said = json.loads(line[:_MOST_HEADER])
        if reason := said.get("refused"):
            raise _refused(reason)
        first, second = said["lengths"]
        width, height, known = said["width"], said["height"], said["fingerprint"]
        photo, preview = bodies[:first], bodies[first:]
        sound = (
            len(preview) == second and all(data.startswith(b"\xff\xd8\xff") for data in (photo, preview))
            and all(type(side) is int and 0 < side <= _LONGEST for side in (width, height))
            and re.fullmatch("([0-9a-f]{16})?", known)
        )  # fmt: skip
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise _refusal(_BROKEN) from None
    if not sound:
        raise _refusal(_BROKEN)
    return CleanPhoto(photo, preview, width, height, known)


def _refused(reason: str) -> Invalid:
    if reason == "large":
        return _refusal(_LARGE, limit="25")
    return _refusal(_MOVING if reason == "moving" else _BROKEN)


def _refusal(message: str, **params: str) -> Invalid:
    return Invalid([Problem("photo", "", message, params)])
