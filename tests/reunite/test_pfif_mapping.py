"""A PFIF person becomes a report that can be compared, and a report a record that others can read."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reunite import submission
from reunite.exchange import pfif_description, pfif_mapping, pfif_notes
from reunite.exchange.pfif import WRITTEN, NoteRecord, PersonRecord
from reunite.exchange.pfif_mapping import About, columns_of, record_of
from reunite.problems import Invalid
from reunite.submission import COLUMNS
from tests.factory import report_fields
from tests.reunite.pfif_examples import NOW, PERSONS, TEXT, as_file, only, records

ABOUT = About(
    record_id="example.org/1", note_id="reunite.example/M-1.status", source_name="Invented", written_at=NOW,
    filed_at=datetime(2026, 3, 1, 8, 30, tzinfo=UTC),
)  # fmt: skip
PERSON = PersonRecord(
    person_record_id="example.org/1", source_date="2010-01-13T22:00:00Z", full_name="王晓明"
)


def noted(status: str, at: str = "2010-01-14T00:00:00Z", place: str = "") -> NoteRecord:
    return NoteRecord(status=status, source_date=at, last_known_location=place, text="t", author_name="A")


@pytest.mark.parametrize(
    ("status", "kind"),
    [("information_sought", "missing"), ("believed_missing", "missing"), ("is_note_author", "found"),
     ("believed_alive", "found")],
)  # fmt: skip
def test_a_note_s_status_tells_the_side(status: str, kind: str) -> None:
    for otherwise in ("missing", "found"):
        assert columns_of(replace(PERSON, notes=(noted(status),)), kind=otherwise)["kind"] == kind


@pytest.mark.parametrize("status", ["", "believed_dead", "lost", "?"])
def test_without_a_status_that_tells_the_side_it_is_the_one_that_is_asked_for(status: str) -> None:
    person = replace(PERSON, notes=(noted(status),))
    assert columns_of(person)["kind"] == "missing"
    assert columns_of(person, kind="found")["kind"] == "found"


def test_the_newest_status_counts_wherever_it_stands() -> None:
    old, new = (
        noted("believed_missing", "2010-01-14T00:00:00Z"),
        noted("believed_alive", "2010-01-20T00:00:00Z"),
    )
    for notes in ((old, new), (new, old), (new, old, noted("", "2011-01-01T00:00:00Z"))):
        assert columns_of(replace(PERSON, notes=notes))["kind"] == "found"
    undated = noted("believed_missing", "")
    assert (
        columns_of(replace(PERSON, notes=(undated, replace(undated, status="believed_alive"))))["kind"]
        == "found"
    )


def test_where_a_note_saw_the_person_is_the_place_of_its_side() -> None:
    missing = replace(
        PERSON,
        notes=(
            noted("believed_missing", place="成都"),
            noted("believed_alive", "2009-01-01T00:00:00Z", "武汉"),
        ),
    )
    assert columns_of(missing)["place_event"] == "成都"
    assert "place_found" not in columns_of(missing)
    found = replace(
        PERSON,
        notes=(
            noted("believed_missing", place="成都"),
            noted("is_note_author", "2011-01-01T00:00:00Z", "武汉"),
        ),
    )
    assert columns_of(found)["place_found"] == "武汉"
    assert "place_event" not in columns_of(found)


@pytest.mark.parametrize(
    ("full", "given_name", "family_name", "alternate", "name", "others"),
    [
        ("王晓明", "", "", "", "王晓明", ""),
        ("", "晓明", "王", "", "王晓明", ""),
        ("晓明 王", "晓明", "王", "", "王晓明", ""),
        ("王 晓明", "晓明", "王", "", "王 晓明", ""),
        ("", "Xiaoming", "Wang", "", "Xiaoming Wang", ""),
        ("Wang, Xiaoming", "Xiaoming", "Wang", "", "Wang, Xiaoming", ""),
        ("Wang Xiaoming", "晓明", "王", "", "Wang Xiaoming", "王晓明"),
        ("王晓明", "", "", "小明\n 毛毛 \n\n", "王晓明", "小明;毛毛"),
        ("王晓明", "Xiaoming", "Wang", "Xiaoming Wang\n小明", "王晓明", "Xiaoming Wang;小明"),
        ("?", "Unknown", "王", "", "王", ""),
        ("Anna Maria Rossi", "Anna", "Rossi", "", "Anna Maria Rossi", ""),
        ("unknown", "?", "?", "毛毛", "", "毛毛"),
    ],
)  # fmt: skip
def test_names_are_one_name_and_other_names(
    full: str, given_name: str, family_name: str, alternate: str, name: str, others: str
) -> None:
    person = PersonRecord(
        full_name=full, given_name=given_name, family_name=family_name, alternate_names=alternate
    )
    told = columns_of(person)
    assert (told.get("name", ""), told.get("other_names", "")) == (name, others)


@pytest.mark.parametrize(
    ("birth", "age", "source_date", "told"),
    [
        ("1998-08", "11", "2010-01-13T00:00:00Z", {"birth_date": "1998-08"}),
        ("", "4", "2010-01-13T00:00:00Z", {"birth_date": "2005/2006"}),
        ("", "3-5", "2010-01-13T00:00:00Z", {"birth_date": "2004/2007"}),
        ("", "3-5", "", {"age_at_event": "3-5"}),
        ("August", "old", "2010-01-13T00:00:00Z", {}),
        ("1998-13", "", "", {}),
        ("1850", "", "", {}),
        ("", "119", "1905-01-01T00:00:00Z", {}),
    ],
)
def test_a_birth_is_told_or_reckoned_from_the_age_on_the_day_of_the_record(
    birth: str, age: str, source_date: str, told: dict[str, str]
) -> None:
    read = columns_of(replace(PERSON, date_of_birth=birth, age=age, source_date=source_date))
    assert {name: text for name, text in read.items() if name in ("birth_date", "age_at_event")} == told


def test_the_day_of_the_record_is_never_taken_for_the_day_of_the_event() -> None:
    told = columns_of(replace(PERSON, entry_date=PERSON.source_date, notes=(noted("believed_missing"),)))
    assert not {"event_date", "found_date"} & set(told)


@pytest.mark.parametrize(
    ("home", "place"),
    [
        ({"home_city": "成都市", "home_state": "四川省", "home_neighborhood": "武侯区"}, "四川省成都市武侯区"),
        ({"home_city": "成都市", "home_state": "CN-SC", "home_country": "CN"}, "四川省成都市"),
        ({"home_city": "成都市", "home_state": "51", "home_country": "CN", "home_postal_code": "1"}, "四川省成都市"),
        ({"home_city": "Chengdu", "home_state": "CN-51", "home_country": "CN"}, "Chengdu, Sichuan, China"),
        ({"home_city": "首尔", "home_country": "KR"}, "韩国首尔"),
        ({"home_street": "1 A Road", "home_city": "B", "home_state": "US-CA"}, "1 A Road, B"),
        ({"home_city": "B", "home_country": "us"}, "B, United States"),
        ({"home_country": "HT"}, "Haiti"),
        ({"home_state": "51"}, "51"),
        ({"home_city": " Port-au-Prince ", "home_country": "Hispaniola"}, "Port-au-Prince, Hispaniola"),
    ],
)  # fmt: skip
def test_a_home_is_one_line_as_its_language_writes_it(home: dict[str, str], place: str) -> None:
    assert columns_of(replace(PERSON, **home))["place_home"] == place  # type: ignore[arg-type]


def test_a_description_of_the_body_are_marks_and_any_other_memories() -> None:
    assert columns_of(replace(PERSON, description="左手臂有红色胎记"))["marks"] == "左手臂有红色胎记"
    assert columns_of(replace(PERSON, description="门前有一座石桥"))["memories"] == "门前有一座石桥"
    both = columns_of(replace(PERSON, description="marks: 胎记\n门前有一座石桥\nmemories: 石桥"))
    assert (both["marks"], both["memories"]) == ("胎记", "石桥\n门前有一座石桥")


def test_a_long_description_is_taken_as_far_as_it_fits() -> None:
    told = columns_of(replace(PERSON, description="河" * 9_000))
    assert len(told["memories"]) == submission.LONG_LIMIT
    assert submission.parse(told, "ngo").person["memories"] == told["memories"]


def test_what_a_column_does_not_take_is_left_out_and_the_report_stays() -> None:
    person = replace(PERSON, sex="unknown", author_email="none", date_of_birth="?", author_name="A" * 400)
    assert columns_of(person) == {"kind": "missing", "source_id": "example.org/1", "name": "王晓明"}


def test_who_wrote_the_record_is_the_reporter() -> None:
    told = columns_of(
        replace(PERSON, author_name="A", author_email="a@example.invalid", author_phone="+1 555")
    )
    assert (told["reporter_name"], told["reporter_email"], told["reporter_phone"]) == (
        "A",
        "a@example.invalid",
        "+1 555",
    )


@given(told=PERSONS, kind=st.sampled_from(["missing", "found"]))
def test_any_record_gives_a_report_or_is_refused_in_words(told: PersonRecord, kind: str) -> None:
    columns = columns_of(told, kind=kind)
    assert set(columns) <= set(COLUMNS)
    try:
        submission.parse(columns, "ngo")
    except Invalid as error:
        assert {problem.field for problem in error.problems} <= {"source_id", "name"}  # noqa: PT017


LINES = st.one_of(
    st.text(st.sampled_from("abc 王明:;\n<&月"), min_size=1, max_size=40).map(str.strip).filter(bool),
    st.sampled_from(["a\nmarks: b", "marks: a", "a\n    b\n\nmemories: c", "description:\n    a"]),
)
FORMS = {
    "sex": ["female", "male", "other"], "name_origin": ["birth", "told_by_child", "given_later", "unknown"],
    "birth_date": ["1998-08-15", "1998-08", "1998", "1998~", "1998?", "1996/1999", "1998-21", "lunar:1998-L05-01"],
    "event_date": ["2001", "2001-05~"], "found_date": ["2002-02-02"], "age_at_event": ["4", "3-5"],
    "height_cm": ["105", "105.5"], "blood_type": ["A", "AB+"], "reporter_email": ["a@example.invalid"],
    "language": ["zh-Hans", "en"], "other_names": ["小明", "小明;毛毛", "Ming;Da Ming"],
}  # fmt: skip
ONE_LINE = LINES.map(lambda text: " ".join(text.split()))
CARRIED = [name for name in COLUMNS if name not in ("kind", "source_id", "photo")]


@st.composite
def reports(draw: st.DrawFn) -> dict[str, str]:
    """Any report that the exchange format takes, without a photo."""
    chosen = draw(st.sets(st.sampled_from(CARRIED), min_size=1))
    told = {name: draw(st.sampled_from(FORMS[name]) if name in FORMS else LINES) for name in sorted(chosen)}
    return {"kind": draw(st.sampled_from(["missing", "found"])), "source_id": "example.org/1", **told}


@pytest.mark.parametrize("version", WRITTEN)
@given(told=reports())
def test_a_report_that_goes_out_and_comes_back_is_the_same(version: str, told: dict[str, str]) -> None:
    read = only(records(as_file(record_of(told, ABOUT), version=version)))
    assert isinstance(read, PersonRecord)
    assert columns_of(read) == told


def test_every_column_goes_out_and_comes_back() -> None:
    more = {
        "place_home": "四川",
        "age_at_event": "4",
        "height_cm": "100",
        "blood_type": "A",
        "clothing": "蓝毛衣",
    }
    told = report_fields("found", source_id="example.org/1", belongings="玉", other_names="小明", **more)
    assert set(CARRIED) <= set(told)
    assert columns_of(record_of(told, ABOUT)) == told


@given(told=st.dictionaries(st.sampled_from(pfif_description.COLUMNS), LINES))
def test_a_description_tells_its_columns_again(told: dict[str, str]) -> None:
    assert pfif_description.columns_of(pfif_description.described(told)) == told


@given(text=TEXT)
def test_any_description_is_taken_as_columns(text: str) -> None:
    assert set(pfif_description.columns_of(text)) <= set(pfif_description.COLUMNS)


def test_a_report_goes_out_with_what_other_services_read() -> None:
    told = report_fields("missing", birth_date="1994~")
    record = record_of(told, ABOUT)
    assert (record.full_name, record.alternate_names, record.sex) == ("王晓明", "小明", "male")
    assert (record.date_of_birth, record.age) == ("", "31-32")
    assert record.home_city == "四川省成都市"
    assert (record.author_name, record.author_phone) == ("Invented Reporter", "10005550100")
    assert record.source_date == "2026-03-01T08:30:00Z"
    assert "marks: 左手臂红色胎记\n" in record.description
    [note] = record.notes
    assert (note.status, note.last_known_location) == ("information_sought", "四川省成都市武侯区")
    assert note.person_record_id == record.person_record_id


def test_a_found_person_goes_out_as_alive_and_where_they_are() -> None:
    [note] = record_of(report_fields("found"), ABOUT).notes
    assert (note.status, note.last_known_location) == ("believed_alive", "广东省广州市")


def test_an_age_at_the_event_is_told_as_the_age_on_the_day_of_the_record() -> None:
    record = record_of({"kind": "missing", "age_at_event": "4", "event_date": "1998"}, ABOUT)
    assert record.age == "31-33"
    assert columns_of(record) == {
        "kind": "missing",
        "source_id": "example.org/1",
        "age_at_event": "4",
        "event_date": "1998",
    }


def test_every_kind_is_written_with_a_status_that_is_read_as_this_kind() -> None:
    assert {kind: pfif_notes.KINDS[status] for kind, status in pfif_notes.STATUSES.items()} == {
        "missing": "missing", "found": "found",
    }  # fmt: skip
    assert set(pfif_mapping._PLACES) == set(pfif_notes.STATUSES)
