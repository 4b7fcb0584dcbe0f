"""Case numbers and secrets in the hands of people who type."""

from hypothesis import given
from hypothesis import strategies as st

from reunite import receipts
from reunite.keys import Keys

KEYS = Keys(b"k" * 32)


@given(st.sampled_from(["missing", "found"]), st.integers(2, 10), st.sampled_from(receipts.ALPHABET))
def test_one_wrong_character_is_noticed(kind: str, place: int, other: str) -> None:
    number = receipts.new_case_number(kind)
    changed = number[:place] + other + number[place + 1 :]
    if number[place] in ("-", other):
        return
    assert receipts.read_case_number(changed) is None


@given(st.text())
def test_any_text_is_read_or_refused_without_an_error(text: str) -> None:
    number = receipts.read_case_number(text)
    assert number is None or receipts.read_case_number(number) == number


def test_a_case_number_survives_lower_case_spaces_and_look_alikes() -> None:
    number = receipts.new_case_number("found")
    typed = number.lower().replace("-", "  ").replace("0", "o").replace("1", "i")
    assert receipts.read_case_number(typed) == number


def test_secrets_are_long_and_differ() -> None:
    secrets = {receipts.new_secret() for _ in range(1000)}
    assert len(secrets) == 1000
    assert {len(secret.replace("-", "")) for secret in secrets} == {24}


@given(st.text(), st.text())
def test_a_secret_is_hashed_for_its_case_only(first: str, second: str) -> None:
    if first != second:
        assert receipts.hash_secret(KEYS, first, "A") != receipts.hash_secret(KEYS, second, "A")
