"""Pictures as phones make them, and files that are made to hurt whoever opens them. All invented."""

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageCms, PngImagePlugin

MARK = b"marked-5c1f-where-it-was-taken"
"""Stands in everything of a file that is not a pixel; nothing that we give out may hold it."""
ORIENTATION, GPS, MAKER = 0x0112, 0x8825, 0x010F


def picture(seed: int = 1, size: tuple[int, int] = (400, 300)) -> Image.Image:
    """Soft blots, with a red corner at the upper left that shows which way is up."""
    blots = np.random.default_rng(seed).integers(0, 200, (6, 8, 3), np.uint8)
    made = Image.fromarray(blots).resize(size, Image.Resampling.BICUBIC)
    made.paste((255, 0, 0), (0, 0, size[0] // 4, size[1] // 4))
    return made


def saved(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    """The picture as a file."""
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def exif(turn: int = 1, times: int = 1) -> bytes:
    """Where and by which phone it was taken."""
    made = Image.Exif()
    made[ORIENTATION], made[MAKER] = turn, MARK.decode() * times
    made.get_ifd(GPS).update({1: "N", 2: (30.0, 39.0, 27.0), 29: MARK.decode()})
    return made.tobytes()


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG file."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *chunks: bytes, bits: int = 8, colours: int = 2) -> bytes:
    """A PNG file that says it has this size, whatever follows."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colours, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunks) + chunk(b"IEND", b"")


def good() -> Iterator[tuple[str, bytes]]:
    """What must be taken, whatever else is in it; all are 400 by 300, upright, with the corner in red."""
    image = picture()
    marked = PngImagePlugin.PngInfo()
    marked.add_text("Comment", MARK.decode(), zip=True)
    marked.add_itxt("XML:com.adobe.xmp", MARK.decode())
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    yield "plain jpeg", saved(image, quality=95)
    yield "progressive jpeg", saved(image, quality=95, progressive=True)
    yield "cmyk jpeg", saved(image.convert("CMYK"), quality=95)
    yield "jpeg with a place", saved(image, quality=95, exif=exif())
    yield "jpeg with xmp", saved(image, quality=95, xmp=b"<x:xmpmeta>" + MARK + b"</x:xmpmeta>")
    yield "jpeg with a comment", saved(image, quality=95, comment=MARK)
    yield "jpeg with a profile", saved(image, quality=95, icc_profile=srgb)
    yield "jpeg with a profile that is none", saved(image, quality=95, icc_profile=MARK * 50)
    yield "jpeg with a huge profile", saved(image, quality=95, icc_profile=MARK * 60_000)
    yield "jpeg with huge exif", saved(image, quality=95, exif=exif(times=2_000))
    yield "jpeg with broken exif", saved(image, quality=95, exif=b"Exif\0\0II*\0\xff\xff\xff\xff" + MARK)
    yield "two pictures in one (MPO)", saved(image, "MPO", save_all=True, append_images=[picture(2)])
    for turn in range(2, 9):
        undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}[turn]
        lying = image.transpose(Image.Transpose(undo))
        yield f"jpeg turned {turn}", saved(lying, quality=95, exif=exif(turn))
    yield "png", saved(image, "PNG", pnginfo=marked, exif=exif())
    yield "png of a palette", saved(image.convert("P", palette=Image.Palette.ADAPTIVE), "PNG")
    yield "webp", saved(image, "WEBP", quality=95, exif=exif(), xmp=MARK, icc_profile=srgb)
    yield "webp without loss", saved(image, "WEBP", lossless=True)
    for name, tail in {
        "html": b"<html><script>alert(1)</script>" + MARK, "javascript": b"*/=alert(1)/*" + MARK, "zip": _zip(),
        "php": b"<?php system($_GET[0]); ?>" + MARK, "pdf": b"%PDF-1.7\n" + MARK,
    }.items():  # fmt: skip
        yield f"jpeg that ends as {name}", saved(image, quality=95) + tail
        yield f"png that ends as {name}", saved(image, "PNG") + tail
        yield f"jpeg with {name} inside", saved(image, quality=95, comment=tail)


def hostile() -> Iterator[tuple[str, bytes]]:
    """What must be refused or cleaned, and harm nobody: more than two hundred files."""
    image = picture()
    yield from _bombs()
    yield from _strangers()
    yield from _moving(image)
    whole = {
        "jpeg": saved(image, exif=exif()),
        "progressive": saved(image, progressive=True, exif=exif()),
        "png": saved(image, "PNG"),
        "webp": saved(image, "WEBP"),
    }
    for name, data in whole.items():
        for tenth in range(10):
            yield f"{name} cut at {tenth} tenths", data[: len(data) * tenth // 10]
    dice = random.Random(1)
    for name, data in whole.items():
        for number in range(30):
            broken = bytearray(data)
            for _ in range(1 + number):
                broken[dice.randrange(12, len(broken))] ^= 1 << dice.randrange(8)
            yield f"{name} with {number + 1} wrong bits", bytes(broken)
    for number in range(20):
        head = dice.choice([b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBPVP8 "])
        yield f"noise {number}", head + dice.randbytes(dice.randrange(2_000)) + MARK


def _bombs() -> Iterator[tuple[str, bytes]]:
    for width, height in (
        (30_000, 30_000),
        (5_001, 5_000),
        (2**31 - 1, 1),
        (1, 2**31 - 1),
        (0, 0),
        (65_500, 65_500),
    ):
        yield (
            f"png that says {width} x {height}",
            png(width, height, chunk(b"IDAT", zlib.compress(b"\0" * 100))),
        )
    rows = zlib.compress(b"\0" * 90_001 * 3_000, 9)
    yield "png bomb", png(30_000, 30_000, chunk(b"IDAT", rows))
    yield "png with more than it says", png(10, 10, chunk(b"IDAT", rows))
    yield "png with a text bomb", png(
        10, 10, *[chunk(b"zTXt", b"a\0\0" + zlib.compress(b"a" * 50_000_000, 9)) for _ in range(8)],
        chunk(b"IDAT", zlib.compress(b"\0" * 310)),
    )  # fmt: skip
    profile = chunk(b"iCCP", b"a\0\0" + zlib.compress(b"a" * 200_000_000, 9))
    yield "png with a profile bomb", png(10, 10, profile, chunk(b"IDAT", zlib.compress(b"\0" * 310)))
    jpeg = bytearray(saved(picture()))
    at = jpeg.index(b"\xff\xc0") + 5
    jpeg[at : at + 4] = struct.pack(">HH", 65_000, 65_000)
    yield "jpeg that says 65000 x 65000", bytes(jpeg)
    lines = saved(picture(), progressive=True)
    scan = lines.index(b"\xff\xda")
    end = lines.index(b"\xff\xda", scan + 2)
    yield "jpeg of a thousand scans", lines[:scan] + lines[scan:end] * 3_000 + lines[end:]
    yield (
        "webp that says 16384 x 16384",
        (
            b"RIFF"
            + struct.pack("<I", 30)
            + b"WEBPVP8X"
            + struct.pack("<I", 10)
            + b"\0\0\0\0"
            + b"\xff\x3f\0" * 2
        ),
    )


def _strangers() -> Iterator[tuple[str, bytes]]:
    image = picture()
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script><text>' + MARK + b"</text></svg>"
    yield "svg", svg
    yield (
        "svg with a declaration",
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>' + svg,
    )
    for brand in (b"heic", b"heix", b"mif1", b"avif", b"avis", b"hevc", b"mp42", b"qt  "):
        yield f"ftyp {brand.decode()}", struct.pack(">I", 24) + b"ftyp" + brand + b"\0\0\0\0mif1heic" + MARK
    for kind in ("TIFF", "BMP", "ICO", "PPM", "TGA", "PCX", "EPS", "PDF", "JPEG2000", "AVIF", "DDS", "ICNS"):
        yield kind, saved(image, kind) + MARK
    yield "postscript", b"%!PS-Adobe-3.0\n(%pipe%id) (w) file\n" + MARK
    yield "html", b"<html><script>alert(1)</script></html>" + MARK
    yield "html that begins as a gif", b"GIF89a=1;/*" + MARK + b"*/"
    yield "zip", _zip()
    yield "program", b"\x7fELF\x02\x01\x01" + MARK * 20
    yield "photoshop", b"8BPS\0\x01" + MARK * 20
    yield "nothing", b""
    yield "one byte", b"\xff"
    yield "only how a jpeg begins", b"\xff\xd8\xff"
    yield "only how a png begins", b"\x89PNG\r\n\x1a\n"
    yield "text", "这不是照片".encode() + MARK
    yield "mvg", b"push graphic-context\nimage over 0,0 0,0 'https://example.invalid/x'\npop graphic-context"


def _moving(image: Image.Image) -> Iterator[tuple[str, bytes]]:
    more = [picture(seed) for seed in (2, 3)]
    for kind in ("GIF", "PNG", "WEBP"):
        yield f"moving {kind}", saved(image, kind, save_all=True, append_images=more, duration=50)
    yield "still gif", saved(image, "GIF")
    yield "endless webp", saved(image.resize((20, 20)), "WEBP", save_all=True, append_images=[
        picture(seed, (20, 20)) for seed in range(300)], duration=1)  # fmt: skip


def _zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("evil.js", b"alert(1)" + MARK)
    return out.getvalue()
