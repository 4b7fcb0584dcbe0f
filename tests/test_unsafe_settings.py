"""The service does not start with a setting that protects people less than they think, and says what to do."""

from pathlib import Path

import pytest

from reunite import unsafe
from reunite.config import Settings
from reunite.problems import StartupError
from reunite.service import configured, open_service
from tests.processes import command

HTTPS = {"public_url": "https://reunite.example.org", "trusted_proxies": "127.0.0.1"}
UNSAFE = {
    "everywhere without https": ({"host": "0.0.0.0"}, "REUNITE_HOST=0.0.0.0"),
    "everywhere, IPv6": ({"host": "::"}, "REUNITE_HOST=::"),
    "one address of the network": ({"host": "192.0.2.1"}, "REUNITE_HOST=192.0.2.1"),
    "http for everybody": ({"public_url": "http://reunite.example.org"}, "without encryption"),
    "no address": ({"public_url": "reunite.example.org"}, "is not an address"),
    "another scheme": ({"public_url": "ftp://reunite.example.org"}, "is not an address"),
    "a path": ({**HTTPS, "public_url": "https://reunite.example.org/app"}, "Leave the rest out"),
    "a password in the address": ({**HTTPS, "public_url": "https://a:b@reunite.example.org"}, "Leave the rest out"),
    "everybody is a proxy": ({**HTTPS, "trusted_proxies": "0.0.0.0/0"}, "lets anybody say who they are"),
    "half of everybody": ({**HTTPS, "trusted_proxies": "0.0.0.0/1,128.0.0.0/1"}, "lets anybody say who they are"),
    "everybody, IPv6": ({**HTTPS, "trusted_proxies": "::/0"}, "lets anybody say who they are"),
    "https without a proxy": ({"public_url": "https://reunite.example.org"}, "REUNITE_TRUSTED_PROXIES"),
}  # fmt: skip
HOOK = "whsec_" + "QUJD" * 8
MAIL = {"mail_from": "a@example.org"}
LINES = {
    "mail password in clear": ({**MAIL, "smtp_url": "smtp://me:pass@mail.example.org"}, "a password to"),
    "numbers in clear": ({"gateway_url": "http://sms.example.org/send", "gateway_secret": HOOK}, "people's numbers"),
    "mailbox password in clear": ({"bounces": "b@example.org", "bounces_mailbox": "imap://me:pass@example.org/INBOX"},
                                  "REUNITE_BOUNCES_MAILBOX"),
}  # fmt: skip
SAFE_LINES = (
    {"smtp_url": "smtps://me:pass@mail.example.org", "mail_from": "a@example.org"},
    {"smtp_url": "smtp://me:pass@mail.example.org:587?starttls", "mail_from": "a@example.org"},
    {"smtp_url": "smtp://me:pass@127.0.0.1:25", "mail_from": "a@example.org"},
    {"smtp_url": "smtp://relay.example.org:25", "mail_from": "a@example.org"},
    {"gateway_url": "https://sms.example.org/send", "gateway_secret": HOOK},
    {"gateway_url": "http://localhost:9000/send", "gateway_secret": HOOK},
    {"bounces": "b@example.org", "bounces_mailbox": "imaps://me:pass@example.org/INBOX"},
    {"bounces": "b@example.org", "bounces_mailbox": "imap://me:pass@127.0.0.1/INBOX"},
)
INCOMPLETE = (
    ({"smtp_url": "mail.example.org", "mail_from": "a@example.org"}, "is no server"),
    ({"smtp_url": "smtps://mail.example.org"}, "needs REUNITE_MAIL_FROM"),
    ({"smtp_url": "smtps://mail.example.org", "mail_from": "a@example.org\nBcc: b@b.org"}, "needs REUNITE_MAIL_FROM"),
    ({"smtp_url": "smtps://mail.example.org", "mail_from": "a@example.org", "public_url": ""}, "REUNITE_PUBLIC_URL"),
    ({"gateway_url": "https://sms.example.org"}, "not a secret"),
    ({"gateway_url": "https://sms.example.org", "gateway_secret": "whsec_c2hvcnQ="}, "not a secret"),
    ({"bounces": "bounces"}, "not an address for this"),
    ({"bounces": "bounces+all@example.org"}, "not an address for this"),
    ({"bounces": "all-the-mails-that-came-back@example.org"}, "at most 24"),
    ({"bounces_mailbox": "imaps://me:pass@example.org/INBOX"}, "needs REUNITE_BOUNCES"),
    ({"bounces": "b@example.org", "bounces_mailbox": "imaps://example.org/INBOX"}, "is no mailbox"),
    ({"bounces": "b@example.org", "bounces_mailbox": "imaps://me:pass@example.org"}, "is no mailbox"),
    ({"bounces": "b@example.org", "bounces_mailbox": "pop3://me:pass@example.org/INBOX"}, "is no mailbox"),
    ({"quiet_hours": "22-25"}, "not two hours"),
    ({"quiet_hours": "at night"}, "not two hours"),
)  # fmt: skip
SAFE = (
    {}, {"host": "localhost"}, {"host": "::1"}, HTTPS, {**HTTPS, "host": "0.0.0.0"},
    {**HTTPS, "trusted_proxies": "10.1.2.0/24, ::1"},
    {"host": "0.0.0.0", "public_url": "http://localhost:8000"}, {"public_url": "http://127.0.0.1:8000/"},
)  # fmt: skip


