"""An index in a file: loaded in seconds instead of being made in minutes, and shared by all processes that map it.

The file is a pickle of the objects, with its arrays laid out behind it. They are mapped copy-on-write: a process that
only reads shares every page with the others, and one that takes in a new report copies the few pages it writes.
A file is good for one state of this package's code, data and libraries and one model; any other refuses it, as one that
is damaged, and the index is made anew from the reports. Only classes of this package and plain containers are loaded.
"""

import hashlib
import io
import mmap
import os
import pickle
import struct
from collections.abc import Iterator
from functools import cache
from importlib import resources
from importlib.metadata import version
from pathlib import Path
from typing import Any

from matching.model import Model

_MAGIC = b"reunite1"
_HEAD = struct.Struct("<8s32s32sQQ")
"""Magic, digest of code and model, digest of all that follows, length of the pickle, number of arrays."""
_LIBRARIES = ("anyascii", "jellyfish", "lunardate", "numpy", "opencc", "pillow", "pypinyin", "rapidfuzz")
_ALIGN = 64
_PIECE = 2**24
_PLAIN = {
    ("collections", "Counter"),
    ("numpy", "dtype"),
    ("numpy", "ndarray"),
    ("numpy._core.numeric", "_frombuffer"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "scalar"),
}


class StoredError(Exception):
    """The file cannot be used; the message says why. What it holds has to be made anew."""


def save(path: Path, model: Model, what: Any) -> None:
    """Write any objects of this package so that `load` gives them back; the file is there whole or not at all, and
    for its owner alone. Raises OSError."""
    arrays: list[pickle.PickleBuffer] = []
    objects = pickle.dumps(what, protocol=5, buffer_callback=arrays.append)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(bytes(_HEAD.size))
            check = hashlib.blake2b(digest_size=32)
            for piece in _pieces(objects, [array.raw() for array in arrays]):
                check.update(piece)
                file.write(piece)
            file.seek(0)
            file.write(_HEAD.pack(_MAGIC, digest(model), check.digest(), len(objects), len(arrays)))
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _pieces(objects: bytes, arrays: list[memoryview]) -> Iterator[bytes | memoryview]:
    """What stands behind the head: the arrays' sizes, the objects, and each array where it is aligned."""
    sizes = struct.pack(f"<{len(arrays)}Q", *(one.nbytes for one in arrays))
    yield sizes
    yield objects
    at = _HEAD.size + len(sizes) + len(objects)
    for one in arrays:
        yield bytes(-at % _ALIGN)
        yield one
        at += -at % _ALIGN + one.nbytes


def load(path: Path, model: Model) -> Any:
    """What `save` was given. Raises StoredError for a file of other code or weights, or a broken one; OSError."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size < _HEAD.size:
            raise StoredError(f"{path.name} is no stored index: it is too short.")
        magic, made_for, checked, length, count = _HEAD.unpack(file.read(_HEAD.size))
        if magic != _MAGIC:
            raise StoredError(f"{path.name} is no stored index.")
        if made_for != digest(model):
            raise StoredError(f"{path.name} was made by other weights or another version.")
        check = hashlib.blake2b(digest_size=32)
        while piece := file.read(_PIECE):
            check.update(piece)
        if check.digest() != checked:
            raise StoredError(f"{path.name} is damaged.")
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    at = _HEAD.size + 8 * count
    sizes = struct.unpack_from(f"<{count}Q", mapped, _HEAD.size)
    whole, objects = memoryview(mapped), at
    at += length
    arrays = []
    for one in sizes:
        at += -at % _ALIGN
        arrays.append(whole[at : at + one])
        at += one
    try:
        return _Unpickler(io.BytesIO(whole[objects : objects + length]), buffers=arrays).load()
    except Exception as error:  # an unpickler raises whatever the bytes make of it
        raise StoredError(f"{path.name} cannot be read: {type(error).__name__}.") from error


def digest(model: Model) -> bytes:
    """32 bytes that differ where code, data or weights do."""
    found = hashlib.sha256(_package())
    found.update(
        repr((model.version, model.expected_partners, model.trust, model.scales, model.numbers)).encode()
    )
    for name, table in sorted(model.tables.items()):
        found.update(f"{name}{table.classes}{table.levels}".encode() + table.m.tobytes() + table.u.tobytes())
    return found.digest()


@cache
def _package() -> bytes:
    found = hashlib.sha256(" ".join(f"{one} {version(one)}" for one in _LIBRARIES).encode())
    root = resources.files("matching")
    for folder in (root, root.joinpath("data")):
        for file in sorted(folder.iterdir(), key=lambda one: one.name):
            if file.name.endswith((".py", ".toml", ".tsv")):
                found.update(file.name.encode() + file.read_bytes())
    return found.digest()


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in _PLAIN:
            return super().find_class(module, name)
        if module.startswith("matching.") and "." not in name:
            found = super().find_class(module, name)
            if isinstance(found, type) and found.__module__ == module:
                return found
        raise pickle.UnpicklingError(f"{module}.{name} does not belong into a stored index")
