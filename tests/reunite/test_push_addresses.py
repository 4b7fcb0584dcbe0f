"""Where notifications may be sent, and what a browser may say of itself: nothing that only we reach is ever called."""

import json
import re
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reunite import devices, push_addresses
from reunite.config import Settings
from reunite.keys import Keys
from tests.devices import Device
from tests.outside import Gateway

KNOWN = push_addresses.known()
TABLE = [
    ("https://fcm.googleapis.com/fcm/send/abc:APA91b-x_y", True),
    ("https://fcm.googleapis.com:443/wp/x", False),
    ("https://updates.push.services.mozilla.com/wpush/v2/gAAAA", True),
    ("https://wns2-par02p.notify.windows.com/w/?token=BQYAAA%2bx%3d", True),
    ("https://web.push.apple.com/QGuQyavXutnMH", True),
    ("http://fcm.googleapis.com/wp/x", False),
    ("https://fcm.googleapis.com:8443/wp/x", False),
    ("https://fcm.googleapis.com:80/wp/x", False),
    ("https://FCM.googleapis.com/wp/x", False),
    ("https://fcm.googleapis.com", False),
    ("https://fcm.googleapis.com./wp/x", False),
    ("https://a.fcm.googleapis.com/wp/x", False),
    ("https://googleapis.com/wp/x", False),
    ("https://push.apple.com/x", False),
    ("https://evilpush.apple.com/x", False),
    ("https://.push.apple.com/x", False),
    ("https://-.push.apple.com/x", False),
    ("https://web.push.apple.com.evil.example/x", False),
    ("https://evil.example/web.push.apple.com/x", False),
    ("https://evil.example#.push.apple.com/x", False),
    ("https://evil.example?.push.apple.com/x", False),
    ("https://evil.example\\.push.apple.com/x", False),
    ("https://evil.example/\\.push.apple.com/x", False),
    ("https://fcm.googleapis.com@evil.example/x", False),
    ("https://evil.example@fcm.googleapis.com/x", False),
    ("https://a:b@fcm.googleapis.com/x", False),
    ("https://127.0.0.1/x", False),
    ("https://[::1]/x", False),
    ("https://169.254.169.254/latest/meta-data", False),
    ("https://0x7f000001/x", False),
    ("https://localhost/x", False),
    ("https://fcm.googleapis.com/x\r\nHost: evil.example", False),
    ("https://fcm.googleapis.com/x\n", False),
    (" https://fcm.googleapis.com/x", False),
    ("https://fcm.googleapis.com/x#y", False),
    ("https://fcm.googleapis.com/推", False),
    ("https://fcm.googleapis。com/x", False),
    ("ftp://fcm.googleapis.com/x", False),
    ("//fcm.googleapis.com/x", False),
    ("file:///etc/passwd", False),
    ("", False),
]


@pytest.mark.parametrize(("address", "taken"), TABLE)
def test_only_addresses_of_push_services_are_taken(address: str, taken: bool) -> None:
    assert (push_addresses.service_of(address, KNOWN) is not None) is taken


def test_an_overlong_address_is_not_taken() -> None:
    begins = "https://fcm.googleapis.com/"
    fits = begins + "x" * (push_addresses.LONGEST - len(begins))
    assert push_addresses.service_of(fits, KNOWN)
    assert push_addresses.service_of(f"{fits}x", KNOWN) is None


_HOSTS = st.sampled_from(
    [
        "fcm.googleapis.com",
        "x.push.apple.com",
        "evil.example",
        "127.0.0.1",
        "[::1]",
        "localhost",
        "push.apple.com",
    ]
)
_JOINTS = st.sampled_from(
    ["", "@", "/", "\\", "#", "?", ":", ":443", ":80", "%2f", "%40", "\t", "。", ".", "//", "a"]
)


@given(st.one_of(st.text(), st.tuples(st.sampled_from(["https://", "http://", "https:/", "HTTPS://"]), _JOINTS, _HOSTS,
                                      _JOINTS, _HOSTS, _JOINTS, st.text(max_size=5)).map("".join)))  # fmt: skip
