"""Signatures of Standard Webhooks: ours, whole, fresh, or nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reunite import signing

NOW = 1_700_000_000
# Computed by hand with openssl from the specification's formula, not by the code under test.
KNOWN_SECRET = "whsec_QUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJD"


def signed(body: bytes = b"{}", secret: str = KNOWN_SECRET, at: int = NOW) -> dict[str, str]:
    return signing.sign(secret, "msg_1", at, body)


def test_a_signature_is_the_one_of_the_specification() -> None:
    assert signed() == {
        "webhook-id": "msg_1",
        "webhook-timestamp": "1700000000",
        "webhook-signature": "v1,bk3Jr0gA/dMoUjdnLNOf6yQ+MuQ+dOvpK+lilF976G0=",
    }


@given(st.binary())
def test_what_was_signed_is_verified(body: bytes) -> None:
    assert signing.verify(KNOWN_SECRET, signed(body), body, NOW)


@pytest.mark.parametrize(
    "changes",
    [{"webhook-id": "msg_2"}, {"webhook-timestamp": f"{NOW + 1}"}, {"webhook-signature": ""}, {"webhook-timestamp": ""},
     {"webhook-timestamp": "²"}, {"webhook-timestamp": "9" * 400}, {"webhook-timestamp": "-1"},
     {"webhook-signature": "v1,AAAA"}, {"webhook-signature": "é"}],
)  # fmt: skip
def test_any_change_of_a_header_is_noticed(changes: dict[str, str]) -> None:
    assert not signing.verify(KNOWN_SECRET, {**signed(), **changes}, b"{}", NOW)


def test_another_body_and_another_secret_do_not_fit() -> None:
    assert not signing.verify(KNOWN_SECRET, signed(), b"{ }", NOW)
    assert not signing.verify(signing.new_secret(), signed(), b"{}", NOW)


@pytest.mark.parametrize(("late", "good"), [(300, True), (-300, True), (301, False), (-301, False)])
def test_a_signature_is_fresh_for_five_minutes(late: int, good: bool) -> None:
    assert signing.verify(KNOWN_SECRET, signed(), b"{}", NOW + late) is good


def test_while_a_secret_is_changed_one_of_two_signatures_suffices() -> None:
    old, new = signed(secret=signing.new_secret()), signed()
    both = {**new, "webhook-signature": f"{old['webhook-signature']} {new['webhook-signature']}"}
    assert signing.verify(KNOWN_SECRET, both, b"{}", NOW)


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "whsec_c2hvcnQ=", "QUJD" * 8, "whsec_" + "QUJD" * 30, "whsec_!!!!" + "QUJD" * 8]
)
def test_what_is_no_secret_is_refused(secret: str) -> None:
    with pytest.raises(ValueError, match="not a secret"):
        signing.key_of(secret)


def test_new_secrets_are_long_and_never_the_same() -> None:
    made = {signing.new_secret() for _ in range(20)}
    assert len(made) == 20
    assert {len(signing.key_of(one)) for one in made} == {32}
