"""The field `other` of PFIF 1.1 to 1.3: lines `name: value`, of which the description is one (PFIF 1.3, on `other`)."""

_HEAD, _INDENT = "description:", "    "


def wrapped(description: str) -> str:
    """The description as the field `other` holds it, every line under `description:` and moved in."""
    return "\n".join([_HEAD, *(_INDENT + line for line in description.split("\n"))]) if description else ""


def unwrapped(other: str) -> str:
    """The description where `other` holds nothing else; all of it, as it is, where it holds other lines too."""
    head, *lines = other.strip("\n").split("\n")
    if head.rstrip() != _HEAD or not lines or not all(line.startswith(_INDENT) for line in lines):
        return other
    return "\n".join(line.removeprefix(_INDENT) for line in lines)
