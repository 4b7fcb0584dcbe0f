"""The same picture is known again; another one, a broken file and a bomb do no harm."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageEnhance

from matching.description import Description, describe
from matching.labelled import read_side
from matching.model import load_model
from matching.pictures import PictureError, fingerprint, read, write
from matching.ranking import Index

_SAME, _CLOSE = 7, 13


def picture(seed: int) -> Image.Image:
    """A coloured picture of soft blots, 400 by 300, the same for the same seed."""
    random = np.random.default_rng(seed)
    small = Image.fromarray(random.integers(0, 256, (9, 12, 3), np.uint8))
    return small.resize((400, 300), Image.Resampling.BICUBIC)


def print_of(image: Image.Image, path: Path, **options: int) -> int:
    image.save(path, **options)
    found = fingerprint(path)
    assert found is not None
    return found


def apart(one: int, other: int) -> int:
    return (one ^ other).bit_count()


def test_a_picture_is_known_again_smaller_recompressed_brighter_and_in_grey(tmp_path: Path) -> None:
    for seed in range(20):
        image = picture(seed)
        first = print_of(image, tmp_path / "a.png")
        assert apart(first, print_of(image.resize((160, 120)), tmp_path / "b.jpg", quality=50)) < _SAME
        assert (
            apart(first, print_of(ImageEnhance.Brightness(image).enhance(1.15), tmp_path / "c.jpg")) < _CLOSE
        )
        assert apart(first, print_of(image.convert("L"), tmp_path / "d.webp")) < _SAME


def test_different_pictures_are_not_close(tmp_path: Path) -> None:
    prints = [print_of(picture(seed), tmp_path / "a.png") for seed in range(60)]
    assert min(apart(a, b) for at, a in enumerate(prints) for b in prints[:at]) >= _CLOSE


def test_a_photo_that_a_phone_stored_lying_down_is_turned_upright(tmp_path: Path) -> None:
    image, turned = picture(1), Image.Exif()
    turned[0x0112] = 6  # orientation: turn by 90 degrees clockwise to show
    image.rotate(90, expand=True).save(tmp_path / "lying.jpg", exif=turned, quality=90)
    lying = fingerprint(tmp_path / "lying.jpg")
    assert lying is not None
    assert apart(lying, print_of(image, tmp_path / "upright.png")) < _SAME


def test_a_picture_of_one_colour_has_no_fingerprint(tmp_path: Path) -> None:
    Image.new("RGB", (300, 300), "white").save(tmp_path / "white.png")
    assert fingerprint(tmp_path / "white.png") is None


@pytest.mark.parametrize("content", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n" + bytes(40)])
def test_what_is_no_picture_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(PictureError, match=r"a\.png"):
        fingerprint(tmp_path / "a.png")


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    Image.new("1", (6000, 6000)).save(tmp_path / "big.png")
    with pytest.raises(PictureError, match="million pixels"):
        fingerprint(tmp_path / "big.png")


@given(st.lists(st.integers(0, 2**64 - 1), max_size=4, unique=True))
def test_fingerprints_are_read_as_they_were_written(prints: list[int]) -> None:
    assert read(write(prints)) == tuple(prints)


@given(st.text())
def test_any_text_is_read_and_a_file_name_is_no_fingerprint(text: str) -> None:
    assert len(read(text)) <= 4
    assert read("photos/girl.jpg") == ()


def report(id: int, kind: str, photo: str) -> Description:
    return describe(id, kind, {"name": "李晓明" if kind == "missing" else "", "photo": photo})


def test_the_report_with_the_same_picture_leads_and_says_why() -> None:
    index = Index(load_model(), "found")
    for id in range(300):
        index.put(report(id, "found", write([id * 0x9E3779B97F4A7C15 % 2**64])))
    wanted = 77 * 0x9E3779B97F4A7C15 % 2**64
    best = index.rank(report(1, "missing", write([~wanted % 2**64, wanted ^ 0b101])), 3)
    line = next(line for line in best[0].evidence if line.field == "photo")
    assert best[0].id == 77
    assert (line.level, line.bits > 8) == ("same", True)


def test_pictures_beside_a_file_of_reports_are_read_and_others_are_not(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    picture(3).save(tmp_path / "in" / "girl.png")
    picture(4).save(tmp_path / "outside.png")
    rows = ["source_id,photo", "1,girl.png", "2,../outside.png", "3,none.png", "4,"]
    (tmp_path / "in" / "missing.csv").write_text("\n".join(rows))
    reports, _ = read_side(tmp_path / "in" / "missing.csv", kind=report(1, "missing", "").kind)
    assert [len(one.pictures) for one in reports] == [1, 0, 0, 0]
