"""Staff sign in with their organisation's own account."""

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from api import oidc, security
from api.access import Ctx, needs
from api.pages.staff import with_session
from api.rendering import page
from reunite import accounts
from reunite.policy import Action
from reunite.problems import NotFound

router = APIRouter(include_in_schema=False)
_REFUSED = "Signing in with your organisation's account did not work. Try again, or use your password."
_COOKIE = "oidc"


@router.get("/sign-in/organisation", dependencies=needs(Action.SIGN_IN))
def begin(request: Request, ctx: Ctx) -> Response:
    """Send the browser to the organisation's provider."""
    try:
        address, begun = _provider(request).begin(_back(request, ctx))
    except oidc.RefusedError:
        return _refused(request)
    response = RedirectResponse(address, 303)
    _set(request, response, begun.sealed(ctx.service.keys), oidc.MINUTES * 60)
    return response


@router.get("/sign-in/organisation/back", dependencies=needs(Action.SIGN_IN))
def finish(request: Request, ctx: Ctx, state: str = "", code: str = "") -> Response:
    """Begin a session of whom the provider has proved, if they already work here; what began ends in any case."""
    provider, service = _provider(request), ctx.service
    cookies: security.Cookies = request.app.state.cookies
    begun = oidc.begun(service.keys, request.cookies.get(cookies.name(_COOKIE)))
    try:
        if begun is None:
            raise oidc.RefusedError
        proved = provider.finish(_back(request, ctx), begun, state, code)
    except oidc.RefusedError:
        return _refused(request)
    with service.database.write() as session:
        signed = accounts.begin_proved(
            session, service.keys, proved.email[:254], hours=service.settings.session_hours,
            second_factor=proved.second_factor,
        )  # fmt: skip
    if signed is None:
        return _refused(request)
    response = with_session(request, service, signed)
    _set(request, response, "", 0)
    return response


def _provider(request: Request) -> oidc.Provider:
    provider: oidc.Provider | None = request.app.state.oidc
    if provider is None:
        raise NotFound
    return provider


def _back(request: Request, ctx: Ctx) -> str:
    base = ctx.service.settings.public_url or str(request.base_url)
    return f"{base.rstrip('/')}/sign-in/organisation/back"


def _refused(request: Request) -> Response:
    response = page(request, "sign_in.html", 403, email="", problem=_REFUSED)
    _set(request, response, "", 0)
    return response


def _set(request: Request, response: Response, value: str, max_age: int) -> None:
    cookies: security.Cookies = request.app.state.cookies
    response.headers.append("Set-Cookie", cookies.header(_COOKIE, value, max_age=max_age))
