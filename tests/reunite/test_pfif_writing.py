"""What is written is read again as it was, is valid, and holds nothing of a record that has expired."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reunite.exchange import pfif_expiry, pfif_stored
from reunite.exchange.pfif import NOTES as NOTE_TABLES
from reunite.exchange.pfif import PERSONS as PERSON_TABLES
from reunite.exchange.pfif import WRITTEN, NoteRecord, PersonRecord
from reunite.exchange.pfif_dates import is_written, moment, written
from tests.reunite.pfif_examples import (
    DATES,
    NOTES,
    NOW,
    PERSONS,
    TEXT,
    as_file,
    only,
    records,
)

TEXTS = [
    field.name for field in fields(PersonRecord) if field.type is str and not field.name.endswith("_date")
]
FULL = PersonRecord(
    **{name: f"<{name}>" for name in TEXTS},
    entry_date="2026-01-01T00:00:00Z", source_date="2026-01-01T00:00:00.25Z", expiry_date="2027-01-01T00:00:00Z",
    notes=(NoteRecord(note_record_id="example.org/n1", author_name="A", source_date="2026-01-01T00:00:00Z", text="t"),),
    extra=("<x></x>",),
)  # fmt: skip
slow = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@pytest.mark.parametrize("version", WRITTEN)
@slow
@given(told=PERSONS | NOTES)
def test_a_record_that_is_written_and_read_is_the_same(version: str, told: PersonRecord | NoteRecord) -> None:
    content = as_file(told, version=version)
    assert records(content) == [told]
    assert as_file(*records(content), version=version) == content


@slow
@given(told=PERSONS)
def test_a_record_that_is_stored_and_restored_is_the_same(told: PersonRecord) -> None:
    assert pfif_stored.restored(pfif_stored.stored(told)) == told


@pytest.mark.parametrize("version", WRITTEN)
def test_elements_stand_in_the_order_of_the_version(version: str) -> None:
    content = as_file(FULL, version=version).decode()
    for table, begin in ((PERSON_TABLES[version], "<pfif:person>"), (NOTE_TABLES[version], "<pfif:note>")):
        part = content[content.index(begin) :]
        places = [
            part.index(f"<pfif:{element}>") for element in table.elements if f"<pfif:{element}>" in part
        ]
        assert all(before < after for before, after in pairwise(places))
        assert len(places) == len(table.elements) or begin == "<pfif:note>"


def test_the_older_version_names_fields_its_own_way_and_lets_others_pass() -> None:
    content = as_file(FULL, version="1.3").decode()
    assert "<pfif:first_name>&lt;given_name&gt;</pfif:first_name>" in content
    assert "<pfif:other>description:\n    &lt;description&gt;</pfif:other>" in content
    assert '<alternate_names xmlns="http://zesty.ca/pfif/1.4">' in content
    assert "<pfif:alternate_names" not in content


@pytest.mark.parametrize("version", WRITTEN)
@slow
@given(
    told=st.builds(PersonRecord, person_record_id=st.just("example.org/1"), full_name=TEXT, given_name=TEXT,
                   source_date=TEXT | DATES, entry_date=TEXT, expiry_date=TEXT,
                   notes=st.builds(NoteRecord, text=TEXT, source_date=TEXT).map(lambda one: (one,)))
)  # fmt: skip
def test_whatever_a_record_holds_what_is_written_has_all_that_is_required(
    version: str, told: PersonRecord
) -> None:
    read = only(records(as_file(told, version=version)))
    assert isinstance(read, PersonRecord)
    if pfif_expiry.is_due(told, NOW):
        return
    assert read.full_name
    for one in (read, *read.notes):
        assert is_written(one.source_date)
        assert all(not date or is_written(date) for date in (one.entry_date, getattr(one, "expiry_date", "")))
    assert all(note.text and note.author_name for note in read.notes)


def test_a_name_that_must_be_there_is_made_of_its_parts_or_of_another_name() -> None:
    parts, other, none = (
        PersonRecord(person_record_id="example.org/1", given_name="小明", family_name="王"),
        PersonRecord(person_record_id="example.org/2", alternate_names="\n毛毛"),
        PersonRecord(person_record_id="example.org/3"),
    )
    read = records(as_file(parts, other, none))
    assert [one.full_name for one in read if isinstance(one, PersonRecord)] == ["王小明", "毛毛", "?"]


@pytest.mark.parametrize("bad", ["\0", "\x08", "\ud800", "\ufffe", "\x1b"])
def test_characters_that_xml_cannot_hold_are_left_out(bad: str) -> None:
    read = only(records(as_file(replace(FULL, full_name=f"王{bad}明"))))
    assert isinstance(read, PersonRecord)
    assert read.full_name == "王明"


@pytest.mark.parametrize(
    ("text", "told"),
    [("2026-01-02", "2026-01-02T00:00:00Z"), ("2026-01-02T08:00:00+08:00", "2026-01-02T00:00:00Z"),
     (" 2026-01-02T00:00:00Z ", "2026-01-02T00:00:00Z"), ("2026-02-30T00:00:00Z", ""), ("yesterday", ""),
     ("0001-01-01T00:00:00+23:00", ""), ("2026-01-02T00:00:00.5Z", "2026-01-02T00:00:00.5Z")],
)  # fmt: skip
def test_dates_are_written_in_the_form_of_the_format_or_not_at_all(text: str, told: str) -> None:
    read = only(records(as_file(replace(FULL, entry_date=text))))
    assert isinstance(read, PersonRecord)
    assert read.entry_date == told


@given(at=st.datetimes(datetime(1900, 1, 1), timezones=st.timezones()))
def test_a_time_that_is_written_is_the_same_time(at: datetime) -> None:
    assert is_written(written(at))
    assert moment(written(at)) == at.astimezone(UTC).replace(microsecond=0)


@pytest.mark.parametrize("version", WRITTEN)
@slow
@given(told=PERSONS, ends=st.datetimes(datetime(1990, 1, 1), NOW.replace(tzinfo=None) - timedelta(days=1)))
def test_of_an_expired_record_only_the_placeholder_is_written(
    version: str, told: PersonRecord, ends: datetime
) -> None:
    time = written(ends.replace(tzinfo=UTC))
    read = only(records(as_file(replace(told, expiry_date=time), version=version)))
    left = PersonRecord(
        person_record_id=told.person_record_id, source_date=time, entry_date=time, expiry_date=time
    )
    assert read == left
    assert pfif_expiry.is_gone(left, NOW)


def test_the_day_of_grace_is_the_last_one() -> None:
    ends = NOW - timedelta(days=1)
    assert pfif_expiry.is_due(replace(FULL, expiry_date=written(ends)), NOW)
    kept = replace(FULL, expiry_date=written(ends + timedelta(seconds=1)))
    assert not pfif_expiry.is_gone(kept, NOW)
    assert only(records(as_file(kept))) == kept


def test_a_placeholder_is_passed_on_as_it_came() -> None:
    came = PersonRecord(
        person_record_id="example.org/1", expiry_date="2020-01-01T00:00:00Z", source_date="2020-01-01T10:00:00Z",
        entry_date="2020-02-01T00:00:00Z",
    )  # fmt: skip
    assert only(records(as_file(came))) == came


def test_a_record_that_its_source_emptied_is_gone_without_the_day_of_grace() -> None:
    bare = PersonRecord(person_record_id="example.org/1", expiry_date=written(NOW - timedelta(hours=1)))
    assert pfif_expiry.is_gone(bare, NOW)
    assert not pfif_expiry.is_gone(bare, NOW - timedelta(hours=2)), "it ends only later"
    assert not pfif_expiry.is_gone(replace(bare, full_name="A"), NOW)
    assert not pfif_expiry.is_gone(replace(bare, expiry_date=""), NOW)
