"""Settings from the environment: one class, every variable with the prefix REUNITE_."""

import contextlib
import ipaddress
import os
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from reunite import push_addresses, rings, signing

_SECRETS = [
    Path(folder)
    for folder in ("/run/secrets", os.environ.get("CREDENTIALS_DIRECTORY", ""))
    if folder and Path(folder).is_dir()
]
"""Where Docker and podman, and systemd's LoadCredential, put secrets as files."""

_WRITTEN = {
    "quiet_hours": (r"([01]?\d|2[0-3])-([01]?\d|2[0-3])",
                    "not two hours of the day; write them like 22-7, or nothing"),
    # With the token behind it the name must fit the 64 characters of RFC 5321.
    "bounces": (r"[A-Za-z0-9._-]{1,24}@[A-Za-z0-9.-]+",
                "not an address for this; write one like bounces@example.org, at most 24 before the @"),
    "push_contact": (r"mailto:[!-?A-~]+@[A-Za-z0-9.-]+|https://[!-~]+",
                     "no address of somebody; write it like mailto:technician@example.org"),
}  # fmt: skip
_PARSED: dict[str, Callable[[str], object]] = {"alert_rings": rings.parse, "push_hosts": push_addresses.parse}


class Settings(BaseSettings):
    """How this installation runs. `reunite settings` prints each with its meaning and value."""

    # There the file reunite_database_url is the setting REUNITE_DATABASE_URL; a variable comes first.
    model_config = SettingsConfigDict(env_prefix="REUNITE_", extra="ignore", secrets_dir=_SECRETS or None)

    data_dir: Path = Field(
        Path("data"),
        description="Folder of the SQLite file, the secret key, the audit anchor and the workers' index",
    )
    database_url: str = Field("", description="SQLAlchemy URL; empty: a SQLite file in the data folder")
    pg_programs: Path | None = Field(
        None, description="Folder of pg_dump and pg_restore for backups; empty: the ones on the PATH"
    )
    redis_url: str = Field(
        "", description="Redis for Celery's doorbell; empty: one supervised child process works"
    )
    key_file: Path | None = Field(
        None, description="File with the 64 hex digits of the key; empty: secret.key in the data folder"
    )
    key: str = Field(
        "",
        repr=False,
        description="The content of the key file itself, where a platform keeps secrets in variables",
    )
    anchor_dir: Path | None = Field(
        None, description="Folder of audit.anchors, best on another machine; empty: the data folder"
    )
    retain_missing_days: int = Field(
        1825, ge=0, description="Days a missing report is compared unless the family extends it; 0: for good"
    )
    retain_found_days: int = Field(
        1825, ge=0, description="Days a found report is compared unless its reporter extends it; 0: for good"
    )
    retain_closed_days: int = Field(
        365, ge=1, description="Days a report is kept after its case was closed, then it is erased"
    )
    retain_withdrawn_days: int = Field(
        30, ge=1, description="Days a report is kept after it was withdrawn or ran out, then it is erased"
    )
    host: str = Field("127.0.0.1", description="Address the service listens on")
    port: int = Field(8000, ge=0, le=65535, description="Port the service listens on")
    public_url: str = Field(
        "", description="Address people reach the service at; https turns on secure cookies"
    )
    trusted_proxies: str = Field(
        "",
        description="Addresses or networks of the proxies in front, with commas; only they may say who asks",
    )
    organisation: str = Field(
        "Reunite", max_length=80, description="Name of the organisation, shown on every page"
    )
    time_zone: str = Field("Asia/Shanghai", description="Zone of the times on pages, as in the IANA list")
    metrics_token: str = Field(
        "", repr=False, description="Secret with which Prometheus may read /metrics; empty: nobody may"
    )
    news_phone: str = Field("", description="Number a family is told to call when there is news")
    smtp_url: str = Field(
        "",
        repr=False,
        description="Server that takes our e-mail, like smtps://user:password@host; empty: none is sent",
    )
    mail_from: str = Field("", description="Address our e-mail comes from, like reunite@example.org")
    bounces: str = Field(
        "", description="Address that mails come back to, like bounces@example.org; empty: to the sender's"
    )
    bounces_mailbox: str = Field(
        "",
        repr=False,
        description="Mailbox of that address, like imaps://user:password@host/INBOX; empty: none is read",
    )
    gateway_url: str = Field(
        "", repr=False, description="Gateway that takes short messages for telephones; empty: none is sent"
    )
    gateway_secret: str = Field(
        "", repr=False, description="Secret that signs what goes to the gateway, whsec_ and base64"
    )
    push_contact: str = Field(
        "",
        description="Where push services reach the technician, mailto:… or https://…; empty: no notifications",
    )
    push_hosts: str = Field(
        "", description="Hosts of push services beside the known ones, like push.example.org, with commas"
    )
    webhook_private: bool = Field(
        False, description="Whether partners' webhooks may be called in private networks, and on this machine"
    )
    quiet_hours: str = Field(
        "22-7", description="Hours of the zone in which nobody is woken, like 22-7; empty: none"
    )
    alert_rings: str = Field(
        "1:100,2:200,3:300,*:500",
        description="How far an alert reaches: until which hour how many kilometres, * for later",
    )
    session_hours: int = Field(12, ge=1, le=24, description="Hours after which staff must sign in again")
    session_idle_minutes: int = Field(
        60, ge=5, le=720, description="Minutes without a click after which staff must sign in again"
    )
    opened_per_hour: int = Field(
        60, ge=1, le=10_000, description="Different cases an account may open in an hour before an alarm"
    )
    partner_per_minute: int = Field(
        600, ge=1, le=1_000_000, description="Requests a minute that a partner's key may make of the API"
    )
    oidc_issuer: str = Field(
        "", description="Issuer of the OpenID Connect provider that staff may sign in with; empty: none"
    )
    oidc_client_id: str = Field("", description="The service's client id at the OpenID Connect provider")
    oidc_client_secret_file: Path | None = Field(
        None, description="File with the client secret of the OpenID Connect provider; empty: PKCE alone"
    )
    oidc_second_factor: str = Field(
        "", description="The amr or acr value by which the provider says that a second factor was proved"
    )
    claim_minutes: int = Field(30, ge=1, le=240, description="Minutes a volunteer keeps a claimed candidate")
    overdue_days: int = Field(
        14,
        ge=1,
        le=365,
        description="Days after which a strong candidate that nobody decided counts as overdue",
    )
    lease_seconds: int = Field(120, ge=1, description="Seconds a worker may hold a job before others take it")
    shards: int = Field(
        1,
        ge=1,
        le=64,
        description="Into how many shares the reports are divided, where one machine's memory is too small",
    )
    shard: int = Field(
        0,
        ge=0,
        description="Which share this worker ranks: 0 for the first; there must be workers of every one",
    )
    poll_seconds: float = Field(
        1.0, gt=0, description="Seconds a worker waits at most before it looks for jobs"
    )
    weights: Path | None = Field(None, description="Weights file of the engine; empty: the one that ships")
    candidates_per_report: int = Field(50, ge=1, le=500, description="Most candidates kept for one report")
    candidate_floor: float = Field(
        0.001, ge=0, le=1, description="Probability under which a pair is not kept"
    )

    sighting_floor: float = Field(
        0.01, ge=0, le=1, description="Probability under which a report is not shown beside a sighting"
    )

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("not a zone of the IANA list; write it like Asia/Shanghai") from None
        return name

    @field_validator("trusted_proxies")
    @classmethod
    def _known_proxies(cls, text: str) -> str:
        try:
            for part in text.split(",") if text else ():
                ipaddress.ip_network(part.strip())
        except ValueError:
            raise ValueError("not addresses or networks; write them like 127.0.0.1,10.0.0.0/24") from None
        return text

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, url: str) -> str:
        with contextlib.suppress(ArgumentError):
            if not url or make_url(url).get_backend_name() in ("sqlite", "postgresql"):
                return url
        raise ValueError("not the address of a database; write it like postgresql://user:password@host/name")

    @field_validator(*_WRITTEN)
    @classmethod
    def _as_written(cls, text: str, info: ValidationInfo) -> str:
        form, wrong = _WRITTEN[str(info.field_name)]
        if text and not re.fullmatch(form, text, re.ASCII):
            raise ValueError(wrong)
        return text

    @field_validator(*_PARSED)
    @classmethod
    def _as_parsed(cls, text: str, info: ValidationInfo) -> str:
        _PARSED[str(info.field_name)](text)
        return text

    @model_validator(mode="after")
    def _known_channels(self) -> "Settings":
        there = urlsplit(self.smtp_url)
        if self.smtp_url and (there.scheme not in ("smtp", "smtps") or not there.hostname):
            raise ValueError("REUNITE_SMTP_URL is no server; write it like smtps://user:password@host")
        if self.smtp_url and not re.fullmatch(r"[!-;=?-~]+@[A-Za-z0-9.-]+", self.mail_from):
            raise ValueError("REUNITE_SMTP_URL needs REUNITE_MAIL_FROM, an address like reunite@example.org")
        box = urlsplit(self.bounces_mailbox)
        if self.bounces_mailbox and not (
            box.scheme in ("imap", "imaps") and box.hostname and box.username and box.path.strip("/")
        ):
            raise ValueError(
                "REUNITE_BOUNCES_MAILBOX is no mailbox; write it like imaps://user:password@host/INBOX"
            )
        if self.bounces_mailbox and not self.bounces:
            raise ValueError(
                "REUNITE_BOUNCES_MAILBOX needs REUNITE_BOUNCES, the address that mails come back to"
            )
        if self.gateway_url:
            signing.key_of(self.gateway_secret)
        if (self.smtp_url or self.gateway_url or self.push_contact) and not self.public_url:
            raise ValueError("what is sent leads to REUNITE_PUBLIC_URL: set it too")
        return self

    @model_validator(mode="after")
    def _known_shard(self) -> "Settings":
        if self.shard >= self.shards:
            raise ValueError(
                f"REUNITE_SHARD is {self.shard}, but REUNITE_SHARDS says {self.shards}: the last is one less"
            )
        if self.shards > 1 and not self.database_url.startswith("postgresql"):
            raise ValueError(
                "REUNITE_SHARDS needs PostgreSQL in REUNITE_DATABASE_URL: a SQLite file has one worker"
            )
        return self

    def url(self) -> str:
        """The database's URL, the embedded SQLite file when none is set."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'reunite.db').absolute()}"

    def is_quiet(self, at: datetime) -> bool:
        """Whether people should not be woken at this moment."""
        if not self.quiet_hours:
            return False
        first, last = map(int, self.quiet_hours.split("-"))
        hour = at.astimezone(ZoneInfo(self.time_zone)).hour
        return first <= hour < last if first <= last else hour >= first or hour < last

    def rings(self) -> tuple[rings.Ring, ...]:
        """How far an alert reaches, and when."""
        return rings.parse(self.alert_rings)

    def push_services(self) -> tuple[push_addresses.PushService, ...]:
        """Where notifications may be sent."""
        return push_addresses.known() + push_addresses.parse(self.push_hosts)

    def anchors_path(self) -> Path:
        """Where the log's daily anchors lie."""
        return (self.anchor_dir or self.data_dir) / "audit.anchors"

    def proxies(self) -> list[str]:
        """The addresses and networks whose word on who asks is taken."""
        return [part.strip() for part in self.trusted_proxies.split(",") if part.strip()]

    def key_path(self) -> Path:
        """Where the secret key lies."""
        return self.key_file or self.data_dir / "secret.key"
