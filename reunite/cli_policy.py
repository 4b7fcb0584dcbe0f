"""`reunite policy`: who may do and see what, as a page to read and to print."""

from reunite.console import out
from reunite.policy import FIELDS, SCOPES, TABLE, Outsider, Role

_HEAD = """# Who may do and see what

Printed by `reunite policy` from [reunite/policy.py](../reunite/policy.py), the one table that every page, route and
task asks. A test holds this page to it.

## Actions

“nobody” is who has not signed in: the public, and families, who show a receipt for their own case.

"""
_FIELDS = """
## Fields of a report

hidden: not at all. masked: just enough to know it again, like •••••100. coarse: the province alone. claimed: only in a
candidate that one has claimed. reason: after giving a reason, which is kept and logged. full: as it was written. A
volunteer sees reports only in candidates of their regions, a family only its own report, a partner organisation only
what it filed, and a report that is reserved to the police is seen by the police alone.

"""
_KEYS = """
## Keys of partner organisations

What a key may be asked for, always of the organisation's own reports only, and the scope that it needs.

"""


def policy() -> None:
    """Print who may do and see what, as Markdown: the tables that every page and route asks."""
    out.print(document(), markup=False, highlight=False, soft_wrap=True, end="")


def document() -> str:
    """The whole page: what each role and each key may do, and how each field of a report is shown to whom."""
    roles = (None, *Role)
    actions = [
        [action.value, *("yes" if role in allowed else "–" for role in roles)]
        for action, allowed in TABLE.items()
    ]
    viewers = (*Outsider, *Role)
    fields = [[column, *(rule[viewer].value for viewer in viewers)] for column, rule in FIELDS.items()]
    return (
        _HEAD
        + _table(["action", *(role.value if role else "nobody" for role in roles)], actions)
        + _KEYS
        + _table(["action", "scope"], [[action.value, scope.value] for action, scope in SCOPES.items()])
        + _FIELDS
        + _table(["field", *(viewer.value for viewer in viewers)], fields)
    )


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
