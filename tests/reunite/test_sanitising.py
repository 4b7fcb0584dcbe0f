"""Photos are opened by a process of its own: whatever the file, only pixels come out, and nothing else breaks."""

import io
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from matching import pictures
from reunite import photo_child, sanitising
from reunite.problems import Busy, Invalid
from reunite.sanitising import CleanPhoto
from tests import images

ROOT = Path(__file__).parent.parent.parent


def cleaned(data: bytes) -> CleanPhoto | str:
    """What becomes of a file: a clean photo, or the sentence that refuses it."""
    with tempfile.SpooledTemporaryFile() as file:
        file.write(data)
        try:
            return sanitising.clean(file)
        except Invalid as error:
            return error.problems[0].text()


def taken(data: bytes) -> CleanPhoto:
    photo = cleaned(data)
    assert isinstance(photo, CleanPhoto), photo
    return photo


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data), formats=["JPEG"])


def assert_only_pixels(photo: CleanPhoto) -> None:
    for data in (photo.photo, photo.preview):
        image = opened(data)
        image.load()
        assert set(image.info) == {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert not image.getexif()
        assert data.endswith(b"\xff\xd9")
        for foreign in (
            images.MARK,
            b"Exif",
            b"GPS",
            b"ICC_PROFILE",
            b"xmp",
            b"<script",
            b"PK\3\4",
            b"%PDF",
            b"<?php",
        ):
            assert foreign not in data


def test_what_a_phone_makes_comes_out_upright_in_its_colours_and_without_anything_else() -> None:
    tried = 0
    for name, data in images.good():
        photo = taken(data)
        assert_only_pixels(photo)
        image = opened(photo.photo)
        assert image.size == (photo.width, photo.height) == (400, 300), name
        shown = np.asarray(image.convert("RGB"), int)
        meant = np.asarray(images.picture(), int)
        assert np.abs(shown - meant).mean() < 12, name
        assert shown[10, 10, 0] > 230, name
        assert shown[10, 10, 1] < 25, name
        assert opened(photo.preview).size == (320, 240)
        tried += 1
    assert tried > 35


def test_hostile_and_broken_files_are_refused_or_cleaned_and_never_an_error() -> None:
    files = list(images.hostile())
    assert len(files) >= 200
    # Each takes a process; all of them are tried by make attack.
    files = [one for place, one in enumerate(files) if place % 4 == 0 or "wrong bits" not in one[0]][::2]
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda one: cleaned(one[1]), files))
    outcomes = dict(zip((name for name, _ in files), results, strict=True))
    assert len(outcomes) == len(files)
    came_through = set()
    for name, outcome in outcomes.items():
        if isinstance(outcome, CleanPhoto):
            assert_only_pixels(outcome)
            came_through.add(name.partition(" with ")[0] if "wrong bits" in name else name)
        else:
            assert images.MARK.decode() not in outcome
    # A wrong bit may leave a picture with a stain; nothing else of these is one.
    assert came_through <= {
        "jpeg", "progressive", "png", "webp", "png with more than it says", "jpeg of a thousand scans",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("png that says 30000 x 30000", "25 million pixels"),
        ("png that says 5001 x 5000", "25 million pixels"),
        ("jpeg that says 65000 x 65000", "25 million pixels"),
        ("ftyp heic", "save it as JPEG"),
        ("ftyp avif", "save it as JPEG"),
        ("svg", "JPEG, PNG or WebP"),
        ("PDF", "JPEG, PNG or WebP"),
        ("moving PNG", "stands still"),
        ("moving WEBP", "stands still"),
        ("moving GIF", "stands still"),
        ("nothing", "is empty"),
        ("jpeg cut at 5 tenths", "not whole"),
        ("png cut at 9 tenths", "not whole"),
        ("webp cut at 9 tenths", "not whole"),
    ],
)
def test_a_refusal_says_what_would_be_right(name: str, words: str) -> None:
    outcome = cleaned(dict(images.hostile())[name])
    assert isinstance(outcome, str)
    assert words in outcome


def test_a_large_photo_becomes_small_enough_to_look_at() -> None:
    photo = taken(images.saved(images.picture(size=(4000, 3000)), quality=90))
    assert (photo.width, photo.height) == (1600, 1200)
    assert len(photo.photo) < 1_000_000
    assert max(opened(photo.preview).size) == 320


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_the_largest_photo_that_is_taken_fits_into_the_memory_of_the_child(kind: str) -> None:
    image = images.picture(size=(5000, 5000)).convert("RGBA" if kind != "JPEG" else "CMYK")
    assert taken(images.saved(image, kind, **({"quality": 60} if kind != "PNG" else {}))).width == 1600


def test_sixteen_bits_and_transparency_become_what_one_sees() -> None:
    grey = Image.fromarray(np.full((30, 40), 40_000, np.uint16))
    assert opened(taken(images.saved(grey, "PNG")).photo).getpixel((5, 5)) == pytest.approx((156,) * 3, abs=2)
    clear = Image.new("RGBA", (40, 30), (0, 0, 0, 0))
    assert opened(taken(images.saved(clear, "PNG")).photo).getpixel((5, 5)) == (255, 255, 255)
    palette = Image.new("P", (40, 30), 0)
    assert opened(taken(images.saved(palette, "PNG", transparency=0)).photo).getpixel((5, 5)) == (
        255,
        255,
        255,
    )


