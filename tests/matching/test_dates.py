"""Dates and ages: what is read, how it is said back, and how two of them agree."""

import contextlib
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from matching import dates
from matching.dates import (
    BIRTH_LEVELS,
    EVENT_LEVELS,
    DateError,
    DateLevel,
    compare_birth,
    compare_event,
    parse,
)

SPANS = {
    "1998-08-15": ("1998-08-15", "1998-08-15"),
    "2000-02-29": ("2000-02-29", "2000-02-29"),
    "1998-08": ("1998-08-01", "1998-08-31"),
    "1998-12": ("1998-12-01", "1998-12-31"),
    "1998": ("1998-01-01", "1998-12-31"),
    "1998~": ("1998-01-01", "1998-12-31"),
    "1998?": ("1998-01-01", "1998-12-31"),
    "1998-08~": ("1998-08-01", "1998-08-31"),
    "1996/1999": ("1996-01-01", "1999-12-31"),
    "1996-05/1997-02-03": ("1996-05-01", "1997-02-03"),
    "1998-21": ("1998-03-01", "1998-05-31"),
    "1998-22": ("1998-06-01", "1998-08-31"),
    "1998-23": ("1998-09-01", "1998-11-30"),
    "1998-24": ("1998-12-01", "1999-02-28"),
    "lunar:1998-08-15": ("1998-10-05", "1998-10-05"),
    "lunar:1998-L05-01": ("1998-06-24", "1998-06-24"),
    "lunar:1998-08": ("1998-09-21", "1998-10-19"),
    "lunar:1998": ("1998-01-28", "1999-02-15"),
    "lunar:1900-01-01": ("1900-01-31", "1900-01-31"),
    "2100": ("2100-01-01", "2100-12-31"),
}
REFUSED = [
    "", " ", "1998-8-15", "1998-02-29", "1998-02-30", "1998-13", "1998-00", "1998-08-00", "1998-20", "1998-25",
    "1998-21-01", "98", "1899", "2101", "1999/1996", "1996/1997/1998", "/1998", "1998/", "lunar:", "lunar:1998-13",
    "lunar:1998-L06-01", "lunar:1998-08-31", "lunar:2100", "lunar:1998/1999", "1998-08-15T00:00", "١٩٩٨", "１９９８",
    "1998~~", "~", "1998\n", "lunar:1998-00", "1998-08-1５",
]  # fmt: skip
UNDERSTOOD = {
    "1998年农历八月十五": "lunar:1998-08-15",
    "农历98年腊月初八": "lunar:1998-12-08",
    "1998年闰五月初一": "lunar:1998-L05-01",
    "1998年8月15日（农历）": "lunar:1998-08-15",
    "1998年腊月廿三": "lunar:1998-12-23",
    "1998年冬月二十": "lunar:1998-11-20",
    "1998年中秋节": "lunar:1998-08-15",
    "1998年春节前后": "lunar:1998-01-01~",
    "98年夏天": "1998-22",
    "08年9月": "2008-09",
    "1998年8月15号": "1998-08-15",
    "１９９８年８月１５日": "1998-08-15",
    "一九九八年八月十五日": "1998-08-15",
    "二〇〇一年": "2001",
    "大约1998年": "1998~",
    "1998年左右": "1998~",
    "民国三十年": "1941",
    "民國 98 年 2 月 5 日": "2009-02-05",
    "106年7月12日": "2017-07-12",
    "一〇六年七月": "2017-07",
    "106/7/12": "2017-07-12",
    "106.07.12": "2017-07-12",
    "1996到1999年": "1996/1999",
    "1996年或1997年": "1996/1997",
    "1998年8月到10月": "1998-08/1998-10",
    "九十年代": "1990/1999",
    "1998年底": "1998-10/1998-12",
    "about 1998": "1998~",
    "c. 1998": "1998~",
    "Aug 15 1998": "1998-08-15",
    "Saturday, 15th of August, 1998": "1998-08-15",
    "August 1998": "1998-08",
    "Sept. 1999": "1999-09",
    "in the summer of 1998": "1998-22",
    "between 1996 and 1999": "1996/1999",
    "the 1990s": "1990/1999",
    "1998/8/15": "1998-08-15",
    "1998.8.15": "1998-08-15",
    "15/8/1998": "1998-08-15",
    "8/8/1998": "1998-08-08",
    "8/15/1998": "1998-08-15",
    "lunar 1998-08-15": "lunar:1998-08-15",
}
AGES = {
    "5岁左右": "4-6", "三四岁": "3-4", "十二三岁": "12-13", "五岁": "5", "about 5": "4-6", "3 to 5": "3-5",
    "8个月": "0", "18 months": "1", "3岁半": "3", "半岁": "0", "４岁": "4", "five years old": "5", "3-5": "3-5",
    "虚岁五岁": "5", "0": "0", "两三岁": "2-3", "4或5岁": "4-5", "刚满月": "0",
}  # fmt: skip


