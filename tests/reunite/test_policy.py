"""The two tables of the policy: every action and every field has its rule, and the printed page says the same."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from reunite import masking
from reunite.cli import app
from reunite.cli_policy import document
from reunite.policy import FIELDS, TABLE, Action, Outsider, Role, Show
from reunite.submission import COLUMNS
from tests.factory import report_fields

PAGE = Path(__file__).parent.parent.parent / "docs/policy.md"
VIEWERS = (*Outsider, *Role)


def test_every_action_has_its_rule() -> None:
    assert set(TABLE) == set(Action)


def test_every_column_of_a_report_has_a_rule_for_everybody() -> None:
    assert set(FIELDS) == {*COLUMNS, "withheld"}
    assert {column for column, rule in FIELDS.items() if set(rule) != set(VIEWERS)} == set()


def test_the_page_of_the_manual_is_what_the_command_prints() -> None:
    assert PAGE.read_text() == document()
    assert CliRunner().invoke(app, ["policy"]).output == document()


@pytest.mark.parametrize("viewer", VIEWERS)
def test_a_person_is_masked_as_the_table_says(viewer: Role | Outsider) -> None:
    said = {**report_fields("found"), "photo": "child.jpg", "withheld": "a tin soldier"}
    for claimed in (False, True):
        shown = masking.person_for(viewer, said, claimed=claimed)
        for column, text in said.items():
            how = FIELDS[column][viewer]
            if column == "photo":  # fingerprints say nothing to people; photos have pages of their own
                assert column not in shown
            elif how is Show.FULL or (how is Show.CLAIMED and claimed):
                assert shown[column] == text
            elif how is Show.COARSE:
                assert shown[column] == "广东省"
            elif how is Show.MASKED:
                assert shown[column].startswith(("•••••", "r•••••"))
                assert len(shown[column]) <= 8
            else:
                assert column not in shown


def test_a_column_without_a_rule_is_shown_to_nobody() -> None:
    assert all(masking.person_for(viewer, {"new_column": "x"}) == {} for viewer in VIEWERS)


def test_nobody_but_the_police_sees_what_is_withheld_and_nobody_sees_contact_data_without_a_reason() -> None:
    assert [viewer for viewer in VIEWERS if FIELDS["withheld"][viewer] is not Show.HIDDEN] == [Role.POLICE]
    contact = [column for column in COLUMNS if column.startswith("reporter_")]
    filers = (Outsider.FAMILY, Outsider.PARTNER)
    others = [viewer for viewer in VIEWERS if viewer not in filers]
    assert {FIELDS[column][viewer] for column in contact for viewer in others} == {Show.HIDDEN, Show.REASON}
    assert {FIELDS[column][filer] for column in contact for filer in filers} == {Show.MASKED}


@pytest.mark.parametrize(
    ("column", "said", "shown"),
    [
        ("reporter_phone", "+86 100 0555 0100", "•••••100"),
        ("reporter_phone", "12345", "•••••"),
        ("reporter_phone", "call my aunt", "•••••"),
        ("reporter_email", "reporter@example.invalid", "r•••••"),
        ("reporter_name", "李秀英", "•••••"),
        ("reporter_relation", "mother", "•••••"),
    ],
)
def test_of_contact_data_a_family_sees_just_enough_to_know_it_again(
    column: str, said: str, shown: str
) -> None:
    assert masking.person_for(Outsider.FAMILY, {column: said}) == {column: shown}
