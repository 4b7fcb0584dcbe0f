"""Tables of elements, and the text of elements: what XML can hold, and how it is written (XML 1.0, fifth edition)."""

import re
from dataclasses import dataclass

XML_NAMESPACE = "http://www.w3.org/XML/1998/namespace"
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_IN_TEXT = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}
_IN_ATTRIBUTE = {**_IN_TEXT, '"': "&quot;", "\n": "&#10;", "\t": "&#9;"}
_TEXT, _ATTRIBUTE = str.maketrans(_IN_TEXT), str.maketrans(_IN_ATTRIBUTE)


@dataclass(frozen=True, slots=True)
class Table:
    """The elements of one kind of record: in order, each with its field; and those fields that must be there."""

    elements: dict[str, str]
    required: frozenset[str]


def table(text: str) -> Table:
    """Read `element`, `element*` (required) and `element=field`, with blanks between."""
    pairs = [word.rstrip("*").partition("=")[::2] for word in text.split()]
    elements = {element: field or element for element, field in pairs}
    return Table(elements, frozenset(word.rstrip("*") for word in text.split() if word.endswith("*")))


def plain(text: str) -> str:
    """The text without what XML cannot hold: control characters, halves of characters."""
    return _NOT_XML.sub("", text)


def escaped(text: str) -> str:
    """The text as it stands between two tags; a reader gets it back as it is."""
    return plain(text).translate(_TEXT)


def opening(name: str, attributes: list[str], inside: str | None) -> str:
    """A start tag. Names are `namespace local` as Expat gives them, attributes name and value in turn; `inside` is the
    namespace of the element around it, None where there is nothing around."""
    namespace, local = parted(name)
    said = "" if namespace == (inside or "") else f' xmlns="{_quoted(namespace)}"'
    for number in range(0, len(attributes), 2):
        namespace, of = parted(attributes[number])
        if namespace == XML_NAMESPACE:
            of = f"xml:{of}"
        elif namespace:
            said, of = f'{said} xmlns:a{number}="{_quoted(namespace)}"', f"a{number}:{of}"
        said += f' {of}="{_quoted(attributes[number + 1])}"'
    return f"<{local}{said}>"


def parted(name: str) -> tuple[str, str]:
    """Namespace and local name of what Expat calls an element."""
    namespace, _, local = name.rpartition(" ")
    return namespace, local


def _quoted(text: str) -> str:
    return plain(text).translate(_ATTRIBUTE)
