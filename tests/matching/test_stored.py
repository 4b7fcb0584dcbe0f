"""An index comes back from its file as it was, goes on from there, and a file that does not fit is refused."""

import os
import pickle
import stat
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.generator import generate
from matching.description import Description, describe
from matching.model import load_model
from matching.numbers import Numbers
from matching.postings import Postings
from matching.ranked import Ranked
from matching.ranking import Index
from matching.stored import StoredError, load, save

MODEL = load_model()
MADE = generate(120, 120, 60, 5, "fit")
MISSING = [describe(number, "missing", row) for number, row in enumerate(MADE.missing)]
FOUND = [describe(number, "found", row) for number, row in enumerate(MADE.found)]


def index_of(reports: list[Description]) -> Index:
    index = Index(MODEL, "found")
    for report in reports:
        index.put(report)
    return index


def stored(index: Index, folder: Path) -> Index:
    save(folder / "one", MODEL, index)
    again: Index = load(folder / "one", MODEL)
    return again


def ranked(index: Index) -> list[list[Ranked]]:
    return [index.rank(query, 5) for query in MISSING[:20]]


def test_a_stored_index_ranks_as_before(tmp_path: Path) -> None:
    index = index_of(FOUND)
    index.remove(3)
    assert ranked(stored(index, tmp_path)) == ranked(index)


def test_a_loaded_index_takes_in_replaces_and_removes_like_the_one_that_was_stored(tmp_path: Path) -> None:
    index = index_of(FOUND[:100])
    again = stored(index, tmp_path)
    for one in (index, again):
        for report in FOUND[100:]:
            one.put(report)
        one.put(replace(FOUND[8], id=7))
        for id in (1, 2, 110):
            one.remove(id)
    assert ranked(again) == ranked(index)
    assert ranked(stored(again, tmp_path)) == ranked(index)


def test_what_a_loaded_index_takes_in_does_not_change_the_file(tmp_path: Path) -> None:
    again = stored(index_of(FOUND[:100]), tmp_path)
    before = (tmp_path / "one").read_bytes()
    again.put(FOUND[110])
    again.remove(4)
    assert (tmp_path / "one").read_bytes() == before
    assert 4 in load(tmp_path / "one", MODEL)


def test_only_its_owner_may_read_the_file(tmp_path: Path) -> None:
    stored(index_of(FOUND[:3]), tmp_path)
    assert stat.S_IMODE(os.stat(tmp_path / "one").st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["one"]


def test_a_file_of_other_weights_is_refused(tmp_path: Path) -> None:
    save(tmp_path / "one", replace(MODEL, version="other"), {})
    with pytest.raises(StoredError, match="other weights"):
        load(tmp_path / "one", MODEL)


@pytest.mark.parametrize("keep", [0, 10, 60, 200, -1])
def test_a_file_that_is_cut_short_is_refused(tmp_path: Path, keep: int) -> None:
    stored(index_of(FOUND[:20]), tmp_path)
    path = tmp_path / "one"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(StoredError):
        load(path, MODEL)


def test_a_file_that_names_anything_to_run_is_refused(tmp_path: Path) -> None:
    class Harm:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.system, ("true",)

    save(tmp_path / "one", MODEL, Harm())
    with pytest.raises(StoredError):
        load(tmp_path / "one", MODEL)


STEPS = st.lists(st.tuples(st.sampled_from("sdp"), st.integers(0, 6), st.integers(0, 9)), max_size=40)


@given(STEPS)
@settings(max_examples=200)
def test_numbers_are_a_dictionary_that_can_be_stored_at_any_moment(steps: list[tuple[str, int, int]]) -> None:
    numbers, known = Numbers(), dict[int, int]()
    for what, id, number in steps:
        if what == "s":
            numbers[id] = known[id] = number
        elif what == "d":
            assert numbers.pop(id, None) == known.pop(id, None)
        else:
            numbers = pickle.loads(pickle.dumps(numbers))
        assert dict(numbers) == known
        assert len(numbers) == len(known)


@given(STEPS)
@settings(max_examples=200)
def test_postings_keep_the_rows_of_each_key_over_storing(steps: list[tuple[str, int, int]]) -> None:
    postings, known = Postings[int](), dict[int, list[int]]()
    gone: defaultdict[int, set[int]] = defaultdict(set)
    for what, key, row in steps:
        if what == "s" and row not in known.setdefault(key, []):
            postings.add([key], row)
            known[key].append(row)
        elif what == "d" and (left := set(known.get(key, [])) - gone[key]):
            postings.discard(key)
            gone[key].add(min(left))
        elif what == "p":
            postings = pickle.loads(pickle.dumps(postings))
        for one, rows in known.items():
            found = postings.rows(one)
            assert sorted(rows) == sorted([] if found is None else found.tolist())
            assert postings.count(one) == len(rows) - len(gone[one])