def test_what_is_taken_leads_to_a_known_host_however_it_is_read(address: str) -> None:
    if push_addresses.service_of(address, KNOWN) is None:
        return
    parts = urlsplit(address)
    assert (parts.scheme, parts.port or 443) == ("https", 443)
    assert parts.username is parts.password is None
    assert re.fullmatch(r"fcm\.googleapis\.com|[a-z0-9.-]+\.push\.apple\.com", parts.hostname or "")
    assert push_addresses.origin_of(address) == f"https://{parts.hostname}"


def test_the_technician_may_name_more_hosts() -> None:
    settings = Settings(push_hosts="push.example.org, *.push.example.net:8443,http://127.0.0.1:9000")
    for address, taken in (
        ("https://push.example.org/x", True),
        ("https://a.push.example.net:8443/x", True),
        ("http://127.0.0.1:9000/x", True),
        ("https://fcm.googleapis.com/x", True),
        ("http://push.example.org/x", False),
        ("https://a.push.example.net/x", False),
        ("http://127.0.0.1/x", False),
        ("https://127.0.0.1:9000/x", False),
    ):
        assert (push_addresses.service_of(address, settings.push_services()) is not None) is taken, address


@pytest.mark.parametrize("wrong", ["http://push.example.org", "http://*.localhost", "push.example.org/x", "a b", "*",
                                   "https://", "me@push.example.org", "[::1]", "推送.example"])  # fmt: skip
def test_a_setting_that_names_no_hosts_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="push services"):
        Settings(push_hosts=wrong)


@pytest.mark.parametrize(
    "wrong", ["technician@example.org", "mailto:x", "http://example.org", "mailto:a@b.org\nx", "x"]
)
def test_a_contact_must_be_an_address(wrong: str) -> None:
    with pytest.raises(ValueError, match="mailto:technician"):
        Settings(push_contact=wrong, public_url="https://reunite.example.org")


def test_notifications_need_an_address_to_lead_to() -> None:
    with pytest.raises(ValueError, match="REUNITE_PUBLIC_URL"):
        Settings(push_contact="mailto:technician@example.org")


def a_device(**changes: object) -> str:
    """What a browser says, with something else in it."""
    said = json.loads(Device(Gateway("https://fcm.googleapis.com/send")).said())
    said["keys"] |= {name: value for name, value in changes.items() if name in said["keys"]}
    return json.dumps(said | {name: value for name, value in changes.items() if name == "endpoint"})


def test_what_a_browser_says_is_read_and_written_the_same_every_time() -> None:
    device = devices.read(a_device(), KNOWN)
    assert devices.read(device.written(), KNOWN) == device
    padded = json.loads(device.written())
    padded["keys"]["auth"] += "=="
    assert devices.read(json.dumps(padded), KNOWN) == device


@pytest.mark.parametrize(
    "wrong",
    [
        "", "{", "[]", "1", "null", '"x"', "{}", '{"endpoint": "https://fcm.googleapis.com/x"}', "[" * 3900,
        a_device(endpoint="https://evil.example/x"), a_device(endpoint=7), a_device(auth=""), a_device(auth="QUJD"),
        a_device(auth="*" * 22), a_device(auth=None), a_device(p256dh="QUJD"), a_device(p256dh="é"),
        a_device(p256dh="B" + "A" * 86), a_device(p256dh="A" * 87), a_device(p256dh="A" * 5000),
    ],
)  # fmt: skip
def test_what_is_no_device_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        devices.read(wrong, KNOWN)


@given(st.text(max_size=200) | st.recursive(st.none() | st.integers() | st.text(max_size=20), lambda inner:
       st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["endpoint", "keys", "auth", "p256dh"]), inner),
       max_leaves=8).map(json.dumps))  # fmt: skip
def test_nothing_that_is_said_breaks_the_reader(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        devices.read(text, KNOWN)


def test_our_key_comes_from_the_installation_s_and_needs_no_storing() -> None:
    assert devices.server_key(Keys(b"k" * 32)) == devices.server_key(Keys(b"k" * 32))
    assert devices.server_key(Keys(b"k" * 32)) != devices.server_key(Keys(b"l" * 32))
