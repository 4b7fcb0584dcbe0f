"""Templates: one environment a language, escaping everything."""

import hashlib
from functools import cache, partial
from importlib import resources
from typing import Any

import jinja2
from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, format_time, get_timezone
from fastapi import Request
from starlette.responses import HTMLResponse

from api import security
from api.access import Context, read_context
from api.labels import LABELS
from api.menu import menu_of
from api.qr import qr
from api.receipt_picture import qr_code
from api.report_form import chosen
from api.ruby import ruby
from matching import dates, evidence
from matching.traditional import said_in
from reunite import alarms, i18n


@cache
def environment(language: str, zone: str) -> jinja2.Environment:
    """The templates in this language, with times of this zone."""
    loader = jinja2.PackageLoader("api")
    made = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, extensions=["jinja2.ext.i18n"],
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    catalogue = i18n.catalogue(language)
    made.install_gettext_callables(catalogue.gettext, catalogue.ngettext, newstyle=True)  # type: ignore[attr-defined]
    made.filters.update(
        moment=lambda at: format_datetime(at, "medium", get_timezone(zone), language),
        day=lambda at: format_date(at.astimezone(get_timezone(zone)), "long", language),
        clock=lambda at: format_time(at, "short", get_timezone(zone), language),
        percent=_percent, bits=_bits, ruby=ruby, qr=qr_code, link_qr=qr, problem=catalogue.problem,
        reckoned=lambda text: dates.reckoned(text, language),
        place=lambda place: said_in(place.name_zh, language) if language.startswith("zh") and place.name_zh
        else place.name_en,
        choice=lambda key, column: _language(key, language) if column == "language"
        else catalogue.gettext(chosen(column, key)),
        label=lambda name: evidence.label(name, language), sentence=lambda line: evidence.sentence(line, language),
    )  # fmt: skip
    made.globals.update(
        asset=asset,
        languages=i18n.languages(),
        labels=LABELS,
        sign=evidence.sign,
        translate=catalogue.gettext,
        menu_of=menu_of,
    )
    return made


@cache
def asset(name: str) -> str:
    """The address of a static file with what is in it, so that browsers keep it for good and still notice a new one."""
    held = resources.files("api").joinpath("static", name).read_bytes()
    return f"/static/{name}?v={hashlib.sha256(held).hexdigest()[:12]}"


def page(request: Request, template: str, status: int = 200, /, **values: Any) -> HTMLResponse:
    """Render a page for who asks; a browser that has no token yet gets one. `here`: where a change of the language
    leads back to, for a page whose own address takes forms only."""
    ctx = read_context(request)
    cookies: security.Cookies = request.app.state.cookies
    visitor = ctx.visitor or security.new_visitor()
    signed = ctx.staff or ctx.half
    token = signed.csrf if signed else security.visitor_token(ctx.service.keys, visitor)
    body = environment(ctx.language, ctx.service.settings.time_zone).get_template(template).render(
        ctx=ctx, csrf=token, organisation=ctx.service.settings.organisation,
        by_organisation=request.app.state.oidc is not None, unseen_alarms=partial(_unseen_alarms, ctx, status),
        **{"here": request.url.path, **values},
    )  # fmt: skip
    response = HTMLResponse(
        body, status, {"Content-Language": ctx.catalogue.tag, "Vary": "Accept-Language, Cookie"}
    )
    if ctx.visitor is None:
        response.headers.append("Set-Cookie", cookies.header(security.VISITOR, visitor))
    return response


def _unseen_alarms(ctx: Context, status: int) -> int:
    """The number in the menu; none where the database may be what failed."""
    if status >= 500:
        return 0
    with ctx.service.database.read() as session:
        return alarms.unseen(session)


def _language(tag: str, language: str) -> str:
    """What a language is called; a tag that nobody knows as it is."""
    try:
        return Locale.parse(tag, sep="-").get_display_name(language) or tag
    except (ValueError, UnknownLocaleError):
        return tag


def _percent(share: float) -> str:
    """A probability as people read it: never 0 % and never 100 %, because nothing is certain."""
    hundred = share * 100
    if hundred < 1:
        return "<1 %"
    return ">99 %" if hundred > 99 else f"{hundred:.0f} %"


def _bits(weight: float) -> str:
    return "0.0" if abs(weight) < 0.05 else f"{weight:+.1f}".replace("-", "−")