@pytest.mark.parametrize(("changes", "said"), UNSAFE.values(), ids=UNSAFE.keys())
def test_an_unsafe_setting_is_refused_in_words(tmp_path: Path, changes: dict[str, str], said: str) -> None:
    with pytest.raises(StartupError, match="nothing was started") as refused:
        unsafe.refuse_open_doors(Settings(data_dir=tmp_path, **changes))
    assert said in str(refused.value)


@pytest.mark.parametrize(("changes", "said"), LINES.values(), ids=LINES.keys())
def test_what_would_send_secrets_in_clear_is_refused_at_every_start(
    tmp_path: Path, changes: dict[str, str], said: str
) -> None:
    with pytest.raises(StartupError, match="nothing was started") as refused:
        open_service(Settings(data_dir=tmp_path / "data", **HTTPS, **changes))
    assert said in str(refused.value)
    assert "me:pass" not in str(refused.value)


@pytest.mark.parametrize("changes", SAFE_LINES)
def test_ways_to_send_that_the_manual_describes_are_not_refused(
    tmp_path: Path, changes: dict[str, str]
) -> None:
    unsafe.refuse_open_lines(Settings(data_dir=tmp_path, **HTTPS, **changes))


@pytest.mark.parametrize(("public", "private", "told"), [
    ("https://reunite.example.org", True, True), ("https://reunite.example.org", False, False),
    ("http://localhost:8000", True, False), ("http://127.0.0.1:8000", True, False), ("", True, False)])  # fmt: skip
def test_webhooks_into_private_networks_are_told_of_where_everybody_reaches_the_service(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], public: str, private: bool, told: bool
) -> None:
    open_service(Settings(data_dir=tmp_path / "data", public_url=public, webhook_private=private)).close()
    said = capsys.readouterr()
    assert ("webhooks_may_call_private_networks" in said.out + said.err) is told


@pytest.mark.parametrize(("changes", "said"), INCOMPLETE)
def test_half_a_setting_of_what_is_sent_is_told(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], said: str
) -> None:
    for name, value in {**HTTPS, **changes}.items():
        monkeypatch.setenv(f"REUNITE_{name.upper()}", value)
    with pytest.raises(StartupError, match=said):
        configured()


@pytest.mark.parametrize("changes", SAFE)
def test_what_the_manual_describes_is_not_refused(tmp_path: Path, changes: dict[str, str]) -> None:
    unsafe.refuse_open_doors(Settings(data_dir=tmp_path, **changes))


@pytest.mark.parametrize("changes", [{"host": "0.0.0.0"}, {"public_url": "http://reunite.example.org"},
                                     {**HTTPS, "trusted_proxies": "0.0.0.0/0"}])  # fmt: skip
def test_the_server_itself_does_not_start(tmp_path: Path, changes: dict[str, str]) -> None:
    settings = Settings(data_dir=tmp_path / "data", port=0, **changes)
    with command(settings, "-m", "reunite", "serve") as server:
        assert server.popen.wait(timeout=60) == 1
        assert "nothing was started" in " ".join(server.output().split())
        assert "Traceback" not in server.output()


def test_pythons_debugging_is_refused(tmp_path: Path) -> None:
    with command(
        Settings(data_dir=tmp_path / "data", port=0), "-X", "dev", "-m", "reunite", "serve"
    ) as server:
        assert server.popen.wait(timeout=60) == 1
        assert "debugging is on" in " ".join(server.output().split())


@pytest.mark.parametrize("proxies", ["everybody", "*", "10.0.0.1/8", "127.0.0.1;10.0.0.1"])
def test_proxies_that_are_not_addresses_are_refused(monkeypatch: pytest.MonkeyPatch, proxies: str) -> None:
    monkeypatch.setenv("REUNITE_TRUSTED_PROXIES", proxies)
    with pytest.raises(StartupError, match="REUNITE_TRUSTED_PROXIES"):
        configured()


@pytest.mark.parametrize(("what", "mode"), [("secret.key", 0o644), ("secret.key", 0o602), ("secret.key", 0o620),
                                            (".", 0o755), (".", 0o701), (".", 0o770)])  # fmt: skip
def test_files_that_others_can_get_at_are_refused(tmp_path: Path, what: str, mode: int) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    open_service(settings).close()
    (tmp_path / "data" / what).chmod(mode)
    with pytest.raises(StartupError, match="chmod"):
        open_service(settings)
    (tmp_path / "data" / what).chmod(0o700 if what == "." else 0o600)
    open_service(settings).close()


def test_the_first_start_makes_a_key_of_its_own_once(tmp_path: Path) -> None:
    keys = []
    for folder in ("one", "two"):
        settings = Settings(data_dir=tmp_path / folder)
        for _ in range(2):
            open_service(settings).close()
        keys.append(settings.key_path().read_text())
        assert settings.key_path().stat().st_mode & 0o777 == 0o600
    assert keys[0] != keys[1]
