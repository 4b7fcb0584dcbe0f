"""The comparison with other programs, without these: the fields they get, the figures, the section of the page."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from benchmarks import peers_page
from benchmarks.peers_fields import COLUMNS, fields, prepare
from benchmarks.peers_figures import Judged, calibration, curve, figures
from benchmarks.peers_measure import measured
from benchmarks.peers_results import Pairs, leading, places
from matching.description import describe

FIGURES = {
    **{f"recall_at_{k}": {"missing": 0.5, "found": 0.25} for k in (1, 10, 50)},
    **{"best_f1": 0.75, "average_precision": 0.7, "calibration_error": 0.01, "reached": 0.9},
    **{"wall_s": 12.34, "peak_mb": 512.0},
}


def pairs(*rows: tuple[int, int, float]) -> Pairs:
    one, other, bits = (np.array(column) for column in zip(*rows, strict=True))
    return Pairs(one.astype(np.int64), other.astype(np.int64), bits.astype(float), 1 / (1 + np.exp2(-bits)))


def test_a_peer_gets_a_name_in_pinyin_and_by_a_sound_in_which_dialects_are_merged() -> None:
    one = fields(describe(7, "missing", {"name": "李兰芳", "other_names": "毛毛"}))
    other = fields(describe(8, "found", {"name": "黎南方"}))
    assert set(one) == set(COLUMNS)
    assert (one["unique_id"], one["surname"], one["given"], one["given_written"]) == (
        "7",
        "li",
        "lanfang",
        "兰芳",
    )
    assert one["given_sound"] == other["given_sound"]
    assert one["given"] != other["given"]
    assert len(one["sounds"].split("|")) == 2


def test_a_peer_gets_a_foreign_name_in_latin_letters() -> None:
    one = fields(describe(0, "missing", {"name": "Иван Петров"}))
    assert (one["surname"], one["given"], one["given_written"]) == ("petrov", "ivan", "")


def test_a_peer_gets_a_day_only_where_one_is_said_and_the_middle_of_any_span() -> None:
    exact = fields(describe(0, "missing", {"birth_date": "lunar:1998-08-15", "event_date": "2003"}))
    assert exact["birth_day"] == "1998-10-05"
    assert exact["event_year"] == "2003"
    vague = fields(describe(0, "missing", {"birth_date": "1998~"}))
    assert (vague["birth_day"], vague["birth_year"]) == ("", "1998")
    assert date.fromordinal(int(float(vague["birth_mid"]))) == date(1998, 7, 2)


def test_a_peer_gets_places_as_codes_and_marks_as_tokens() -> None:
    said = {
        "place_event": "四川省成都市武侯区",
        "place_home": "四川",
        "marks": "左手臂红色胎记",
        "relatives": "父亲:李建国",
    }
    one = fields(describe(0, "missing", said))
    assert (one["counties"], one["cities"], one["provinces"]) == ("510107", "510100", "510000")
    assert one["marks"] == "birthmark arm"
    assert one["relatives"].startswith("father ")


def test_a_silent_report_gives_a_row_of_nothing_but_its_number() -> None:
    assert {name for name, said in fields(describe(3, "found", {})).items() if said} == {"unique_id"}


def test_prepared_files_have_a_row_for_each_report(tmp_path: Path) -> None:
    for side in ("missing", "found"):
        (tmp_path / f"{side}.csv").write_text("source_id,name\nx,李明\ny,\n", encoding="utf-8")
    prepare(tmp_path / "missing.csv", tmp_path / "found.csv", tmp_path / "out")
    lines = (tmp_path / "out/found.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == ",".join(COLUMNS)
    assert [line.partition(",")[0] for line in lines[1:]] == ["0", "1"]


def test_places_count_from_the_best_pair_of_a_row() -> None:
    some = pairs((0, 5, 1.0), (1, 5, 3.0), (0, 6, 2.0), (0, 7, 0.0))
    assert places(some.one, some.bits).tolist() == [1, 0, 0, 2]
    assert places(some.other, some.bits).tolist() == [1, 0, 0, 0]
    assert leading(pairs((0, 5, 1.0), (0, 6, 2.0), (1, 5, 3.0)), depth=1).bits.tolist() == [2.0, 3.0]


def test_figures_count_both_directions_and_pairs_that_are_not_returned() -> None:
    found = figures(Judged.of(pairs((0, 0, 4.0), (0, 1, 5.0), (1, 1, -9.0)), {(0, 0), (1, 1), (2, 2)}))
    assert found["recall_at_1"] == {
        "missing": pytest.approx(1 / 3, abs=1e-5),
        "found": pytest.approx(1 / 3, abs=1e-5),
    }
    assert found["recall_at_10"]["missing"] == pytest.approx(2 / 3, abs=1e-5)
    assert found["reached"] == pytest.approx(2 / 3, abs=1e-5)
    assert found["returned"] == 3


def test_a_true_pair_that_ties_with_another_is_not_found_first() -> None:
    found = figures(Judged.of(pairs((0, 0, 4.0), (0, 1, 4.0)), {(0, 0)}))
    assert found["recall_at_1"] == {"missing": 0.0, "found": 1.0}


def test_nothing_returned_is_no_recall_and_no_error() -> None:
    none = Pairs(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), np.zeros(0))
    found = figures(Judged.of(none, {(0, 0)}))
    assert found["best_f1"] == found["reached"] == found["recall_at_1"]["missing"] == 0.0
    assert found["curve"] == found["calibration"] == []


def test_a_curve_ends_at_all_pairs_and_tenths_say_what_is_true() -> None:
    judged = Judged.of(pairs((0, 0, 9.0), (1, 1, 8.0), (0, 1, 0.0)), {(0, 0), (1, 1)})
    assert curve(judged)[-1][0] == 1.0
    assert [share for _, share in curve(judged)][:2] == [1.0, 1.0]
    assert [(true, count) for _, true, count in calibration(judged)] == [(0.0, 1), (1.0, 2)]


def test_pairs_come_back_from_a_file_as_they_were(tmp_path: Path) -> None:
    pairs((0, 5, 1.0), (1, 6, 3.0)).save(tmp_path / "pairs.npz")
    assert Pairs.load(tmp_path / "pairs.npz").other.tolist() == [5, 6]


def test_only_the_section_between_the_marks_is_rewritten() -> None:
    page = f"before\n{peers_page.BEGIN}\nold\n{peers_page.END}\nafter\n"
    new = peers_page.rewritten(page, "new")
    assert new == f"before\n{peers_page.BEGIN}\nnew\n{peers_page.END}\nafter\n"
    assert peers_page.rewritten(new, "new") == new


def test_a_page_without_the_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="no lines"):
        peers_page.rewritten("a page", "new")


def test_the_page_of_the_project_has_the_marks() -> None:
    page = (Path(__file__).parents[2] / "docs/benchmarks.md").read_text(encoding="utf-8")
    assert "new" in peers_page.rewritten(page, "new")


def test_a_section_has_a_table_for_each_data_set_and_names_versions_and_day() -> None:
    about = {
        "reports": {"rows": 20_000, "pairs": 4_000, "seed": 11},
        "febrl4": {"rows": 5_000, "pairs": 5_000, "seed": 11},
    }
    results = {data: {"Reunite": FIGURES, "Splink": FIGURES} for data in about}
    text = peers_page.section(results, about, date(2026, 11, 25), "Splink 5.0.0")
    assert "2026-11-25" in text
    assert "20,000 missing and 20,000 found reports" in text
    assert "| recall at 1, missing / found | 0.5000 / 0.2500 | 0.5000 / 0.2500 |" in text
    assert text.count("| what | Reunite | Splink |") == 2
    assert "| memory of all processes | 0.50 GiB | 0.50 GiB |" in text


def test_versions_are_those_of_the_pins(tmp_path: Path) -> None:
    (tmp_path / "pins.txt").write_text(
        "splink==5.0.0 \\\n    --hash=x\nnumpy==2.4.6 ; python_full_version < '3.12' \\\n"
    )
    assert peers_page.pinned(tmp_path / "pins.txt", ("splink", "numpy")) == {
        "splink": "5.0.0",
        "numpy": "2.4.6",
    }


def test_a_command_is_measured_with_its_children(tmp_path: Path) -> None:
    took = measured(["sh", "-c", "echo said; sleep 0.3 & wait"], tmp_path / "log")
    assert took.wall_s >= 0.3
    assert (tmp_path / "log").read_text() == "said\n"


def test_a_command_that_fails_is_said_with_its_log(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="log"):
        measured(["sh", "-c", "exit 3"], tmp_path / "log")
