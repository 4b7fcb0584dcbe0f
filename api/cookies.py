"""The two cookies of those who work here: the session's, and that of a browser in which an account has signed in."""

from fastapi import Request
from starlette.responses import Response

from api import security
from reunite import throttling
from reunite.actors import Staff
from reunite.keys import Keys
from reunite.sessions import SignedIn

_DEVICE_S = 365 * 24 * 3600


def known_device(request: Request, keys: Keys, email: str) -> str:
    """The name of this browser if the account has signed in here before, else empty."""
    return throttling.known_device(
        keys, email, request.cookies.get(_names(request).name(security.DEVICE), "")
    )


def keep(request: Request, response: Response, keys: Keys, signed: SignedIn) -> None:
    """Give the browser the session; and, once that is whole, what it is known by."""
    response.headers.append("Set-Cookie", _names(request).header(security.SESSION, signed.token))
    if signed.whole and not known_device(request, keys, signed.staff.email):
        keep_device(request, response, keys, signed.staff)


def keep_device(request: Request, response: Response, keys: Keys, staff: Staff) -> None:
    """Have the browser known for a year: it signed in, or came by a link that only this person was given."""
    value = throttling.new_device(keys, staff.email)
    response.headers.append("Set-Cookie", _names(request).header(security.DEVICE, value, max_age=_DEVICE_S))


def drop_session(request: Request, response: Response) -> None:
    """Have the browser forget the session."""
    response.headers.append("Set-Cookie", _names(request).header(security.SESSION, "", max_age=0))


def _names(request: Request) -> security.Cookies:
    names: security.Cookies = request.app.state.cookies
    return names
