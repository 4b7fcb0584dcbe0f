"""Photos of a report that is being written: sent, looked at, taken away again."""

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from api import drafting, report_form
from api.access import Context, Ctx, Form, address_of, needs
from api.pages.filing import Kind, show_topic
from api.uploads import Upload, UploadedForm
from reunite import drafts, sanitising
from reunite.policy import Action
from reunite.problems import Conflict, Invalid, Problem
from reunite.rates import Rates

router = APIRouter(include_in_schema=False)
TOPIC = "photos"


@router.post("/report/{kind}/photos", dependencies=needs(Action.FILE_REPORT))
def add(request: Request, ctx: Ctx, kind: Kind, sent: UploadedForm) -> Response:
    """Keep the photos with the draft, each by itself, and go on; one that cannot be taken keeps none of the others
    away."""
    draft, go = drafting.found(request, ctx, kind), sent.fields.get("go", "next")
    code = drafting.keep(request, ctx, kind, draft, {})
    refused = _kept(request, ctx, code, sent) if sent.photos else []
    if refused or (go == "add"):
        if go == "add" and not sent.photos:
            refused = [ctx.catalogue.problem(Problem("photo", "", "Please choose a photo first."))]
        written = draft.fields if draft else {}
        response: Response = show_topic(request, ctx, kind, TOPIC, written, code=code, refused=refused)
    else:
        response = RedirectResponse(f"/report/{kind}/{report_form.next_key(TOPIC, go)}", 303)
    drafting.remember(request, response, code)
    return response


@router.post("/report/{kind}/photos/remove", dependencies=needs(Action.FILE_REPORT))
def remove(request: Request, ctx: Ctx, kind: Kind, fields: Form) -> Response:
    """Take one photo away from the draft."""
    with ctx.service.database.write() as session:
        drafts.remove_photo(
            session, ctx.service.keys, drafting.code_of(request), fields.get("photo", "")[:40]
        )
    return RedirectResponse(f"/report/{kind}/{TOPIC}", 303)


def _kept(request: Request, ctx: Context, code: str, sent: Upload) -> list[str]:
    """Clean and keep each; gives what is wrong with those that cannot be taken. Counted like a receipt that is shown:
    cleaning costs more than looking up."""
    rates: Rates = request.app.state.rates
    rates.look_up(address_of(request))
    refused = []
    for place, file in enumerate(sent.photos, start=1):
        try:
            cleaned = sanitising.clean(file)
            with ctx.service.database.write() as session:
                drafts.add_photo(session, ctx.service.keys, code, cleaned)
        except Invalid as error:
            said = " ".join(ctx.catalogue.problem(problem) for problem in error.problems)
            refused.append(f"{place}: {said}" if len(sent.photos) > 1 else said)
        except Conflict as error:
            refused.append(ctx.catalogue.gettext(str(error)))
            break
    return refused
