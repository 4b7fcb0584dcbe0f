"""The words of what a reporter is told: a subject and a few sentences in their language, as e-mail and short message.

None of them says a word of the other side, nor holds what somebody wrote: who reads along on a telephone or in a
mailbox learns that there is a case, and its number.
"""

from dataclasses import dataclass
from html import escape

from reunite import i18n


def N_(text: str) -> str:
    """Mark a sentence for the catalogues."""
    return text


_WHY = N_("You get this because this address stands in a report to {organisation}.")
_STOP = N_("If you want no more messages: {stop}")
_ASKED = N_("You get this because you asked {organisation} for alerts.")


@dataclass(frozen=True, slots=True)
class Letter:
    """A subject and sentences, to be translated and then filled with number, address, phone, day."""

    subject: str
    sentences: tuple[str, ...]
    why: str = _WHY


_OPEN = N_("To open your case you need your case number and your secret: {address}")
LETTERS = {
    "received": Letter(
        N_("Your report {number} was received"),
        (N_("Thank you. Your report is with us and is being compared."), _OPEN,
         N_("Keep your secret where only you find it. We never ask you for it."))),
    "message": Letter(
        N_("There is a message about your report {number}"),
        (N_("We have written to you on the page of your case, and you can answer there."), _OPEN)),
    "ending": Letter(
        N_("Your report {number} will end soon"),
        (N_("It will be compared until {day}. If it should be kept on, open your case and say so."), _OPEN)),
    "news": Letter(
        N_("There is news about your report {number}"),
        (N_("Please call this number, and have your case number at hand: {phone}"),)),
    "news_without_number": Letter(
        N_("There is news about your report {number}"),
        (N_("Please call the organisation where you filed the report, and have your case number at hand."),)),
    "poster": Letter(
        N_("The poster for your report {number} is published"),
        (N_("Here you can look at it, print it and pass it on: {poster}"),
         N_("If it should hang no longer, open your case and say so."), _OPEN)),
    "alert_confirm": Letter(
        N_("Please confirm that you want alerts"),
        (N_("Somebody, we hope you, asked for alerts about children missing near {place}. If it was you: {address}"),
         N_("If not, do nothing: after a day this address is forgotten.")), _ASKED),
    "push_confirm": Letter(
        N_("Alerts on this device"),
        (N_("You are told here when a child is missing near {place}."),), _ASKED),
    "alert": Letter(
        N_("Missing near you: {name}"),
        (N_("Last seen: {seen}"),
         N_("The poster, with all that may be told: {poster}"),
         N_("If you see the child, call the police at once. Please do not follow or question anybody yourself."),
         N_("What you saw or know you can tell here: {address}")), _ASKED),
    "alert_end": Letter(
        N_("An alert is over"),
        (N_("The alert of {day} about a child missing near {place} is over: the child "
            "is found, or nobody is to look any more. Thank you."),
         N_("If you passed it on, please pass this on as well, and delete what you kept of the child.")), _ASKED),
}  # fmt: skip


def language_of(tag: str) -> str:
    """Our language for that of a report; English where we have none."""
    return i18n.spoken(tag) or "en"


def mail(what: str, language: str, filling: dict[str, str]) -> dict[str, str]:
    """Subject, text and HTML; `filling` has what the sentences name, and stop, the address that ends all messages."""
    said = i18n.catalogue(language)
    letter = LETTERS[what]
    subject = said.gettext(letter.subject).format(**filling)
    paragraphs = [said.gettext(one).format(**filling) for one in (*letter.sentences, letter.why, _STOP)]
    return {
        "language": said.tag,
        "subject": subject,
        "text": "\n\n".join(paragraphs) + "\n",
        "html": _html(said.tag, subject, paragraphs, filling),
    }


def short(what: str, language: str, filling: dict[str, str]) -> dict[str, str]:
    """The same in one paragraph for a telephone: whom it is from, the subject, and what can be done."""
    said = i18n.catalogue(language)
    letter = LETTERS[what]
    act = filling["poster"] if what == "poster" else filling["address"]
    if what.startswith("news"):
        act = said.gettext(letter.sentences[0]).format(**filling)
    subject, stop = (said.gettext(one).format(**filling) for one in (letter.subject, _STOP))
    return {"language": said.tag, "text": f"[{filling['organisation']}] {subject}. {act} {stop}"}


def notice(what: str, language: str, filling: dict[str, str]) -> dict[str, str]:
    """The same as a notification: the subject, and what leads to no address."""
    said = i18n.catalogue(language)
    letter = LETTERS[what]
    leads = ("{address}", "{poster}")
    bare = [one for one in letter.sentences if not any(name in one for name in leads)]
    text = " ".join(said.gettext(one).format(**filling) for one in bare)
    return {"language": said.tag, "subject": said.gettext(letter.subject).format(**filling), "text": text}


def _html(tag: str, subject: str, paragraphs: list[str], filling: dict[str, str]) -> str:
    body = "\n".join(f"<p>{escape(one)}</p>" for one in paragraphs)
    for address in {filling[name] for name in ("address", "poster", "stop") if filling.get(name)}:
        body = body.replace(escape(address), f'<a href="{escape(address)}">{escape(address)}</a>')
    return (
        f'<!doctype html>\n<html lang="{tag}"><head><meta charset="utf-8"><title>{escape(subject)}</title></head>\n'
        f"<body>\n{body}\n</body></html>\n"
    )
