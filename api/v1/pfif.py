"""The posters that hang, as PFIF: a feed to poll and one document of all, for other services that look for children."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from starlette.responses import Response, StreamingResponse

from api.access import Ctx, needs
from api.errors import VALUE
from api.v1 import describe, examples
from reunite import feed
from reunite.exchange import atom
from reunite.exchange.pfif_dates import moment
from reunite.policy import Action, Scope
from reunite.problems import Invalid, Problem

router = APIRouter(prefix="/api/v1/pfif", tags=["pfif"])
_PATH = "/api/v1/pfif/person"
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_READS = describe.secured(Scope.READ_FEED)
_DAY = re.compile(r"\d{4}-\d\d-\d\d.*", re.ASCII)
Version = Annotated[Literal["1.3", "1.4"], Query(description="Of PFIF", examples=["1.3"])]


def _xml(media: str, shown: dict[str, Any]) -> dict[int | str, dict[str, Any]]:
    return {200: {"content": {media: {"schema": {"type": "string"}, "examples": shown}}}}


@router.get(
    "/person", dependencies=needs(Action.READ_FEED), response_class=Response, openapi_extra=_READS,
    responses=_xml(atom.FEED, examples.FEED) | describe.problems(401, 403, 422), summary="Poll the posters that hang",
)  # fmt: skip
def person(
    ctx: Ctx,
    version: Version = "1.4",
    min_entry_date: Annotated[
        str,
        Query(max_length=40, description="Only what changed at this moment or later: the `entry_date` that you saw "
              "last, as it is written", examples=["2026-03-01T08:30:00.250001Z"]),
    ] = "",
    max_results: Annotated[int, Query(ge=1, le=feed.MOST, description="How many at most")] = feed.USUAL,
    skip: Annotated[int, Query(ge=0, le=1_000_000, description="Pass over so many first", examples=[30])] = 0,
) -> Response:  # fmt: skip
    """An Atom feed with a PFIF person in each entry: what stands on the poster of a missing child and no more, the
    oldest change first. A poster that hangs no longer comes once more as an expired record without content
    (`expiry_date`): delete your copy. Ask again from the last `entry_date` that you saw, without `skip`: no two records
    have the same, and what changes later gets a later one, so you miss nothing."""
    since = _moment(min_entry_date)
    entries, more = feed.page(ctx.service, since, max_results, skip)
    base = ctx.service.settings.public_url.rstrip("/") + _PATH
    asked: dict[str, str | int] = {"version": version, "max_results": max_results}
    following = f"{base}?{urlencode({**asked, 'min_entry_date': feed.exactly(more)})}" if more else ""
    changed = entries[-1].at if entries else since or _BEGINNING
    about = atom.About(base, ctx.service.settings.organisation, following, changed)
    return Response("".join(atom.feed(entries, about, version=version)), media_type=atom.FEED)


@router.get(
    "/export.xml", dependencies=needs(Action.READ_FEED), response_class=StreamingResponse, openapi_extra=_READS,
    responses=_xml(atom.DOCUMENT, examples.PFIF) | describe.problems(401, 403, 422), summary="Copy all posters at once",
)  # fmt: skip
def export(ctx: Ctx, version: Version = "1.4") -> StreamingResponse:
    """The same records as one PFIF document, those that ended too; then poll the feed from the newest `entry_date`."""
    written = atom.document(feed.every(ctx.service), version=version)
    return StreamingResponse(written, media_type=atom.DOCUMENT)


def _moment(text: str) -> datetime | None:
    found = moment(text) if _DAY.fullmatch(text) else None
    if text and found is None:
        raise Invalid([Problem("min_entry_date", "", VALUE)])
    return found
