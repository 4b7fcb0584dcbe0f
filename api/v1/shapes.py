"""What the API answers with, as JSON; each field says what it means."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from api.access import Context
from reunite import retention
from reunite.messages import Message as Letter
from reunite.partner_reports import OwnReport
from reunite.photos import Photo as KeptPhoto
from reunite.poster_consent import OwnPoster
from reunite.reports import CaseStatus

Kind = Literal["missing", "found"]
Step = Literal["received", "compared", "news", "withdrawn", "expired", "closed"]


class Filed(BaseModel):
    """The case number and, of a new report, its receipt: the only key to the case, shown once."""

    case_number: str = Field(examples=["M-7K3Q-9XT2"])
    secret: str | None = Field(
        None,
        description="Keep it: it is shown only now. Missing where a report was amended",
        examples=["7Q2M-R8XC-0D5T-W3HA-6KJ9-PZ1E"],
    )


class Status(BaseModel):
    """What who filed a report may know: never whether a candidate exists."""

    case_number: str
    kind: str
    filed_at: datetime
    step: str = Field(
        description="received, compared, news (call the coordinator), withdrawn, expired or closed"
    )
    call: str = Field("", description="The number to call when there is news")


class OwnStatus(Status):
    """The same of a report that your organisation filed."""

    source_id: str = Field(description="Your own id of the report")
    changed_at: datetime = Field(description="When what it says of the person, its photos or its end changed")
    kept_until: datetime | None = Field(
        None,
        description="Until when it is compared (see `extend`), and once it has ended, until when it is kept; missing "
        "where that is for good",
    )
    unread: int = Field(description="How many messages to you about this report nobody has read")


class Reports(BaseModel):
    """A page of your reports, in the order in which they were filed."""

    reports: list[OwnStatus]
    next: str | None = Field(
        None, description="The `cursor` of the next page; missing where this is the last"
    )


class Content(BaseModel):
    """What your organisation filed itself, in the columns of the exchange format."""

    report: dict[str, str] = Field(
        description="All that it says of the person, with kind, source_id and language; never what is withheld"
    )
    reporter: dict[str, str] = Field(
        description="Of the contact data just enough to know it again, like •••••100. Leave it out when you amend: "
        "sent back like that it is refused"
    )


class Photo(BaseModel):
    """A photo as it was kept: a JPEG made anew from the pixels, upright, without anything else of the file."""

    ref: str = Field(description="Its name in addresses")
    width: int = Field(description="Pixels", examples=[1600])
    height: int = Field(description="Pixels", examples=[1200])


class Photos(BaseModel):
    """The photos of a report, in their order."""

    photos: list[Photo]


class Message(BaseModel):
    """One message between your organisation and the people who look after the case."""

    writer: Literal["you", "service"]
    text: str
    at: datetime
    settled: bool = Field(description="The other side has read it, or has answered it")


class Messages(BaseModel):
    """The messages of a report, the oldest first."""

    messages: list[Message]


class Poster(BaseModel):
    """The poster of a missing child: it hangs only by the family's consent and a coordinator's approval."""

    state: str = Field(
        description="Empty where none was ever asked for; asked, published, declined, taken_back or taken_down"
    )
    can_show: list[str] = Field(description="The columns of this report that may stand on a poster")
    shows: list[str] = Field(description="Those that were chosen")
    photo: str = Field(description="The `ref` of the photo that was chosen, or empty")
    page: str = Field(description="Where everybody can see it now, or empty")


def status(ctx: Context, said: CaseStatus) -> Status:
    """The status of a report, with the number to call where there is news."""
    return Status(
        case_number=said.case_number,
        kind=said.kind,
        filed_at=said.filed_at,
        step=said.step,
        call=ctx.service.settings.news_phone if said.step == "news" else "",
    )


def own_status(ctx: Context, own: OwnReport) -> OwnStatus:
    """The same for the organisation that filed it."""
    return OwnStatus(
        **status(ctx, own.status).model_dump(),
        source_id=own.source_id,
        changed_at=own.changed_at,
        kept_until=retention.until(own.status, ctx.service.settings),
        unread=own.unread,
    )


def photo(kept: KeptPhoto) -> Photo:
    """A photo of one's own report."""
    return Photo(ref=kept.ref, width=kept.width, height=kept.height)


def message(letter: Letter) -> Message:
    """A message as who filed the report reads it."""
    writer: Literal["you", "service"] = "you" if letter.from_family else "service"
    return Message(writer=writer, text=letter.text, at=letter.at, settled=letter.settled)


def messages(letters: Sequence[Letter]) -> Messages:
    """All of them."""
    return Messages(messages=[message(letter) for letter in letters])


def poster(own: OwnPoster) -> Poster:
    """The poster as who filed the report sees it."""
    return Poster(
        state=own.state, can_show=list(own.columns), shows=list(own.chosen), photo=own.photo,
        page=f"/posters/{own.ref}" if own.ref else "",
    )  # fmt: skip