@pytest.mark.parametrize(("text", "days"), SPANS.items())
def test_every_form_of_the_exchange_format_is_a_span_of_days(text: str, days: tuple[str, str]) -> None:
    span = parse(text)
    assert (date.fromordinal(span.first).isoformat(), date.fromordinal(span.last).isoformat()) == days
    assert span.text == text
    assert span.approximate == text.endswith(("~", "?"))
    assert span.lunar == text.startswith("lunar:")


@pytest.mark.parametrize("text", REFUSED)
def test_anything_else_is_refused_with_what_is_expected(text: str) -> None:
    with pytest.raises(DateError) as refused:
        parse(text)
    assert refused.value.value == text
    assert refused.value.expected.endswith(".")


def test_an_impossible_day_is_told_as_such() -> None:
    with pytest.raises(DateError, match="no such day"):
        parse("1998-02-30")
    with pytest.raises(DateError, match="no such leap month"):
        parse("lunar:1999-L05-01")


@given(st.text() | st.from_regex(r"(lunar:)?[0-9]{4}(-L?[0-9]{2}){0,2}[~?%]?(/[0-9]{4})?", fullmatch=True))
@example("lunar:1998-08-30~")
def test_reading_any_text_gives_a_span_or_a_date_error(text: str) -> None:
    with contextlib.suppress(DateError):
        span = parse(text)
        assert span.first <= span.last
        assert dates.explain(text, "zh_Hans")
        assert dates.explain(text, "en")
        assert dates.understand(text)


@pytest.mark.parametrize(("text", "form"), UNDERSTOOD.items())
def test_what_people_write_is_understood(text: str, form: str) -> None:
    assert dates.understand(text) == form


@pytest.mark.parametrize("form", SPANS)
def test_an_exchange_form_passes_as_it_is(form: str) -> None:
    assert dates.understand(form) == form


def test_a_day_and_month_that_cannot_be_told_apart_are_asked_about() -> None:
    with pytest.raises(DateError, match="cannot be told apart"):
        dates.understand("5/8/1998")


NOT_UNDERSTOOD = ["", "昨天", "三十年前", "1998年13月", "1998年2月30日", "15 Foo 1998", "1850", "1" * 500]


@pytest.mark.parametrize("text", NOT_UNDERSTOOD)
def test_what_is_not_understood_is_refused(text: str) -> None:
    with pytest.raises(DateError):
        dates.understand(text)


WRITTEN = st.text(
    alphabet="19980258年月日号农历闰正腊初一二十五八廿春夏到至-/.~ 约左右aboutugmerspinJ", max_size=24
)


@given(st.text(max_size=120) | WRITTEN)
def test_understanding_gives_an_exchange_form_or_a_date_error(text: str) -> None:
    with contextlib.suppress(DateError):
        form = dates.understand(text)
        parse(form)
        assert dates.understand(form) == form
        assert dates.explain(form, "zh_Hans")
        assert dates.explain(form, "en")


@given(st.text(max_size=120) | st.text(alphabet="0123456789三四五十两半岁月左右约-to about.", max_size=12))
def test_understanding_an_age_gives_an_exchange_form_or_a_date_error(text: str) -> None:
    with contextlib.suppress(DateError):
        youngest, oldest = dates.parse_age(dates.understand_age(text))
        assert 0 <= youngest <= oldest <= 120


@given(st.text(max_size=10))
def test_reading_any_text_as_an_age_gives_years_or_a_date_error(text: str) -> None:
    with contextlib.suppress(DateError):
        youngest, oldest = dates.parse_age(text)
        assert 0 <= youngest <= oldest <= 120


