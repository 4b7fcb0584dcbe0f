"""The process that sets one poster: `python -m api.typeset_child`. Reads JSON on standard input, writes the length of
the PDF, the PDF and the PNG. What people wrote comes in as data and is never read as markup."""

import base64
import importlib.util
import json
import resource
import sys
from pathlib import Path
from typing import cast

import typst

MEMORY = 2 << 30
"""Address space in bytes: fonts and typesetter take 0.2 GB of it in use, and reserve more."""
CPU_S = 30
PPI = 150
"""Of the PNG: 1240 × 1754 pixels, sharp on a phone and small enough to send."""
_SIZES = (13.0, 11.5, 10.0, 8.5, 7.0)
"""Points of the text: the largest with which the poster is one page."""


def main() -> None:
    """Set what is asked for."""
    for what, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, CPU_S), (resource.RLIMIT_CORE, 0),
                       (resource.RLIMIT_FSIZE, 0)):  # fmt: skip
        resource.setrlimit(what, (most, most))
    asked = json.load(sys.stdin.buffer)
    pdf, png = typeset({**asked["sheet"], "qr": asked["qr"], "photo": list(base64.b64decode(asked["photo"]))})
    sys.stdout.buffer.write(b"".join((str(len(pdf)).encode(), b"\n", pdf, png)))
    sys.stdout.buffer.flush()


def typeset(sheet: dict[str, object]) -> tuple[bytes, bytes]:
    """PDF and PNG of one page, with the largest text that fits; cut after a page where even the smallest does not. The
    sheet's `photo` is a list of the bytes of a JPEG, empty for none; `qr` is an SVG."""
    template = Path(__file__).with_name("poster.typ")
    for size in _SIZES:
        words = {"sheet": json.dumps({**sheet, "size": size})}
        made = typst.compile(template, font_paths=[_fonts()], sys_inputs=words, format="png", ppi=PPI)
        pages = cast(bytes | list[bytes], made)  # one page comes as bytes, several as a list
        if isinstance(pages, bytes):
            break
    pdf = typst.compile(template, font_paths=[_fonts()], sys_inputs=words, format="pdf")
    return pdf, pages[0] if isinstance(pages, list) else pages


def _fonts() -> Path:
    """The folder of the fonts that come as a package: Chinese in both scripts, Japanese, Korean, and Latin."""
    found = importlib.util.find_spec("justmytype_intl_cjk")
    if found is None or found.origin is None:
        raise RuntimeError("the fonts of the package justmytype-intl-cjk are missing")
    return Path(found.origin).parent / "fonts"


if __name__ == "__main__":
    main()
