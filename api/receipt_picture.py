"""The receipt as a picture: a QR code on the page, and a PNG to keep among the photos of a telephone.

The QR code holds the words of the receipt and no address: docs/decisions/receipt-as-picture.md says why.
"""

import io

from markupsafe import Markup
from PIL import Image, ImageDraw, ImageFont

from api import qr
from reunite.reports import Receipt

_WIDTH, _HEIGHT, _CODE = 1080, 1440, 700
_INK, _PAPER = "#16242b", "#ffffff"


def qr_code(receipt: Receipt) -> Markup:
    """The receipt's words as a QR code, as an element of the page."""
    return qr.qr(_words(receipt.case_number, receipt.secret))


def png(case_number: str, secret: str) -> bytes:
    """A picture with case number, secret and QR code, without a word of any language."""
    picture = Image.new("RGB", (_WIDTH, _HEIGHT), _PAPER)
    draw = ImageDraw.Draw(picture)
    _line(draw, 90, "Reunite", 48)
    _line(draw, 190, case_number, 92)
    raw = io.BytesIO()
    qr.made(_words(case_number, secret)).save(raw, kind="png", border=4, scale=8)
    code = Image.open(raw).convert("RGB").resize((_CODE, _CODE), Image.Resampling.NEAREST)
    picture.paste(code, ((_WIDTH - _CODE) // 2, 300))
    half = len(secret) // 2
    _line(draw, 1080, secret[:half].strip("-"), 78)
    _line(draw, 1200, secret[half:].strip("-"), 78)
    draw.rectangle((20, 20, _WIDTH - 21, _HEIGHT - 21), outline=_INK, width=4)
    saved = io.BytesIO()
    picture.save(saved, "PNG", optimize=True)
    return saved.getvalue()


def _words(case_number: str, secret: str) -> str:
    return f"{case_number}\n{secret}"


def _line(draw: ImageDraw.ImageDraw, top: int, text: str, size: int) -> None:
    draw.text((_WIDTH // 2, top), text, fill=_INK, font=ImageFont.load_default(size), anchor="mt")
