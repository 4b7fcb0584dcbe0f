"""Set a poster as PDF and PNG, in a limited process of its own: the typesetter and its fonts take memory that the
service would never get back, and what goes wrong there ends there."""

import base64
import dataclasses
import json
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from api import qr
from api.poster_sheet import Sheet
from reunite.problems import Busy

_PATIENCE_S = 40.0
_ROOT = Path(__file__).parent.parent
_one_at_a_time = threading.BoundedSemaphore(1)


@dataclass(frozen=True, slots=True)
class Printed:
    """A poster to print and to send around: one page A4."""

    pdf: bytes
    png: bytes


def printed(sheet: Sheet, photo: bytes | None) -> Printed:
    """The poster with its photo (JPEG), where there is one. Raises Busy where it could not be set now."""
    asked = {
        "sheet": dataclasses.asdict(sheet),
        "qr": qr.qr(sheet.address),
        "photo": base64.b64encode(photo).decode() if photo else "",
    }
    if not _one_at_a_time.acquire(timeout=_PATIENCE_S):
        raise Busy
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-s", "-m", "api.typeset_child"],
            input=json.dumps(asked).encode(), capture_output=True, timeout=_PATIENCE_S, check=True, cwd="/",
            env={"PYTHONPATH": str(_ROOT), "LC_ALL": "C.UTF-8"},
        )  # fmt: skip
    except (subprocess.SubprocessError, OSError) as error:
        raise Busy from error
    finally:
        _one_at_a_time.release()
    length, _, bodies = done.stdout.partition(b"\n")
    made = Printed(bodies[: int(length)], bodies[int(length) :])
    if not (made.pdf.startswith(b"%PDF") and made.png.startswith(b"\x89PNG")):
        raise Busy
    return made
