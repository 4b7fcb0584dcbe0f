"""The process that opens one uploaded photo and writes it anew: `python -m reunite.photo_child`.

It is started fresh for each photo with an empty environment, reads the file on standard input, answers on standard
output, and may take no more memory and time than a photo needs. Decoders have had holes before and will have more: what
goes wrong here ends here. Nothing of the file goes out but its pixels.
"""

import contextlib
import ctypes
import io
import json
import resource
import sys
import warnings
from typing import BinaryIO

from PIL import Image, ImageCms

from matching import pictures

MEMORY = 1 << 30
"""Address space in bytes; the largest photo that is taken needs about half of it (docs/decisions/photos.md)."""
CPU_S = 10
MOST_PIXELS = 25_000_000
LONGEST_SIDE, PREVIEW_SIDE, QUALITY = 1600, 320, 85
_FORMATS = ("JPEG", "PNG", "WEBP")
_NO_NEW_PRIVILEGES = 38
_MOST_PROFILE = 1 << 20
_TURNS = dict(zip(range(2, 9), (
    Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.ROTATE_180, Image.Transpose.FLIP_TOP_BOTTOM,
    Image.Transpose.TRANSPOSE, Image.Transpose.ROTATE_270, Image.Transpose.TRANSVERSE, Image.Transpose.ROTATE_90,
), strict=True))  # fmt: skip
"""By the orientation that EXIF knows: 2 to 8; 1 is upright."""


class RefusedError(Exception):
    """The file is not taken; the text is one of the reasons that `reunite.sanitising` has a sentence for."""


def main() -> None:
    """Answer a line of JSON (sizes, fingerprint and lengths, or why it was refused), then photo and preview."""
    limit()
    header: dict[str, object]
    bodies: tuple[bytes, ...] = ()
    try:
        header, bodies = clean(sys.stdin.buffer)
    except RefusedError as error:
        header = {"refused": str(error)}
    except Image.DecompressionBombError:
        header = {"refused": "large"}
    except Exception:  # decoders raise whatever they like on a broken file
        header = {"refused": "broken"}
    sys.stdout.buffer.write(b"".join((json.dumps(header).encode(), b"\n", *bodies)))
    sys.stdout.buffer.flush()


def limit() -> None:
    """Give up what opening a photo does not need: more memory, more time, files, processes, rights."""
    # No file can be opened afterwards, so every module must be there: numpy loads some when they are first needed.
    Image.init()
    pictures.of_picture(Image.linear_gradient("L"))
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, 3),
    ):
        resource.setrlimit(what, (most, most))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    warnings.simplefilter("ignore")


def clean(file: BinaryIO) -> tuple[dict[str, object], tuple[bytes, bytes]]:
    """The photo as a new JPEG without anything but pixels, upright, in sRGB, at most LONGEST_SIDE wide and high, and
    its preview. Raises RefusedError for more than MOST_PIXELS and for moving pictures, and anything for broken ones."""
    with Image.open(file, formats=_FORMATS) as picture:
        if picture.width * picture.height > MOST_PIXELS:
            raise RefusedError("large")
        # A phone's JPEG may carry a second picture (MPO); the first is the photo.
        if picture.format in ("PNG", "WEBP") and getattr(picture, "is_animated", False):
            raise RefusedError("moving")
        picture.draft(None, (LONGEST_SIDE, LONGEST_SIDE))
        picture.load()
        profile = picture.info.get("icc_profile", b"")
        turn = _turn(picture)
        small = _small(picture)
    plain = _in_srgb(small, profile)
    plain = plain.transpose(turn) if turn is not None else plain
    preview = plain.copy()
    preview.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
    bodies = _jpeg(plain), _jpeg(preview)
    known = pictures.of_picture(plain)
    return {
        "width": plain.width,
        "height": plain.height,
        "fingerprint": "" if known is None else pictures.write([known]),
        "lengths": [len(body) for body in bodies],
    }, bodies


def _turn(picture: Image.Image) -> Image.Transpose | None:
    """What turns it upright; None too where what says so is broken."""
    with contextlib.suppress(Exception):
        return _TURNS.get(picture.getexif().get(0x0112, 1))
    return None


def _small(picture: Image.Image) -> Image.Image:
    """Within LONGEST_SIDE, on white where it was transparent: L, RGB or CMYK, in the colours of its profile."""
    if picture.mode.startswith("I"):
        picture = picture.point(lambda value: value * (1 / 256)).convert("L")  # 16 bits to 8
    elif "transparency" in picture.info or picture.mode in ("P", "PA", "LA"):
        picture = picture.convert("RGBA")
    elif picture.mode not in ("L", "RGB", "RGBA", "CMYK"):
        picture = picture.convert("RGB")
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    if picture.mode != "RGBA":
        return picture
    flat = Image.new("RGB", picture.size, "white")
    flat.paste(picture, mask=picture.getchannel("A"))
    return flat


def _in_srgb(picture: Image.Image, profile: bytes) -> Image.Image:
    """In the colours that every screen takes for granted; a profile that is broken, or of other colours, is left."""
    if profile and len(profile) <= _MOST_PROFILE:
        with contextlib.suppress(Exception):
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            turned = ImageCms.profileToProfile(
                picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
            if turned is not None:
                return turned
    return picture.convert("RGB")


def _jpeg(picture: Image.Image) -> bytes:
    clean, out = Image.new("RGB", picture.size), io.BytesIO()
    clean.paste(picture)  # pixels alone: comments and profiles would be taken over from the old picture
    clean.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


if __name__ == "__main__":
    main()
