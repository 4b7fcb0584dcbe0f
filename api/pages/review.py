"""Volunteers: the queue, the comparison page, claim and verdict."""

import re
from collections.abc import Mapping
from dataclasses import asdict
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api import compare, labels, place_map, timeline
from api.access import Ctx, Form, Signed, needs
from api.rendering import page
from reunite import cases, concerns, confirmations, photos, queues, regions, reunions, reviews, waiting
from reunite.policy import Action, allows
from reunite.problems import Conflict, Invalid
from reunite.queues import CandidateView
from reunite.waiting import Wanted

router = APIRouter(include_in_schema=False)
_PAGE = 30


@router.get("/queue", dependencies=needs(Action.SEE_QUEUE))
def queue(request: Request, ctx: Ctx, staff: Signed, start: int = 0) -> HTMLResponse:
    """What waits for this person, the most probable first."""
    start, wanted = min(max(start, 0), 10**6), _wanted(request.query_params)
    with ctx.service.database.read() as session:
        items = queues.queue(session, ctx.service.keys, staff, _PAGE, start, wanted)
        size = queues.queue_size(session, staff, wanted)
        offered = regions.offered(session, staff)
    return page(
        request, "queue.html", items=items, size=size, start=start, step=_PAGE, wanted=wanted, query=_query(wanted),
        regions=offered, strengths=labels.STRENGTHS, waits=labels.WAITS, ages=labels.AGES, most=waiting.MOST_COUNTED,
        done=request.query_params.get("done") == "yes",
    )  # fmt: skip


@router.get("/candidates/{ref}", dependencies=needs(Action.SEE_CANDIDATE))
def candidate(request: Request, ctx: Ctx, staff: Signed, ref: str) -> HTMLResponse:
    """Both reports side by side with the evidence."""
    return show(request, ctx, staff, ref)


@router.post("/candidates/{ref}/claim", dependencies=needs(Action.REVIEW))
def claim(request: Request, ctx: Ctx, staff: Signed, ref: str, fields: Form) -> Response:
    """Take the candidate for a while."""
    service = ctx.service
    try:
        with service.database.write() as session:
            reviews.claim(session, service.keys, staff, ref, service.settings.claim_minutes)
    except Conflict as error:
        return show(request, ctx, staff, ref, 409, str(error), wanted=_wanted(fields))
    if reason := fields.get("reason"):
        # Written before the last claim ran out: it stays in the field.
        return show(request, ctx, staff, ref, written={"reason": reason}, wanted=_wanted(fields))
    return RedirectResponse(f"/candidates/{ref}{_query(_wanted(fields))}", 303)


@router.post("/candidates/{ref}/release", dependencies=needs(Action.REVIEW))
def release(ctx: Ctx, staff: Signed, ref: str, fields: Form) -> Response:
    """Give it back without a verdict."""
    with ctx.service.database.write() as session:
        reviews.release(session, ctx.service.keys, staff, ref)
    return RedirectResponse(f"/queue{_query(_wanted(fields))}", 303)


@router.post("/candidates/{ref}/verdict", dependencies=needs(Action.REVIEW))
def verdict(request: Request, ctx: Ctx, staff: Signed, ref: str, fields: Form) -> Response:
    """Give one's verdict with its reason, and go on with the next candidate of the same choice."""
    said, wanted = {name: fields.get(name, "") for name in ("reason", "about")}, _wanted(fields)
    try:
        with ctx.service.database.write() as session:
            reviews.judge(session, ctx.service.keys, staff, ref, fields.get("verdict", ""), **said)
    except Invalid as error:
        told = " ".join(ctx.catalogue.problem(problem) for problem in error.problems)
        return show(request, ctx, staff, ref, 422, told, written=said, wanted=wanted)
    except Conflict as error:
        return show(request, ctx, staff, ref, 409, str(error), written=said, wanted=wanted)
    with ctx.service.database.read() as session:
        beside = waiting.place(session, staff, queues.find(session, staff, ref), wanted)
    following = beside.after or beside.before
    where = f"/candidates/{following}" if following else "/queue"
    return RedirectResponse(f"{where}{_query(wanted, done='yes')}", 303)


