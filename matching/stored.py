"""An index in a file: loaded in seconds instead of being made in minutes, and shared by all processes that map it.

The file is a pickle of the objects, with its arrays laid out behind it. They are mapped copy-on-write: a process that
only reads shares every page with the others, and one that takes in a new report copies the few pages it writes.
A file is good for one state of this package's code and data and one model; any other refuses it, and the index is made
anew from the reports. Only classes of this package and plain containers are loaded, so that a file cannot name others.
"""

import hashlib
import io
import mmap
import os
import pickle
import struct
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from matching.model import Model

_MAGIC = b"reunite1"
_HEAD = struct.Struct("<8s32sQQ")
"""Magic, digest of code and model, length of the pickle, number of arrays."""
_ALIGN = 64
_PLAIN = {
    ("collections", "Counter"),
    ("operator", "attrgetter"),
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
            file.write(_HEAD.pack(_MAGIC, digest(model), len(objects), len(arrays)))
            raw = [array.raw() for array in arrays]
            file.write(struct.pack(f"<{len(raw)}Q", *(view.nbytes for view in raw)))
            file.write(objects)
            for view in raw:
                file.write(bytes(-file.tell() % _ALIGN))
                file.write(view)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def load(path: Path, model: Model) -> Any:
    """What `save` was given. Raises StoredError for a file of other code or weights, or a broken one; OSError."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size < _HEAD.size:
            raise StoredError(f"{path.name} is no stored index: it is too short.")
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    magic, made_for, length, count = _HEAD.unpack_from(mapped)
    if magic != _MAGIC:
        raise StoredError(f"{path.name} is no stored index.")
    if made_for != digest(model):
        raise StoredError(f"{path.name} was made by other weights or another version.")
    at = _HEAD.size + 8 * count
    if at + length > size:
        raise StoredError(f"{path.name} is cut short.")
    sizes = struct.unpack_from(f"<{count}Q", mapped, _HEAD.size)
    whole, objects = memoryview(mapped), at
    at += length
    arrays = []
    for one in sizes:
        at += -at % _ALIGN
        if at + one > size:
            raise StoredError(f"{path.name} is cut short.")
        arrays.append(whole[at : at + one])
        at += one
    try:
        return _Unpickler(io.BytesIO(whole[objects : objects + length]), buffers=arrays).load()
    except (pickle.UnpicklingError, AttributeError, EOFError, IndexError, TypeError, ValueError) as error:
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
    found = hashlib.sha256()
    root = resources.files("matching")
    for folder in (root, root.joinpath("data")):
        for file in sorted(folder.iterdir(), key=lambda one: one.name):
            if file.name.endswith((".py", ".toml", ".tsv")):
                found.update(file.name.encode() + file.read_bytes())
    return found.digest()


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if module.startswith("matching.") or (module, name) in _PLAIN:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name} does not belong into a stored index")
