"""Alerts that everybody may see, as a page and as feeds, and how to be told: ask, confirm, leave; police approve."""

import re
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api import alert_feeds
from api.access import Context, Ctx, Form, Signed, address_of, needs
from api.rendering import page
from reunite import alerts, devices, i18n, subscription_form, subscriptions
from reunite.policy import Action
from reunite.problems import Invalid, NotFound, by_field
from reunite.rates import Rates
from reunite.subscriptions import Asked

router = APIRouter(include_in_schema=False)


@router.get("/alerts", dependencies=needs(Action.SEE_ALERTS))
def listed(request: Request, ctx: Ctx) -> HTMLResponse:
    """The alerts that go on, and the form for who wants to be told."""
    return _page(request, ctx)


@router.post("/alerts", dependencies=needs(Action.SUBSCRIBE_ALERTS))
def subscribe(request: Request, ctx: Ctx, fields: Form) -> HTMLResponse:
    """Ask an address to confirm. The answer is the same whether it subscribes already or not."""
    rates: Rates = request.app.state.rates
    rates.subscribing(address_of(request))
    service = ctx.service
    try:
        with service.database.write() as session:
            subscriptions.subscribe(
                session, service.keys, service.settings, {"language": ctx.language, **fields}
            )
    except Invalid as error:
        return _page(request, ctx, fields, error)
    return page(request, "alert_asked.html", on_device=bool(fields.get("device")))


@router.get("/alerts/confirm/{token}", dependencies=needs(Action.SUBSCRIBE_ALERTS))
def ask_to_confirm(request: Request, ctx: Ctx, token: str) -> HTMLResponse:
    """A button: what merely follows links, as programs that check mail do, confirms nothing."""
    try:
        with ctx.service.database.read() as session:
            asked = subscriptions.asked(session, ctx.service.keys, token)
    except NotFound:
        return _confirm(request, ctx, token, None)
    return _confirm(request, ctx, token, asked)


@router.post("/alerts/confirm/{token}", dependencies=needs(Action.SUBSCRIBE_ALERTS))
def confirm(request: Request, ctx: Ctx, token: str, fields: Form) -> HTMLResponse:
    """From now on they are told."""
    try:
        with ctx.service.database.write() as session:
            asked = subscriptions.confirm(session, ctx.service.keys, token)
    except NotFound:
        return _confirm(request, ctx, token, None)
    return _confirm(request, ctx, token, asked)


@router.post("/alerts/device/{token}", dependencies=needs(Action.SUBSCRIBE_ALERTS))
def confirm_device(ctx: Ctx, token: str) -> Response:
    """The service worker of a device got its first message, which nobody else can read. It has no page of ours and
    sends no cookie: what nobody can forge is the link."""
    with ctx.service.database.write() as session:
        subscriptions.confirm_device(session, ctx.service.keys, token)
    return Response(status_code=204)


@router.get("/alerts/leave/{token}", dependencies=needs(Action.SUBSCRIBE_ALERTS))
def ask_to_leave(request: Request, ctx: Ctx, token: str) -> HTMLResponse:
    """A button, as for confirming."""
    subscriptions.read_leave_token(ctx.service.keys, token)
    return page(request, "alert_leave.html", token=token, left=False)


@router.post("/alerts/leave/{token}", dependencies=needs(Action.SUBSCRIBE_ALERTS))
def leave(request: Request, ctx: Ctx, token: str) -> HTMLResponse:
    """No alerts any more. Mailboxes do this with a click of their own (RFC 8058), without a cookie and without a page
    of ours before: what nobody can forge is the link."""
    with ctx.service.database.write() as session:
        subscriptions.leave(session, ctx.service.keys, token)
    return page(request, "alert_leave.html", token=token, left=True)


@router.post("/alerts/leave", dependencies=needs(Action.SUBSCRIBE_ALERTS))
def leave_device(request: Request, ctx: Ctx, fields: Form) -> HTMLResponse:
    """No alerts on this device any more. The answer is the same whether there were some."""
    with ctx.service.database.write() as session:
        subscriptions.leave_device(session, ctx.service.keys, fields.get("address", ""))
    return page(request, "alert_leave.html", token="", left=True)


@router.get("/alerts/feed.atom", dependencies=needs(Action.SEE_ALERTS))
def feed(request: Request, ctx: Ctx, language: Annotated[str, Query()] = "") -> Response:
    """The alerts for a feed reader, in the language that the address names; else in Chinese."""
    service = ctx.service
    with service.database.read() as session:
        found = alerts.going_on(session, service.keys, service.settings)
    spoken = language if language in i18n.languages() else i18n.SIMPLIFIED
    return _fed(request, alert_feeds.atom(found, service.settings, spoken), "application/atom+xml")


@router.get("/alerts/cap/{file}", dependencies=needs(Action.SEE_ALERTS))
def cap(request: Request, ctx: Ctx, file: str) -> Response:
    """One alert as a message of the Common Alerting Protocol; one that is over cancels it."""
    named = re.fullmatch(r"([0-9A-Z]{8})\.xml", file)
    if named is None:
        raise NotFound
    service = ctx.service
    with service.database.read() as session:
        found = alerts.find(session, service.keys, service.settings, named[1])
    return _fed(request, alert_feeds.cap(found, service.settings), "application/cap+xml")


@router.post("/reports/{case_number}/alert", dependencies=needs(Action.APPROVE_ALERT))
def decide(ctx: Ctx, staff: Signed, case_number: str, fields: Form) -> Response:
    """Alert people nearby, or end that."""
    service = ctx.service
    with service.database.write() as session:
        if fields.get("set") == "yes":
            alerts.approve(session, service.keys, staff, case_number)
        else:
            alerts.withdraw(session, service.keys, staff, case_number)
    service.doorbell.ring_outbox()
    return RedirectResponse(f"/reports/{case_number}", 303)


def _confirm(request: Request, ctx: Context, token: str, asked: Asked | None) -> HTMLResponse:
    """Without a subscription the link is too old, was used up, or was never ours: it says what to do instead."""
    place = subscriptions.name_of(asked.place, ctx.language) if asked else ""
    return page(request, "alert_confirm.html", 200 if asked else 404, token=token, place=place, asked=asked)


def _fed(request: Request, body: bytes, kind: str) -> Response:
    """A feed, or 304 for who has it already."""
    headers = {"ETag": alert_feeds.tag_of(body), "X-Robots-Tag": "noindex, noarchive"}
    asked = [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]
    if headers["ETag"] in asked:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=kind, headers=headers)


def _page(
    request: Request, ctx: Ctx, fields: Mapping[str, str] | None = None, error: Invalid | None = None
) -> HTMLResponse:
    service = ctx.service
    with service.database.read() as session:
        found = alerts.going_on(session, service.keys, service.settings)
    problems = by_field(error.problems) if error else {}
    made = page(
        request, "alerts.html", 422 if error else 200, alerts=found, fields=fields or {}, problems=problems,
        mails=bool(service.settings.smtp_url), limits=subscription_form.LONGEST,
        push_key=devices.server_key(service.keys) if service.settings.push_contact else "",
    )  # fmt: skip
    made.headers["X-Robots-Tag"] = "noindex, noarchive"
    return made
