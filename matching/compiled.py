"""Functions that Numba compiles to machine code, once a machine: what is compiled is kept in files.

`python -m matching.compiled` compiles them all, so that no process has to wait for it later.
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TypeVar, cast

import numpy as np
import numpy.typing as npt

_FOLDER = "NUMBA_CACHE_DIR"
_KERNELS = ("row_kernels", "date_kernels", "place_kernels", "text_kernels", "name_kernels", "latin_kernels")
Bits = npt.NDArray[np.float32]
Codes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Rows = npt.NDArray[np.intp]
Function = TypeVar("Function", bound=Callable[..., object])


def _keep_in_a_folder() -> None:
    """Name a folder that can be written: the one that the environment names, the package's own, the user's cache.
    Where there is none, one for this process and its children, with what others have left there to read."""
    named = os.environ.get(_FOLDER)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"))
    folders = [Path(named)] if named else [Path(__file__).with_name("__pycache__"), cache / "reunite"]
    for folder in folders:
        if folder.is_absolute() and _can_write(folder):
            os.environ[_FOLDER] = str(folder)
            return
    own = tempfile.mkdtemp(prefix="reunite-")
    atexit.register(shutil.rmtree, own, ignore_errors=True)
    if folders[0].is_dir():
        shutil.copytree(folders[0], own, dirs_exist_ok=True)
    os.environ[_FOLDER] = own


def _can_write(folder: Path) -> bool:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


_keep_in_a_folder()

import numba  # noqa: E402  it reads the folder's name when it is imported


def kernel(signature: str) -> Callable[[Function], Function]:
    """Compile a function of numbers and arrays for one signature, such as "void(f4[::1], u1[::1])" (f4: float32, u1:
    uint8, [::1]: an array whose elements follow each other). It runs without the interpreter's lock."""

    def compiled(function: Function) -> Function:
        return cast(Function, numba.njit(signature, cache=True, nogil=True, error_model="numpy")(function))

    return compiled


def part(function: Function) -> Function:
    """A function for kernels only, compiled as part of each that calls it."""
    return cast(Function, numba.njit(inline="always")(function))


if __name__ == "__main__":
    for name in _KERNELS:
        import_module(f"matching.{name}")