def test_colours_of_another_profile_are_converted_before_it_is_dropped() -> None:
    lab = ImageCms.createProfile("XYZ")
    assert lab is not None
    # A profile that swaps red and green shows that it was used: made of sRGB with two columns exchanged.
    srgb = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    tags = {bytes(srgb[at : at + 4]): at for at in range(132, 132 + 12 * srgb[131], 12)}
    red, green = tags[b"rXYZ"], tags[b"gXYZ"]
    srgb[red + 4 : red + 12], srgb[green + 4 : green + 12] = (
        srgb[green + 4 : green + 12],
        srgb[red + 4 : red + 12],
    )
    photo = taken(images.saved(Image.new("RGB", (64, 64), (255, 0, 0)), quality=95, icc_profile=bytes(srgb)))
    red_now, green_now, _ = opened(photo.photo).convert("RGB").getpixel((5, 5))
    assert green_now > 200 > red_now


def test_the_fingerprint_is_that_of_the_picture_however_it_was_saved(tmp_path: Path) -> None:
    image = images.picture(size=(1000, 750))
    image.save(tmp_path / "a.png")
    original = pictures.fingerprint(tmp_path / "a.png")
    assert original is not None
    for data in (images.saved(image, quality=60), images.saved(image.resize((500, 375)), "WEBP")):
        known = pictures.read(taken(data).fingerprint)
        assert (known[0] ^ original).bit_count() < 7
    assert taken(images.saved(Image.new("RGB", (50, 50), "grey"))).fingerprint == ""


CHILD = """
import socket
from reunite import photo_child
photo_child.limit()
def refused(what):
    try:
        what()
    except (OSError, MemoryError) as error:
        return True
    return False
print(refused(lambda: open("/etc/hostname")), refused(lambda: socket.socket()),
      refused(lambda: bytearray(2 * photo_child.MEMORY)))
"""


def test_the_child_can_open_no_file_no_connection_and_no_more_memory_than_it_needs() -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-c", CHILD],
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        cwd="/",
    )
    assert done.stdout.startswith("True True True"), done.stderr


def test_the_child_gets_none_of_our_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    started = {}

    class Seen(subprocess.Popen[bytes]):
        def __init__(self, *args: object, **options: object) -> None:
            started.update(options)
            super().__init__(*args, **options)  # type: ignore[call-overload]

    monkeypatch.setenv("REUNITE_DATABASE_URL", "postgresql://secret")
    monkeypatch.setattr(sanitising.subprocess, "Popen", Seen)
    taken(images.saved(images.picture()))
    assert set(started["env"]) == {"PYTHONPATH", "OPENBLAS_NUM_THREADS", "LC_ALL"}  # type: ignore[call-overload]
    assert started["start_new_session"] is True


def test_a_child_that_does_not_end_is_ended_with_all_it_started(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    script = f"(sleep 1; touch {tmp_path}/alive) & sleep 300"
    real = subprocess.Popen
    monkeypatch.setattr(
        sanitising.subprocess, "Popen", lambda _, **options: real(["sh", "-c", script], **options)
    )
    monkeypatch.setattr(sanitising, "_PATIENCE_S", 0.2)
    assert "damaged" in str(cleaned(images.saved(images.picture())))
    time.sleep(1.3)
    assert not (tmp_path / "alive").exists()


@pytest.mark.parametrize(
    "answer",
    [b"", b"\n", b"[]\n", b'"x"\n', b"{}\n", b'{"lengths": [1, 2]}\n', b'{"refused": ""}\n', b"\xff\xfe\n",
     b'{"width": 1, "height": 1, "fingerprint": "", "lengths": [3, 3]}\n\xff\xd8\xffabc',
     b'{"width": 1, "height": 1, "fingerprint": "", "lengths": [3, 3]}\n\xff\xd8\xff\xff\xd8\xffmore',
     b'{"width": 1, "height": 1, "fingerprint": "<script>", "lengths": [3, 3]}\n\xff\xd8\xff\xff\xd8\xff',
     b'{"width": 1e999, "height": 1, "fingerprint": "", "lengths": [3, 3]}\n\xff\xd8\xff\xff\xd8\xff',
     b"[" * 300 + b"\n"],
)  # fmt: skip
def test_an_answer_of_a_child_that_was_taken_over_is_not_believed(
    monkeypatch: pytest.MonkeyPatch, answer: bytes
) -> None:
    monkeypatch.setattr(sanitising, "_run", lambda _: answer)
    assert "damaged" in str(cleaned(images.saved(images.picture())))


def test_a_reason_nobody_knows_is_no_way_to_put_words_on_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sanitising, "_run", lambda _: b'{"refused": "<script>"}\n')
    assert cleaned(images.saved(images.picture())) == sanitising._BROKEN


@contextmanager
def nobody_is_served() -> Iterator[None]:
    """As many photos are being cleaned as may be at once."""
    with ExitStack() as held:
        for _ in range(sanitising._AT_ONCE):
            held.enter_context(sanitising._children)
        yield


def test_a_long_line_is_told_to_come_back_and_leaves_no_thread_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sanitising, "_LONGEST_WAIT_S", 0.01)
    with nobody_is_served(), pytest.raises(Busy):
        cleaned(images.saved(images.picture()))
    taken(images.saved(images.picture()))


def test_limits_are_those_that_the_manual_names() -> None:
    page = (ROOT / "docs/decisions/photos.md").read_text()
    assert f"{photo_child.MEMORY >> 30} GiB" in page
    assert f"{photo_child.MOST_PIXELS // 1_000_000} million pixels" in page
    assert f"{sanitising.MOST_BYTES // 1_000_000} MB" in page
