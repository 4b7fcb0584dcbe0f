"""PFIF to test with: files made by hand, records and reports made up by Hypothesis. Nobody in them exists."""

import io
from collections.abc import Iterable
from dataclasses import fields
from datetime import UTC, datetime

from hypothesis import strategies as st

from reunite.exchange.pfif import NAMESPACE, NoteRecord, PersonRecord, Record
from reunite.exchange.pfif_elements import escaped, opening
from reunite.exchange.pfif_reading import Read, read
from reunite.exchange.pfif_writing import write
from reunite.problems import Problem

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
# Everything that XML holds, with what breaks writers often.
TEXT = st.text(
    st.one_of(
        st.sampled_from("<>&\"'\r\n\t ]:;王明\u2028\x85é\U0001f600"),
        st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"),
    ),
    max_size=30,
)
DATES = st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)).map(
    lambda at: at.replace(microsecond=0).isoformat() + "Z"
)
FUTURE = st.datetimes(datetime(2027, 1, 1), datetime(2100, 1, 1)).map(
    lambda at: at.isoformat(timespec="milliseconds") + "Z"
)
NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.-]{0,8}", fullmatch=True)
SPACES = st.sampled_from(["", "urn:other", f"{NAMESPACE}1.4", 'http://example.org/?a=1&b="2"'])


def document(*persons: str, version: str = "1.4", before: str = "", root: str = "") -> bytes:
    """A file with these elements, whose prefix is `p`; `before` stands before its first element."""
    within = "\n".join(persons)
    return f'{before}<p:pfif xmlns:p="{NAMESPACE}{version}" {root}>\n{within}\n</p:pfif>'.encode()


def person(local: str = "1", *, inside: str = "", **elements: str) -> str:
    """A person element of example.org."""
    told = {"person_record_id": f"example.org/{local}", **elements}
    return f"<p:person>{of(told)}{inside}</p:person>"


def note(**elements: str) -> str:
    """A note element."""
    return f"<p:note>{of(elements)}</p:note>"


def of(elements: dict[str, str]) -> str:
    """Elements with these texts."""
    return "".join(f"<p:{name}>{escaped(text)}</p:{name}>" for name, text in elements.items())


def all_of(content: bytes, *, notes_only: bool = False) -> list[Read]:
    """What the file gives."""
    return list(read(io.BytesIO(content), notes_only=notes_only))


def records(content: bytes) -> list[Record]:
    """The records of a file without any problem."""
    found = all_of(content)
    assert [one.problems for one in found if one.problems] == []
    return [one.record for one in found if one.record is not None]


def problems(content: bytes) -> list[Problem]:
    """What is wrong with the records of a file."""
    return [problem for one in all_of(content) for problem in one.problems]


def as_file(*told: Record, version: str = "1.4", at: datetime = NOW) -> bytes:
    """The records as a file."""
    file = io.BytesIO()
    assert write(file, told, version=version, at=at) == len(told)
    return file.getvalue()


@st.composite
def foreign_elements(draw: st.DrawFn, around: str | None = None, depth: int = 2) -> str:
    """An element that PFIF does not know, as the reader keeps it."""
    space, local = draw(SPACES), "x" + draw(NAMES)
    attributes = draw(
        st.dictionaries(st.tuples(SPACES, st.sampled_from(["k", "l", "kind"])), TEXT, max_size=3)
    )
    flat = [
        part for (of, name), text in attributes.items() for part in (f"{of} {name}" if of else name, text)
    ]
    name = f"{space} {local}" if space else local
    within = draw(st.lists(foreign_elements(space, depth - 1), max_size=2)) if depth else []
    return opening(name, flat, around) + escaped(draw(TEXT)) + "".join(within) + f"</{local}>"


def some(
    kind: type[PersonRecord] | type[NoteRecord], **given: st.SearchStrategy[object]
) -> st.SearchStrategy[object]:
    """Records of the kind with any text in any field but what is given."""
    texts = {field.name: TEXT for field in fields(kind) if field.type is str}
    dates = {name: DATES for name in texts if name in ("source_date", "entry_date")}
    extra = {"extra": st.lists(foreign_elements(), max_size=2).map(tuple)}
    return st.builds(kind, **{**texts, **dates, **extra, **given})


def required(*names: str) -> dict[str, st.SearchStrategy[object]]:
    """Texts that are not empty for these fields."""
    return {name: TEXT.filter(bool) for name in names}


NOTES = some(NoteRecord, **required("note_record_id", "author_name", "text"))
PERSONS = some(
    PersonRecord, expiry_date=st.just("") | FUTURE, notes=st.lists(NOTES, max_size=2).map(tuple),
    **required("person_record_id", "full_name"),
)  # fmt: skip


def only(told: Iterable[Record]) -> Record:
    """The one record that there is."""
    [record] = told
    return record
