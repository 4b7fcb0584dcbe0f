"""What somebody who wants alerts has to say: near which place, and where they are to be told."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from matching.places import Place
from reunite import alerts, devices, i18n
from reunite.config import Settings
from reunite.outbox import Channel
from reunite.problems import Conflict, Invalid, Problem

LONGEST = {"place": 200, "email": 254}
_EMAIL = re.compile(r"[!#-'*+\-/-9=?A-Z^-~.]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_NO_MAIL = "No e-mail is sent from here. Please use the feed."
_NO_PUSH = "No messages are sent to devices from here. Please use e-mail or the feed."
_NO_PLACE = "We do not know this place. Please write a county, district or city."
_NO_EMAIL = "This is no e-mail address. Write it like name@example.org."
_NO_DEVICE = "We cannot send to this browser. Please use e-mail or the feed."
_DISAGREES = "Please tick that we may keep this. Without that we cannot tell you."


@dataclass(frozen=True, slots=True)
class Wish:
    """To be told by this channel of children missing near a place. `address`: the e-mail address, or what a device says
    of itself; `known_by`: the part of it by which it is known again."""

    place: Place
    channel: Channel
    address: str
    known_by: str
    language: str


def read(settings: Settings, fields: Mapping[str, str]) -> Wish:
    """What the form says (place, language, agree, and email or device). Raises Invalid, and Conflict where nothing is
    sent that way."""
    channel = Channel.PUSH if fields.get("device") else Channel.EMAIL
    if not (settings.push_contact if channel is Channel.PUSH else settings.smtp_url):
        raise Conflict(_NO_PUSH if channel is Channel.PUSH else _NO_MAIL)
    said = fields.get("place", "").strip()
    place = alerts.known_place(said) if len(said) <= LONGEST["place"] else None
    problems = [] if place else [Problem("place", "", _NO_PLACE)]
    try:
        address, known_by = _address(settings, channel, fields)
    except Invalid as error:
        problems.extend(error.problems)
    if not fields.get("agree"):
        problems.append(Problem("agree", "", _DISAGREES))
    if place is None or problems:
        raise Invalid(problems)
    return Wish(place, channel, address, known_by, i18n.spoken(fields.get("language", "")) or "en")


def _address(settings: Settings, channel: Channel, fields: Mapping[str, str]) -> tuple[str, str]:
    """The address, and the part of it by which it is known again."""
    if channel is Channel.PUSH:
        try:
            device = devices.read(fields["device"], settings.push_services())
        except ValueError:
            raise Invalid([Problem("device", "", _NO_DEVICE)]) from None
        return device.written(), device.address
    email = fields.get("email", "").strip()
    if len(email) > LONGEST["email"] or not _EMAIL.fullmatch(email):
        raise Invalid([Problem("email", "", _NO_EMAIL)])
    return email, email
