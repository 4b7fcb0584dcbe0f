"""What a partner organisation's webhooks missed is sent to them again."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.access import Asking, Ctx, needs
from api.v1 import describe, examples
from api.v1.asking import Body
from api.v1.body import read_object
from reunite import webhooks
from reunite.policy import Action, Scope
from reunite.problems import Invalid, Problem

router = APIRouter(prefix="/api/v1", tags=["webhooks"])
_SINCE = {"since": {"type": "string", "format": "date-time", "description": "What happened after this moment, which "
                    "has a time zone, and at most 30 days ago"}}  # fmt: skip


class Replayed(BaseModel):
    """How much is on its way again."""

    queued: int = Field(
        description="How many deliveries were queued again; what waits already is not counted"
    )
    more_since: datetime | None = Field(
        None, description="Ask again with this as `since`: there is more; missing where that was all"
    )


@router.post(
    "/webhooks/replay", dependencies=needs(Action.REPLAY_WEBHOOKS), response_model_exclude_none=True,
    openapi_extra=describe.body(_SINCE, examples.SINCE, needs=("since",)) | describe.secured(Scope.READ_CASES),
    responses=describe.ok(examples.REPLAYED) | describe.problems(401, 403, 413, 415, 422),
    summary="Have one's organisation's webhooks told again",
)  # fmt: skip
def replay(ctx: Ctx, partner: Asking, body: Body) -> Replayed:
    """What happened to your reports is sent to all your webhooks again, under the same `webhook-id` as before, some
    hundreds at a time. An organisation without a webhook is told that nothing was queued."""
    since = _moment(read_object(body, ("since",)).get("since", ""))
    with ctx.service.database.write() as session:
        done = webhooks.replay(session, ctx.service.keys, since, actor=partner.actor, source=partner.source)
    ctx.service.doorbell.ring_outbox()
    return Replayed(queued=done.queued, more_since=done.more_since)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        said = "Please write a moment with its time zone, like 2026-03-01T08:00:00Z."
        raise Invalid([Problem("since", "", said)])
    return moment
