"""A client of Reunite's JSON API for partner organisations: their own reports, by their key. It needs only httpx and
imports nothing else of ours, so this file can be copied. docs/integrate.md shows how it is used."""

import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Self, TypeVar
from urllib.parse import quote

import httpx

_REPORTS = "/api/v1/reports"
_TRIES = 5
_MOST_WAIT_S = 60.0
_MOMENTS = {"at", "filed_at", "changed_at", "kept_until"}
T = TypeVar("T")


class ApiError(Exception):
    """What the service refused: `status`, its sentence, and every field that cannot be taken with the reason."""

    def __init__(self, status: int, title: str, problems: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__("; ".join([f"{status} {title}", *(f"{field}: {said}" for field, said in problems)]))
        self.status, self.title, self.problems = status, title, problems


class KeyRefused(ApiError):
    """401: the key is unknown, expired or revoked; 403: it may not be used for this."""


class NotThere(ApiError):
    """404: your organisation filed no such report, or it was erased."""


class NotNow(ApiError):
    """409: it cannot be done, because of what was done before."""


class ChangedMeanwhile(ApiError):
    """412: the report is no longer as you read it; read it again."""


class Refused(ApiError):
    """422, and 413 or 415: something that was sent cannot be taken; `problems` says what."""


class Busy(ApiError):
    """429 or 503, after every try: nothing was stored; try again later."""


_ERRORS: dict[int, type[ApiError]] = {
    401: KeyRefused, 403: KeyRefused, 404: NotThere, 409: NotNow, 412: ChangedMeanwhile, 413: Refused, 415: Refused,
    422: Refused, 429: Busy, 503: Busy,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filed:
    """The case number; of a new report also the receipt's secret, which is shown only now: give both to the family."""

    case_number: str
    secret: str | None


@dataclass(frozen=True, slots=True)
class Status:
    """What may be known of a report. `step` is received, compared, news (call `call`), withdrawn, expired or closed;
    `etag` is empty in lists."""

    case_number: str
    kind: str
    source_id: str
    step: str
    call: str
    filed_at: datetime
    changed_at: datetime
    unread: int
    kept_until: datetime | None = None
    etag: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """What you filed, by column; of the contact data only enough to know it again, which cannot be sent back."""

    report: dict[str, str]
    reporter: dict[str, str]
    etag: str


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo that was kept; sizes in pixels."""

    ref: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Message:
    """One message; `writer` is you or service."""

    writer: str
    text: str
    at: datetime
    settled: bool


@dataclass(frozen=True, slots=True)
class Poster:
    """The poster of a missing child; `page` is where everybody can see it now, or empty."""

    state: str
    can_show: Sequence[str]
    shows: Sequence[str]
    photo: str
    page: str


class Client:
    """Asks one installation with one key. Raises ApiError or one of its kinds, and httpx.TransportError where nobody
    answers. What is safe to send again is sent again, after the time that the service asks for."""

    def __init__(
        self, base_url: str, key: str, *, language: str = "en", timeout_s: float = 30.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:  # fmt: skip
        headers = {"Authorization": f"Bearer {key}", "Accept-Language": language}
        self._http = httpx.Client(base_url=base_url, headers=headers, timeout=timeout_s, transport=transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    def file(self, report: Mapping[str, str], *, idempotency_key: str | None = None) -> Filed:
        """File a report, or amend the one of the same `source_id`. A key of your own makes it safe to call again after
        your program ended; without one, one is made for this call."""
        headers = {"Idempotency-Key": idempotency_key or str(uuid.uuid4())}
        said = self._send("POST", _REPORTS, json=dict(report), headers=headers).json()
        return Filed(said["case_number"], said.get("secret"))

    def status(self, case_number: str) -> Status:
        """How far a report is."""
        return _status(self._send("GET", _at(case_number)))

    def changed(self, known: Status) -> Status | None:
        """How far a report is, or None where that is as it was known."""
        answer = self._send("GET", _at(known.case_number), headers={"If-None-Match": known.etag})
        return None if answer.status_code == httpx.codes.NOT_MODIFIED else _status(answer)

    def list(
        self, *, kind: str = "", step: str = "", source_id: str = "", changed_after: datetime | None = None,
        page_size: int = 100,
    ) -> Iterator[Status]:  # fmt: skip
        """Every report of yours, page after page, in the order in which they were filed. `changed_after` has a zone."""
        asked = {"kind": kind, "step": step, "source_id": source_id, "limit": str(page_size),
                 "changed_after": changed_after.isoformat() if changed_after else ""}  # fmt: skip
        wanted = {name: text for name, text in asked.items() if text}
        while True:
            page = self._send("GET", _REPORTS, params=wanted).json()
            yield from (_made(Status, one) for one in page["reports"])
            if not page.get("next"):
                return
            wanted["cursor"] = page["next"]

    def content(self, case_number: str) -> Content:
        """What you filed; needs the scope reports:read, and is logged there."""
        answer = self._send("GET", _at(case_number, "content"))
        said = answer.json()
        return Content(said["report"], said["reporter"], answer.headers["ETag"])

    def amend(self, case_number: str, report: Mapping[str, str], *, etag: str = "") -> Status:
        """Replace all that a report says, contact data too; with an `etag` only if it is still as you read it."""
        return self._changing("PUT", case_number, etag, json=dict(report))

    def change(self, case_number: str, fields: Mapping[str, str | None], *, etag: str = "") -> Status:
        """Write these fields, take away those that are None, and leave all others."""
        return self._changing("PATCH", case_number, etag, json=dict(fields))

    def withdraw(self, case_number: str, *, etag: str = "") -> Status:
        """Take a report back: it is compared no longer."""
        return self._changing("DELETE", case_number, etag)

    def extend(self, case_number: str) -> Status:
        """Have a report compared for longer."""
        return _status(self._send("POST", _at(case_number, "extend")))

    def erase(self, case_number: str) -> None:
        """Erase a report for good; needs the scope reports:erase."""
        self._send("POST", _at(case_number, "erase"), again=False)

    def add_photo(self, case_number: str, photo: bytes) -> Photo:
        """Add a JPEG, PNG or WebP file; the same again adds nothing."""
        return _made(
            Photo, self._send("POST", _at(case_number, "photos"), files={"photo": ("photo", photo)}).json()
        )

    def photos(self, case_number: str) -> tuple[Photo, ...]:
        """The photos of a report."""
        return tuple(
            _made(Photo, one) for one in self._send("GET", _at(case_number, "photos")).json()["photos"]
        )

    def photo(self, case_number: str, ref: str) -> bytes:
        """A photo, small, as JPEG."""
        return self._send("GET", _at(case_number, "photos", ref)).content

    def remove_photo(self, case_number: str, ref: str) -> None:
        """Take a photo away."""
        self._send("DELETE", _at(case_number, "photos", ref), again=False)

    def messages(self, case_number: str) -> tuple[Message, ...]:
        """What was written about a report, the oldest first; say `mark_read` once a person has read it."""
        return tuple(
            _made(Message, one) for one in self._send("GET", _at(case_number, "messages")).json()["messages"]
        )

    def mark_read(self, case_number: str) -> None:
        """A person has read the messages."""
        self._send("POST", _at(case_number, "messages", "read"))

    def answer(self, case_number: str, text: str) -> Message:
        """Answer the messages; the same words again add nothing."""
        return _made(Message, self._send("POST", _at(case_number, "messages"), json={"text": text}).json())

    def poster(self, case_number: str) -> Poster:
        """How far the poster of a missing child is; NotNow where there can be none."""
        return _made(Poster, self._send("GET", _at(case_number, "poster")).json())

    def ask_for_poster(self, case_number: str, columns: tuple[str, ...], photo: str = "") -> Poster:
        """Ask for a poster with these columns and this photo. Only when the family knows and agrees."""
        wish = {"columns": ";".join(columns), "photo": photo, "agree": "yes"}
        return _made(Poster, self._send("PUT", _at(case_number, "poster"), json=wish).json())

    def end_poster(self, case_number: str) -> None:
        """Take the poster down."""
        self._send("DELETE", _at(case_number, "poster"))

    def _changing(self, method: str, case_number: str, etag: str, **more: Any) -> Status:
        headers = {"If-Match": etag} if etag else {}
        headers |= {"Content-Type": "application/merge-patch+json"} if method == "PATCH" else {}
        # With an ETag a second try after a lost answer would find the report changed: by the first.
        return _status(self._send(method, _at(case_number), headers=headers, again=not etag, **more))

    def _send(self, method: str, path: str, *, again: bool = True, **more: Any) -> httpx.Response:
        """Send until it is answered; `again`: also where it may have been done already and the answer was lost."""
        wait = 0.5
        for tries_left in reversed(range(_TRIES)):
            try:
                answer = self._http.request(method, path, **more)
            except httpx.TransportError as error:
                if not tries_left or not (again or isinstance(error, httpx.ConnectError)):
                    raise
            else:
                if answer.status_code not in (429, 503) or not tries_left:
                    return _checked(answer)
                asked = answer.headers.get("Retry-After", "")
                wait = float(asked) if asked.isdigit() else wait
            time.sleep(min(wait, _MOST_WAIT_S))
            wait *= 2
        raise AssertionError("unreachable")


def _at(case_number: str, *more: str) -> str:
    return "/".join([_REPORTS, *(quote(part, safe="") for part in (case_number, *more))])


def _checked(answer: httpx.Response) -> httpx.Response:
    if answer.status_code < 400:
        return answer
    try:
        said = answer.json()
        title = str(said["title"])
        problems = tuple((str(one["field"]), str(one["message"])) for one in said.get("problems", ()))
    except (ValueError, KeyError, TypeError, AttributeError):
        title, problems = answer.reason_phrase, ()  # somebody on the way answered
    raise _ERRORS.get(answer.status_code, ApiError)(answer.status_code, title, problems)


def _status(answer: httpx.Response) -> Status:
    return _made(Status, answer.json(), etag=answer.headers["ETag"])


def _made(kind: type[T], said: Mapping[str, Any], **more: str) -> T:
    """What was answered as an object of this kind; names that a later service adds are passed over."""
    known = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    values = {name: value for name, value in {**said, **more}.items() if name in known}
    return kind(**values | {name: datetime.fromisoformat(values[name]) for name in _MOMENTS & set(values)})
