"""Files of all versions of PFIF are read record by record, and hostile or broken ones are told with their line."""

import io
from dataclasses import fields
from typing import IO
from xml.parsers import expat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reunite.exchange import pfif_building, pfif_reading
from reunite.exchange.pfif import NOTES, PERSONS, ForeignElement, NoteRecord, PersonRecord
from reunite.problems import Invalid
from tests.reunite.pfif_examples import all_of, document, note, only, person, problems, records

VERSIONS = sorted(PERSONS)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_element_of_a_version_is_read_into_its_field(version: str) -> None:
    told = {element: f"{element}!" for element in PERSONS[version].elements}
    noted = {element: f"{element}!" for element in NOTES[version].elements}
    content = document(person(inside=note(**noted), **told), version=version)
    read = only(records(content))
    assert isinstance(read, PersonRecord)
    for element, field in PERSONS[version].elements.items():
        assert getattr(read, field) == f"{element}!"
    for element, field in NOTES[version].elements.items():
        assert getattr(read.notes[0], field) == f"{element}!"
    assert read.extra == read.notes[0].extra == ()


def test_the_newest_version_has_an_element_for_every_field() -> None:
    for kind, table in ((PersonRecord, PERSONS["1.4"]), (NoteRecord, NOTES["1.4"])):
        names = [field.name for field in fields(kind) if field.type is str]
        assert list(table.elements) == list(table.elements.values()) == names


def test_notes_stand_in_persons_and_beside_them() -> None:
    content = document(note(person_record_id="example.org/1", text="before"), person(inside=note(text="in")))
    first, second = records(content)
    assert isinstance(first, NoteRecord)
    assert isinstance(second, PersonRecord)
    assert (first.text, [one.text for one in second.notes]) == ("before", ["in"])


def test_notes_alone_are_read_without_the_persons_and_theirs() -> None:
    content = document(
        person(inside=note(text="in")), note(text="beside"), "<q/>", person("2"), note(text="after")
    )
    told = [one.record for one in all_of(content, notes_only=True)]
    assert [one.text for one in told if isinstance(one, NoteRecord)] == ["beside", "after"]
    assert len(told) == 2


def test_a_description_of_before_1_4_is_taken_out_of_its_lines() -> None:
    other = "description:\n    a scar\n      on the chin"
    read = records(document(person(other=other), person(other="shoes: 38"), version="1.3"))
    assert [one.description for one in read if isinstance(one, PersonRecord)] == [
        "a scar\n  on the chin",
        "shoes: 38",
    ]


def test_what_the_format_does_not_know_is_kept_with_its_namespaces() -> None:
    shoe = '<z:shoe xmlns:z="urn:z" z:size="38" unit="EU">red<plain xmlns="">&lt;</plain></z:shoe>'
    name = "<p:nickname>Da</p:nickname>"
    read = records(document(person(inside=shoe + name, full_name="A"), '<z xmlns="urn:y"/>'))
    assert isinstance(read[0], PersonRecord)
    assert read[0].extra == (
        '<shoe xmlns="urn:z" xmlns:a0="urn:z" a0:size="38" unit="EU">red<plain xmlns="">&lt;</plain></shoe>',
        '<nickname xmlns="http://zesty.ca/pfif/1.4">Da</nickname>',
    )
    assert read[1] == ForeignElement('<z xmlns="urn:y"></z>')


def test_a_field_that_is_there_twice_keeps_both() -> None:
    read = only(records(document(person(full_name="A", inside="<p:full_name>B</p:full_name>"))))
    assert isinstance(read, PersonRecord)
    assert read.full_name == "A"
    assert read.extra == ('<full_name xmlns="http://zesty.ca/pfif/1.4">B</full_name>',)


def test_the_text_of_a_field_is_taken_whatever_is_in_it() -> None:
    inside = "<p:full_name>Li <b>Si</b><!-- x --><![CDATA[<&]]>&#x4E00;</p:full_name>"
    read = only(records(document(person(inside=inside))))
    assert isinstance(read, PersonRecord)
    assert read.full_name == "Li Si<&一"


BOMB = '<!DOCTYPE p [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE p [<!ENTITY a SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize(
    "before", [BOMB, OUTSIDE, '<!DOCTYPE p SYSTEM "http://localhost/x.dtd">', "<!DOCTYPE p>"]
)
def test_a_document_type_is_refused_before_anything_is_expanded_or_fetched(before: str) -> None:
    with pytest.raises(Invalid, match="document type"):
        all_of(document(person(full_name="A"), before=before))


