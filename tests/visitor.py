"""A person with a browser that has no JavaScript: opens pages, fills in their forms, presses the buttons."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser

import httpx2
import pyotp

from api.report_form import TOPICS

_SILENT = {"script", "style", "rt", "rp", "title"}
_INSIDE_A_LINE = {"a", "span", "strong", "ruby", "rt", "rp", "kbd"}


@dataclass
class FormOnPage:
    """A form as it stands on the page: what a browser would send if the button were pressed now."""

    action: str
    method: str
    in_parts: bool = False
    fields: dict[str, str] = field(default_factory=dict)
    boxes: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[FormOnPage] = []
        self.links: list[str] = []
        self.words: list[str] = []
        self._open: FormOnPage | None = None
        self._silent = 0
        self._filling = ""
        self._choosing = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        self._silent += tag in _SILENT
        if tag not in _INSIDE_A_LINE:
            self.words.append(" ")
        if tag == "a":
            self.links.append(said.get("href", ""))
        elif tag == "form":
            in_parts = said.get("enctype") == "multipart/form-data"
            self._open = FormOnPage(said.get("action", ""), said.get("method", "get"), in_parts)
            self.forms.append(self._open)
        elif self._open is not None and (tag == "option" or "name" in said):
            self._control(self._open, tag, said)

    def _control(self, form: FormOnPage, tag: str, said: dict[str, str]) -> None:
        if tag == "input" and said.get("type") == "checkbox":
            form.boxes[said["name"]] = said.get("value", "on")
        elif tag == "input" and (
            said.get("type") == "file" or (said.get("type") == "radio" and "checked" not in said)
        ):
            pass
        elif tag == "input":
            form.fields[said["name"]] = said.get("value", "")
        elif tag == "button":
            form.buttons.append((said["name"], said.get("value", "")))
        elif tag == "textarea":
            self._filling = said["name"]
            form.fields[said["name"]] = ""
        elif tag == "select":
            self._choosing = said["name"]
        elif tag == "option" and ("selected" in said or self._choosing not in form.fields):
            form.fields[self._choosing] = said.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in _SILENT
        if tag == "form":
            self._open = None
        elif tag == "textarea":
            self._filling = ""

    def handle_data(self, data: str) -> None:
        if self._filling and self._open is not None:
            self._open.fields[self._filling] += data
        elif not self._silent:
            self.words.append(data)


class Visitor:
    """One person; `page` is the last answer. Cookies are kept, redirections followed, as a browser does."""

    def __init__(self, client: httpx2.Client, language: str = "en") -> None:
        client.headers["Accept-Language"] = language
        self._client = client
        self._seen: _Reader | None = None
        self.page = httpx2.Response(200)
        self.key = ""
        self.codes: list[str] = []

    @classmethod
    @contextmanager
    def at(cls, address: str, language: str = "en") -> Iterator["Visitor"]:
        """Somebody who visits a running server."""
        with httpx2.Client(base_url=address, timeout=30) as client:
            yield cls(client, language)

    def open(self, path: str) -> "Visitor":
        """Go to an address."""
        return self._show(self._client.get(path, follow_redirects=True))

    def press(self, action: str, button: str = "", **filled: str) -> "Visitor":
        """Fill in the form that goes to `action` and press its button of this value (or the only one)."""
        there = [one for one in self._read().forms if one.action == action]
        with_it = [one for one in there if button in [value for _, value in one.buttons]] if button else []
        form = next(iter(with_it or there), None)
        assert form is not None, f"no form to {action} on {self.page.url}: {self.text}"
        unknown = set(filled) - set(form.fields) - set(form.boxes)
        assert not unknown, f"the form has no {unknown}"
        sent = {**form.fields, **filled}
        if button:
            name = next((name for name, value in form.buttons if value == button), None)
            assert name is not None, f"no button {button} in {form.buttons}"
            sent[name] = button
        # A form without action goes to the page it is on.
        where = action or str(self.page.url)
        if form.in_parts:
            parts = {name: (None, value) for name, value in sent.items()}
            return self._show(self._client.post(where, files=parts, follow_redirects=True))
        if form.method == "get":
            return self._show(self._client.get(where, params=sent, follow_redirects=True))
        return self._show(self._client.post(where, data=sent, follow_redirects=True))

    def tell(self, kind: str, **written: str) -> "Visitor":
        """Go through the form of this side, writing in each topic what belongs there, up to the page that shows all of
        it; stays where a mistake is told."""
        self.open(f"/report/{kind}")
        for topic in TOPICS:
            action = f"/report/{kind}/{topic.key}"
            self.press(
                action, "next", **{name: text for name, text in written.items() if self.asks(action, name)}
            )
            if self.status != 200:
                break
        return self

    def file_report(self, kind: str, **written: str) -> "Visitor":
        """Go through the form and file the report; the receipt is on the page."""
        return self.tell(kind, **written).press(f"/report/{kind}/check", "file")

    def asks(self, action: str, name: str) -> bool:
        """Whether the form that goes there has this field."""
        return any(one.action == action and name in one.fields for one in self._read().forms)

    def sign_in(self, email: str, password: str, code: str = "") -> "Visitor":
        """As staff, with a code where one is asked for; at the first time they set up the second factor."""
        self.open("/sign-in").press("/sign-in", email=email, password=password)
        return self.show_factor(code) if self.page.url.path == "/second-factor" else self

    def show_factor(self, code: str = "") -> "Visitor":
        """Write the code; without one, set up an app, keep the recovery codes, and go where the work is."""
        if code:
            return self.press("/second-factor", code=code)
        found = re.search(r"[A-Z2-7]{8}(?: [A-Z2-7]{8}){3}", self.text)
        assert found is not None, f"no key on {self.page.url}: {self.text}"
        self.key = found[0].replace(" ", "")
        self.press("/second-factor", code=pyotp.TOTP(self.key).now())
        self.codes = re.findall(r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){5}", self.text)
        return self.open("/staff")

    @property
    def status(self) -> int:
        """The last answer's status."""
        return self.page.status_code

    @property
    def text(self) -> str:
        """What the page says, without the readings above characters, in one line."""
        return " ".join("".join(self._read().words).split())

    @property
    def links(self) -> list[str]:
        """Where the page leads."""
        return self._read().links

    def field(self, action: str, name: str) -> str:
        """What stands in a field of a form."""
        return next(one for one in self._read().forms if one.action == action).fields[name]

    def actions(self) -> list[str]:
        """Where the page's forms go."""
        return [one.action for one in self._read().forms]

    def _show(self, answer: httpx2.Response) -> "Visitor":
        self.page, self._seen = answer, None
        return self

    def _read(self) -> _Reader:
        if self._seen is None:
            self._seen = _Reader()
            self._seen.feed(self.page.text)
        return self._seen
