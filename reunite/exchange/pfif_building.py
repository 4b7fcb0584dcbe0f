"""Records built from what Expat meets in a PFIF file, one after the other."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from reunite.exchange.pfif import NAMESPACE, NOTES, PERSONS, ForeignElement, NoteRecord, PersonRecord, Record
from reunite.exchange.pfif_elements import escaped, opening, parted
from reunite.exchange.pfif_other import unwrapped
from reunite.problems import Problem

LONGEST = 4_000_000
"""Characters of one record with all its notes."""
DEEPEST = 100
_ATOM = "http://www.w3.org/2005/Atom feed"
_WEIGHT = 50  # what an element counts besides its text
_ROOTS = {f"{NAMESPACE}{version} pfif" for version in PERSONS}
_PERSON = {f"{NAMESPACE}{version} person" for version in PERSONS}
_NOTE = {f"{NAMESPACE}{version} note" for version in PERSONS}
_OTHER = {f"{NAMESPACE}{version} other" for version in PERSONS}
_FIELDS = {
    kind: {f"{NAMESPACE}{version} {element}": name
           for version, table in tables.items() for element, name in table.elements.items()}
    for kind, tables in ((PersonRecord, PERSONS), (NoteRecord, NOTES))
}  # fmt: skip
Finished = tuple[int, int, Record | None, tuple[Problem, ...]]


class Stop(Exception):
    """The file cannot be read any further; `message` is a sentence as of a Problem."""

    def __init__(self, message: str, params: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.message, self.params = message, params or {}


@dataclass(slots=True)
class _Open:
    """A record whose end has not come yet."""

    kind: type[PersonRecord] | type[NoteRecord]
    depth: int
    fields: dict[str, str] = field(default_factory=dict)
    extra: list[str] = field(default_factory=list)
    notes: list[NoteRecord] = field(default_factory=list)

    def closed(self) -> PersonRecord | NoteRecord:
        """The record as it is kept."""
        said: dict[str, Any] = {name: text for name, text in self.fields.items() if text}
        if self.kind is NoteRecord:
            return NoteRecord(**said, extra=tuple(self.extra))
        return PersonRecord(**said, extra=tuple(self.extra), notes=tuple(self.notes))


class Builder:
    """Takes what the parser meets. A field that is there twice, and every element that is none, is kept as XML; of
    elements inside of a field the text is taken. What is too long is passed over and told."""

    def __init__(self, parser: expat.XMLParserType, *, notes_only: bool) -> None:
        self.inside = False  # the first element was PFIF's, or a feed's
        self.is_feed = False  # records lie in entries, and what else there is belongs to Atom
        self._parser, self._notes_only = parser, notes_only
        self._depth = self._weight = self._line = 0
        self._skipping: bool | None = None  # inside of what is passed over; True where it is to be told
        self._open: list[_Open] = []
        self._field, self._name, self._text = "", "", [""]
        self._kept: list[str] = []  # the XML of an element that is kept as it is
        self._spaces: list[str] = []  # the namespaces around, within it
        self._at = 0  # the depth of the field or of the element that is kept
        self._finished: list[Finished] = []
        parser.buffer_text = parser.ordered_attributes = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._data
        parser.StartDoctypeDeclHandler = self._refuse

    def finished(self) -> Iterator[Finished]:
        """What was met whole since the last call: line, position, record, problems."""
        while self._finished:
            done, self._finished = self._finished, []
            yield from done

    def _refuse(self, *_: object) -> None:
        raise Stop(
            "This file declares a document type, which could hide anything. Ask its sender for one without."
        )

    def _start(self, name: str, attributes: list[str]) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise Stop(
                "The elements of this file lie too deep in one another: at most {limit}.",
                {"limit": str(DEEPEST)},
            )
        if self._depth == 1:
            self._root(name)
        elif self._skipping is None:
            if self._depth == 2:
                self._weight, self._line = 0, self._parser.CurrentLineNumber
            if self._weigh(_WEIGHT + sum(map(len, attributes))):
                self._begin(name, attributes)

    def _root(self, name: str) -> None:
        if name not in _ROOTS and name != _ATOM:
            text = "This XML is not PFIF: it begins with {found}, not with pfif in the namespace of version 1.1 to 1.4."
            raise Stop(text, {"found": parted(name)[1][:40]})
        self.inside, self.is_feed = True, name == _ATOM

    def _begin(self, name: str, attributes: list[str]) -> None:
        """An element within the root: a record, a field of one, or what is kept as it is."""
        if self._spaces:
            self._keep(name, attributes)
        elif self._field:
            pass
        elif name in (_PERSON if not self._open else ()):
            self._open.append(_Open(PersonRecord, self._depth))
            if self._notes_only:
                self._skip(told=False)
        elif name in _NOTE and (not self._open or self._open[-1].kind is PersonRecord):
            self._open.append(_Open(NoteRecord, self._depth))
        elif self._open or not self.is_feed:
            last = self._open[-1] if self._open else None
            known = _FIELDS[last.kind].get(name) if last else None
            self._at = self._depth
            if last is None or known is None or last.fields.get(known):
                self._keep(name, attributes)
            else:
                self._field, self._name, self._text = known, name, []

    def _keep(self, name: str, attributes: list[str]) -> None:
        self._kept.append(opening(name, attributes, self._spaces[-1] if self._spaces else None))
        self._spaces.append(parted(name)[0])

    def _data(self, text: str) -> None:
        if self._skipping is None and (self._spaces or self._field) and self._weigh(len(text)):
            if self._spaces:
                self._kept.append(escaped(text))
            else:
                self._text.append(text)

    def _end(self, name: str) -> None:
        depth, self._depth = self._depth, self._depth - 1
        if self._skipping is not None:
            if depth == 2:
                self._skipped()
        elif self._spaces:
            self._kept.append(f"</{parted(name)[1]}>")
            self._spaces.pop()
            if not self._spaces:
                self._end_kept()
        elif self._field:
            if depth == self._at:
                text = "".join(self._text)
                self._open[-1].fields[self._field] = unwrapped(text) if self._name in _OTHER else text
                self._field = ""
        elif self._open:
            self._close(self._open.pop().closed())

    def _end_kept(self) -> None:
        xml, self._kept = "".join(self._kept), []
        if self._open:
            self._open[-1].extra.append(xml)
        else:
            self._finish(ForeignElement(xml))

    def _close(self, record: PersonRecord | NoteRecord) -> None:
        if self._open and isinstance(record, NoteRecord):
            self._open[-1].notes.append(record)
        else:
            self._finish(record)

    def _finish(self, record: Record | None, problems: tuple[Problem, ...] = ()) -> None:
        if not (self._notes_only and not isinstance(record, NoteRecord)):
            self._finished.append((self._line, self._parser.CurrentByteIndex, record, problems))

    def _weigh(self, weight: int) -> bool:
        """Whether the record may still grow by this."""
        self._weight += weight
        if self._weight > LONGEST:
            self._skip(told=True)
        return self._skipping is None

    def _skip(self, *, told: bool) -> None:
        self._skipping = told
        self._open, self._kept, self._spaces, self._text, self._field = [], [], [], [], ""
        self._parser.CharacterDataHandler = None

    def _skipped(self) -> None:
        told, self._skipping = self._skipping, None
        self._parser.CharacterDataHandler = self._data
        if told:
            text = "This record is longer than {limit} characters."
            self._finish(None, (Problem("", "", text, {"limit": str(LONGEST)}, self._line),))