def test_an_entity_that_nobody_declared_breaks_the_file() -> None:
    [problem] = problems(document(person("1"), person(inside="<p:full_name>&a;</p:full_name>")))
    assert "undefined entity" in problem.text()
    assert problem.line == 3


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "no element found"),
        (b"kind,source_id\nmissing,1\n", "well-formed"),
        (b"\x00\x01\x02", "well-formed"),
        (b"<feed/>", "begins with feed"),
        (b'<p:pfif xmlns:p="http://zesty.ca/pfif/1.5"/>', "not PFIF"),
        (b'<pfif xmlns="urn:x"/>', "not PFIF"),
        (b'<?xml version="1.0" encoding="nonsense"?><p/>', "encoding that cannot be read"),
        (b'<?xml version="1.0" encoding="utf-7"?><p/>', "encoding that cannot be read"),
        ('<?xml version="1.0" encoding="gb18030"?><p>王</p>'.encode(), "not in the encoding that it names"),
        (b"<" + b"a" * 3_000_000, "longer than 1000000 bytes"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_pfif_is_refused_whole(content: bytes, told: str) -> None:
    with pytest.raises(Invalid, match=told):
        all_of(content)


@pytest.mark.parametrize("encoding", ["gb2312", "GBK", "gb18030", "big5", "utf-16", "utf-8", "Shift_JIS"])
def test_a_file_says_in_which_encoding_it_is(encoding: str) -> None:
    name = "李小明" if encoding.lower() != "big5" else "陳小明"
    text = document(person(full_name=name), before=f'<?xml version="1.0" encoding="{encoding}"?>').decode()
    read = only(records(text.encode(encoding)))
    assert isinstance(read, PersonRecord)
    assert read.full_name == name


def test_a_file_in_another_encoding_than_it_says_gives_what_stands_before_the_break() -> None:
    good = person("1", full_name="A")
    content = document(good, person("2", full_name="李")).decode().encode("gb18030")
    first, last = all_of(content)
    assert isinstance(first.record, PersonRecord)
    assert last.record is None
    assert last.problems[0].line == 3


@pytest.mark.parametrize("cut", [30, 60, 90])
def test_records_before_a_break_are_read_and_the_break_is_told_with_its_line(cut: int) -> None:
    content = document(*(person(str(n), full_name="A" * 50) for n in range(5)))
    *good, last = all_of(content[:-cut])
    assert [one.line for one in good] == [2, 3, 4, 5][: len(good)]
    assert len(good) >= 4
    assert last.record is None
    assert "not whole, well-formed XML" in last.problems[0].text()
    assert last.problems[0].line == content[:-cut].count(b"\n") + 1


def test_positions_grow_from_record_to_record_also_past_a_break() -> None:
    content = document(*(person(str(n)) for n in range(2_000)), "<p:person>")
    positions = [one.position for one in all_of(content)]
    assert len(positions) == 2_001
    assert positions == sorted(set(positions))


def test_a_record_that_is_too_long_is_told_and_the_next_one_read() -> None:
    long = "x" * (pfif_building.LONGEST + 1)
    content = document(person("1", description=long), person("2", inside="<q/>" * 200_000), person("3"))
    read = all_of(content)
    assert [(one.line, one.record is None) for one in read] == [(2, True), (3, True), (4, False)]
    assert "longer than 4000000 characters" in read[0].problems[0].text()


def test_elements_that_lie_too_deep_end_the_file() -> None:
    deep = "<q>" * 200 + "</q>" * 200
    first, last = all_of(document(person("1"), person("2", inside=deep), person("3")))
    assert first.record is not None
    assert "too deep" in last.problems[0].text()


class Endless(io.RawIOBase):
    """A file of one tag that does not end; counts what was read of it."""

    def __init__(self, begin: bytes) -> None:
        self.begin, self.given = begin, 0

    def read(self, size: int = -1) -> bytes:
        begin, self.begin = self.begin, b""
        self.given += size
        return begin + b"y" * (size - len(begin))


def test_a_tag_without_an_end_is_not_read_for_ever() -> None:
    file: IO[bytes] = Endless(document()[:-10] + b"<q z='")  # type: ignore[assignment]
    [last] = pfif_reading.read(file)
    assert "longer than" in last.problems[0].text()
    assert file.given < 2_000_000  # type: ignore[attr-defined]


@given(content=st.binary(max_size=200), inside=st.booleans())
def test_any_bytes_are_read_or_refused_without_another_error(content: bytes, inside: bool) -> None:
    try:
        read = all_of(document()[:-10] + content if inside else content)
    except Invalid:
        return
    assert all((one.record is None) == bool(one.problems) for one in read)


@given(
    pieces=st.lists(
        st.sampled_from(
            ["<p:person>", "</p:person>", "<p:note>", "</p:note>", "<p:age>", "</p:age>", "<q>", "</q>", "x",
             "<p:pfif>", "</p:pfif>", "<p:text>", "</p:text>", "&amp;", "<!-- -->", "<?x y?>", "<p:person/>"]
        ),
        max_size=30,
    )
)  # fmt: skip
def test_elements_in_any_order_are_read_or_refused(pieces: list[str]) -> None:
    """What Expat takes is read without a problem, for no content is one."""
    content = document("".join(pieces))
    try:
        expat.ParserCreate().Parse(content, True)
    except expat.ExpatError:
        assert len(problems(content)) == 1
    else:
        assert problems(content) == []
