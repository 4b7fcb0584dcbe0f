"""The rows that were not taken, as a file that can be corrected and imported again: all cells as they were, and why."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from reunite import i18n
from reunite.exchange import cells
from reunite.exchange.importing import Refused
from reunite.problems import Problem

LINE, REASON = "reunite:line", "reunite:reason"
"""Headings of the two columns that are added; an import passes over them."""
Say = Callable[[Problem], str]


def english(problem: Problem) -> str:
    """The sentence of a problem, with the column that it is about."""
    return f"{problem.field}: {problem.text()}" if problem.field else problem.text()


def reader(language: str, columns: Mapping[str, str]) -> Say:
    """Says problems in a language, with their own headings of the columns (by ours) that these are about."""
    problem_of = i18n.catalogue(language).problem

    def say(problem: Problem) -> str:
        heading, said = columns.get(problem.field, problem.field), problem_of(problem)
        return f"{heading}: {said}" if heading else said

    return say


def head(headings: Sequence[str]) -> str:
    """The first line of the file, for a table with these headings."""
    return cells.line([*_own(headings), LINE, REASON])


def line(headings: Sequence[str], one: Refused, say: Say = english) -> str:
    """One refused row. Of a table of ours its fields stand under its headings."""
    values = one.row.cells or tuple(one.row.fields.get(name, "") for name in headings)
    kept = [value for name, value in zip(headings, values, strict=False) if name not in (LINE, REASON)]
    kept += [""] * (len(_own(headings)) - len(kept))
    return cells.line([*kept, str(one.row.line), " ".join(say(problem) for problem in one.problems)])


def _own(headings: Iterable[str]) -> list[str]:
    return [name for name in headings if name not in (LINE, REASON)]
