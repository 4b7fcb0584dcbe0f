"""The generator: labelled reports in the exchange format, the same for the same seed."""

import csv
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from benchmarks import generator
from benchmarks.generator import Generated, generate
from benchmarks.generator_reports import COLUMNS
from matching import dates, places
from reunite import submission


@pytest.fixture(scope="module")
def drawn() -> Generated:
    return generate(missing=600, found=500, pairs=300, seed=7, rates="judge")


def test_the_sides_have_as_many_reports_and_pairs_as_asked_for(drawn: Generated) -> None:
    assert (len(drawn.missing), len(drawn.found), len(drawn.truth)) == (600, 500, 300)
    missing, found = ({row["source_id"] for row in rows} for rows in (drawn.missing, drawn.found))
    assert len(missing) == 600
    assert len(found) == 500
    assert {one for one, _ in drawn.truth} <= missing
    assert {other for _, other in drawn.truth} <= found


def test_the_numbers_of_a_pair_have_nothing_in_common(drawn: Generated) -> None:
    assert sum(one[2:] == other[2:] for one, other in drawn.truth) < 3


def test_the_same_seed_gives_the_same_reports_and_another_seed_others(drawn: Generated) -> None:
    assert generate(600, 500, 300, 7, "judge") == drawn
    assert generate(600, 500, 300, 8, "judge") != drawn


def test_every_report_has_all_columns_and_can_be_filed(drawn: Generated) -> None:
    for row in (*drawn.missing, *drawn.found):
        assert tuple(row) == COLUMNS
        submission.parse(row)


def test_every_place_written_is_found_in_the_gazetteer(drawn: Generated) -> None:
    columns = ("place_event", "place_home", "place_found")
    written = [row[column] for row in (*drawn.missing, *drawn.found) for column in columns if row[column]]
    known = sum(bool(places.resolve(text)) for text in written)
    assert known / len(written) > 0.97


def test_both_reports_of_a_pair_mostly_agree_on_sex(drawn: Generated) -> None:
    missing = {row["source_id"]: row for row in drawn.missing}
    found = {row["source_id"]: row for row in drawn.found}
    both = [(missing[one]["sex"], found[other]["sex"]) for one, other in drawn.truth]
    known = [one == other for one, other in both if one and other]
    assert 0.92 < sum(known) / len(known) < 1.0


def test_birthdays_of_a_pair_are_stated_and_wrong_in_the_documented_ways(drawn: Generated) -> None:
    missing = {row["source_id"]: row for row in drawn.missing}
    found = {row["source_id"]: row for row in drawn.found}
    levels: Counter[str] = Counter()
    for one, other in drawn.truth:
        births = missing[one]["birth_date"], found[other]["birth_date"]
        if all(births):
            levels[dates.compare_birth(*map(dates.parse, births))] += 1
    assert {"exact", "lunar_as_solar", "overlap_year"} <= set(levels)


def test_every_section_of_the_rates_has_the_same_keys() -> None:
    rates = tomllib.loads((Path(generator.__file__).parent / "rates.toml").read_text(encoding="utf-8"))
    assert set(rates) == {"fit", "judge", "demo"}
    assert set(rates["fit"]) == set(rates["judge"]) == set(rates["demo"])
    shares = [
        value for section in rates.values() for value in section.values() if not isinstance(value, dict)
    ]
    assert all(0 <= share <= 1 for share in shares)


def test_phone_numbers_belong_to_nobody(drawn: Generated) -> None:
    assert all(row["reporter_phone"].startswith("100") for row in (*drawn.missing, *drawn.found))


def test_more_pairs_than_reports_are_refused() -> None:
    with pytest.raises(ValueError, match="more pairs"):
        generate(10, 10, 11, 1, "fit")


def test_the_command_writes_three_files(tmp_path: Path) -> None:
    sizes = ["--missing", "20", "--found", "30", "--pairs", "10"]
    generator.main([*sizes, "--seed", "3", "--rates", "demo", "--out", str(tmp_path / "data")])
    lines = {
        path.name: len(list(csv.reader(path.open(encoding="utf-8"))))
        for path in (tmp_path / "data").iterdir()
    }
    assert lines == {"missing.csv": 21, "found.csv": 31, "truth.csv": 11}