@router.get("/referrals", dependencies=needs(Action.SEE_REFERRALS))
def referrals(request: Request, ctx: Ctx, staff: Signed) -> HTMLResponse:
    """What two volunteers found plausible, for the officer."""
    with ctx.service.database.read() as session:
        items = queues.referrals(session, ctx.service.keys, staff)
    return page(request, "referrals.html", items=items)


@router.post("/candidates/{ref}/decision", dependencies=needs(Action.CONFIRM))
def decision(request: Request, ctx: Ctx, staff: Signed, ref: str, fields: Form) -> Response:
    """Record the officer's finding."""
    said = {name: fields.get(name, "") for name in ("outcome", "basis", "reference", "note")}
    try:
        with ctx.service.database.write() as session:
            read, tied_read = (fields.get(box) == "yes" for box in ("warning_read", "tied_read"))
            confirmations.decide(
                session, ctx.service.keys, staff, ref, **said, warning_read=read, tied_read=tied_read
            )
    except Invalid as error:
        told = " ".join(ctx.catalogue.problem(problem) for problem in error.problems)
        return show(request, ctx, staff, ref, 422, told, written=said)
    except Conflict as error:
        return show(request, ctx, staff, ref, 409, str(error), written=said)
    ctx.service.doorbell.ring()
    return RedirectResponse(f"/candidates/{ref}", 303)


def show(
    request: Request, ctx: Ctx, staff: Signed, ref: str, status: int = 200, problem: str = "",
    written: dict[str, str] | None = None, wanted: Wanted | None = None,
) -> HTMLResponse:  # fmt: skip
    """The comparison page; looking at it is a line in the log."""
    with ctx.service.database.write() as session:
        view = queues.view(session, ctx.service.keys, staff, ref)
        pictures = photos.of_candidate(session, staff, ref) or ([], [])
        row = queues.find(session, staff, ref)
        known = concerns.of_pair(session, ctx.service.keys, staff, row)
        reviewing = allows(staff.role, Action.REVIEW)
        wanted = wanted or _wanted(request.query_params)
        beside = waiting.place(session, staff, row, wanted) if reviewing else None
        left = queues.queue_size(session, staff, wanted) if reviewing else 0
        checklist = (reunions.steps(session, ctx.service.keys, staff, row)
                     if allows(staff.role, Action.RECORD_REUNION) else [])  # fmt: skip
        sees_reports = allows(staff.role, Action.SEE_REPORTS)
        ties = cases.ties(session, staff, (row.missing_id, row.found_id)) if sees_reports else ()
    return page(
        request, "candidate.html", status, view=view, **compared(view, ctx.language), history=compare.history(view),
        problem=problem, written=written or {}, concerns=known, photos=pictures, reunion=checklist,
        makes_dossier=allows(staff.role, Action.PRINT_DOSSIER), sees_reports=sees_reports, ties=ties,
        verdicts=reviews.VERDICTS, bases=confirmations.BASES, beside=beside, left=left, most=waiting.MOST_COUNTED,
        chosen=_chosen(wanted), query=_query(wanted), done=request.query_params.get("done") == "yes",
    )  # fmt: skip


def compared(view: CandidateView, language: str) -> dict[str, object]:
    """What the comparison looks like, on a screen and on paper: rows, bars, time line and map."""
    bars, said = compare.bars(view), (view.missing.person, view.found.person)
    return {
        "lines": compare.lines(view, language), "signs": compare.SIGNS, "bars": bars, "zero": compare.zero(bars),
        "timeline": timeline.timeline(*said), "places": place_map.draw(*said),
    }  # fmt: skip


def _wanted(said: Mapping[str, str]) -> Wanted:
    """What is chosen of the queue: codes alone, so that they may stand in an address."""
    region = said.get("region", "")
    return Wanted(
        said.get("strength", "") if said.get("strength") in waiting.STRENGTHS else "",
        said.get("waits", "") if said.get("waits") in waiting.WAITS else "",
        said.get("age", "") if said.get("age") in labels.AGES else "",
        region if re.fullmatch(r"[A-Za-z0-9-]{1,8}", region) else "",
    )


def _chosen(wanted: Wanted) -> dict[str, str]:
    return {name: value for name, value in asdict(wanted).items() if value}


def _query(wanted: Wanted, **more: str) -> str:
    chosen = _chosen(wanted) | more
    return f"?{urlencode(chosen)}" if chosen else ""