@pytest.mark.parametrize(("text", "form"), AGES.items())
def test_ages_as_people_say_them_are_understood(text: str, form: str) -> None:
    assert dates.understand_age(text) == form


@pytest.mark.parametrize(
    ("text", "chinese", "english"),
    [
        ("lunar:1998-08-15", "农历1998年八月十五 → 1998年10月5日", "lunar 1998-08-15 → 5 October 1998"),
        ("1998~", "大约1998年", "about 1998"),
        ("1996/1999", "1996年至1999年之间", "between 1996 and 1999"),
        ("1998-21", "1998年春天", "spring 1998"),
        ("1998-08-15", "1998年8月15日", "15 August 1998"),
        ("lunar:1998-L05-01", "农历1998年闰五月初一 → 1998年6月24日", "lunar 1998-L05-01 → 24 June 1998"),
    ],
)
def test_a_date_is_said_back_in_both_languages(text: str, chinese: str, english: str) -> None:
    assert dates.explain(text, "zh_Hans") == chinese
    assert dates.explain(text, "en") == english


BIRTHS = [
    ("1998-08-15", "1998-08-15", DateLevel.EXACT),
    ("lunar:1998-08-15", "1998-10-05", DateLevel.EXACT),
    ("1998-08-15", "1998-10-05", DateLevel.LUNAR_AS_SOLAR),
    ("1998-08-15", "lunar:1998-08-15", DateLevel.LUNAR_AS_SOLAR),
    ("1998-08-05", "1998-05-08", DateLevel.SWAPPED),
    ("1998-08-15", "1998-08", DateLevel.OVERLAP_MONTH),
    ("1998-08-15", "1997-08-15", DateLevel.NOMINAL_AGE),
    ("1998-08-15", "1996-08-15", DateLevel.NOMINAL_AGE),
    ("1998-08-15", "1988-08-15", DateLevel.DECADE),
    ("1998-08-15", "1998-09-20", DateLevel.NEAR_MONTH),
    ("1998-08-15", "1998", DateLevel.OVERLAP_YEAR),
    ("1998-08-15", "1998~", DateLevel.OVERLAP_YEAR),
    ("1998-08-15", "1998-22", DateLevel.OVERLAP_YEAR),
    ("1998-08-15", "1997~", DateLevel.OVERLAP_WIDE),
    ("1998-08-15", "1996/1999", DateLevel.OVERLAP_WIDE),
    ("1998-08-15", "1999-02-20", DateLevel.NEAR_YEAR),
    ("1998-08-15", "1997", DateLevel.NEAR_YEAR),
    ("1998-08-15", "2000-02-20", DateLevel.APART_2),
    ("1998-08-15", "2002-02-20", DateLevel.APART_5),
    ("1998-08-15", "2010", DateLevel.FAR),
]


@pytest.mark.parametrize(("one", "other", "level"), BIRTHS)
def test_births_agree_to_a_level_whichever_comes_first(one: str, other: str, level: DateLevel) -> None:
    assert compare_birth(parse(one), parse(other)) == level
    assert compare_birth(parse(other), parse(one)) == level
    assert level in BIRTH_LEVELS


def test_separations_a_few_days_apart_are_near() -> None:
    assert compare_event(parse("2001-03-05"), parse("2001-03-09")) is DateLevel.NEAR_DAYS
    assert compare_event(parse("2001-03-05"), parse("2002-03-05")) is DateLevel.NEAR_YEAR


days = st.dates(date(1901, 1, 1), date(2099, 12, 31)).map(date.isoformat)
vague = days.map(lambda day: day[:7]) | days.map(lambda day: day[:4] + "~")
forms = days | vague | st.sampled_from(sorted(SPANS))


@given(forms, forms)
def test_comparing_is_symmetric_and_knows_only_its_levels(one: str, other: str) -> None:
    a, b = parse(one), parse(other)
    assert compare_birth(a, b) == compare_birth(b, a)
    assert compare_event(a, b) == compare_event(b, a)
    assert compare_birth(a, b) in BIRTH_LEVELS
    assert compare_event(a, b) in EVENT_LEVELS
