"""Names: what sounds alike, in any script."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.names import read, similarity
from matching.phonetics import Sound, base_sound, segment, sound, surnames, syllable, syllables
from matching.romanised import wade_giles

ANY_TEXT = st.text(max_size=200) | st.text(alphabet="李王晓小明欧阳单 aäzшж'-;\u200f\U0001f600", max_size=30)
ALIKE = [
    ("李晓明", "黎小鸣"),
    ("刘伟", "牛伟"),
    ("单雄", "Shan Xiong"),
    ("王伟强", "Wong Wai Keung"),
    ("王伟强", "Weiqiang Wang"),
    ("王伟强", "WANG, Wei-qiang"),
    ("陳偉強", "陈伟强"),
    ("欧阳敏", "Ouyang Min"),
    ("李明", "小明"),
    ("毛毛", "阿毛"),
    ("毛子民", "Mao Tzu-min"),
    ("肖明丽", "Hsiao Ming-li"),
    ("陈伟明", "Tan Wei Ming"),
    ("Bill Smith", "William Smith"),
    ("Саша Иванов", "Александр Иванов"),
    ("Александр Иванов", "Ivanov Alexander"),
    ("Γιώργος Παπαδόπουλος", "Giorgos Papadopoulos"),
    ("Hussain Ahmad", "Hussein Ahmed"),
    ("محمد علي", "Mohammed Ali"),
    ("Jean-Pierre Dupont", "Dupont Jean Pierre"),
]
UNLIKE = [
    ("王芳", "李强"),
    ("王建国", "赵晓明"),
    ("李晓明", "Wang Wei"),
    ("Robert Brown", "William Green"),
    ("Maria Garcia", "Иван Петров"),
    ("", "李明"),
    ("", ""),
]


@pytest.mark.parametrize(("a", "b"), ALIKE)
def test_names_of_one_person_are_alike(a: str, b: str) -> None:
    assert similarity(a, b) >= 0.7


@pytest.mark.parametrize(("a", "b"), UNLIKE)
def test_names_of_two_persons_are_not_alike(a: str, b: str) -> None:
    assert similarity(a, b) < 0.7


@settings(max_examples=300, deadline=None)
@given(ANY_TEXT, ANY_TEXT)
def test_similarity_is_symmetric_and_between_zero_and_one(a: str, b: str) -> None:
    score = similarity(a, b)
    assert 0.0 <= score <= 1.0
    assert score == similarity(b, a)


@settings(max_examples=200, deadline=None)
@given(ANY_TEXT, ANY_TEXT)
def test_no_name_is_more_like_another_than_like_itself(a: str, b: str) -> None:
    assert similarity(a, b) <= similarity(a, a) or not read(a).text


@settings(max_examples=200, deadline=None)
@given(ANY_TEXT, st.booleans())
def test_the_readings_of_a_name_share_one_belief(text: str, nickname: bool) -> None:
    forms = read(text, nickname).forms
    assert not forms or sum(form.weight for form in forms) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("surname", "reading"),
    [("单", "shan4"), ("仇", "qiu2"), ("解", "xie4"), ("曾", "zeng1"), ("区", "ou1"), ("查", "zha1")],
)
def test_a_surname_has_its_own_reading(surname: str, reading: str) -> None:
    assert surnames()[surname][0] == (reading,)
    assert read(surname + "明").forms[0].surname == (reading,)
    assert syllable(surname) != reading


def test_compound_surnames_are_surnames() -> None:
    assert read("尉迟恭").forms[0].surname == ("yu4", "chi2")
    assert read("歐陽娜娜").forms[0].surname_characters == "欧阳"


@pytest.mark.parametrize(
    ("a", "b", "level"),
    [
        ("ming2", "ming2", Sound.TONE),
        ("li3", "li2", Sound.SOUND),
        ("ming0", "ming2", Sound.SOUND),
        ("liu2", "niu2", Sound.MERGED),
        ("zhang1", "zang1", Sound.MERGED),
        ("lin2", "ling2", Sound.MERGED),
        ("hui1", "fei1", Sound.MERGED),
        ("bo1", "po1", Sound.NEAR),
        ("li3", "wang2", Sound.DIFFERENT),
    ],
)
def test_syllables_sound_alike_as_dialects_have_it(a: str, b: str, level: Sound) -> None:
    assert sound(a, b) is level
    assert sound(b, a) is level


def test_pinyin_is_cut_into_syllables() -> None:
    assert segment("xiaoming") == ("xiao", "ming")
    assert segment("smith") == ()
    assert base_sound("nv", "lv") is Sound.MERGED


def test_the_syllables_are_those_of_the_readings_of_common_characters() -> None:
    read = {syllable(chr(code))[:-1] for code in range(0x4E00, 0x9FA6)}
    assert syllables() == {one for one in read if one.isascii()} - {"", "m", "n", "ng", "hm", "hng", "o"}


def test_wade_giles_is_read() -> None:
    assert "zhong" in wade_giles("chung")
    assert wade_giles("hsiao") == ("xiao",)
    assert "qing" in wade_giles("ch'ing")
