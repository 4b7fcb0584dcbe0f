"""What a notification says: the subject and the sentences of the mail that lead nowhere, and what a click opens.

The message is for our service worker (api/static/push.js), which knows no words and no language of its own. Addresses
in it are paths, so that it leads nowhere but to us.
"""

import json
from datetime import timedelta

from reunite import i18n, letters
from reunite.keys import Keys
from reunite.letters import N_

_STOP = N_("No more alerts")
_OTHERWISE = N_("This could not be confirmed. Please open it and confirm.")
_LONGEST_TITLE, _LONGEST_TEXT = 100, 400
_TOPIC = 32
"""Characters: the longest topic (RFC 8030, 5.4)."""


def payload(
    keys: Keys, what: str, language: str, filling: dict[str, str], *, device: str, to_hash: str, about: str, opens: str,
    stop: str, lasts: timedelta, confirm: str = "",
) -> dict[str, str]:  # fmt: skip
    """The payload of a delivery (reunite.push). A later one `about` the same takes the place of the one before, on its
    way and on the screen; no push service can see that two devices are told of the same. `opens`, `stop` and `confirm`
    are paths of ours; it waits as long as it `lasts` for a device that is off."""
    said, sentence = letters.notice(what, language, filling), i18n.catalogue(language).gettext
    topic = keys.mac("push-topic", about, to_hash)[:_TOPIC]
    message = {
        "title": _cut(said["subject"], _LONGEST_TITLE), "text": _cut(said["text"], _LONGEST_TEXT),
        "language": said["language"], "tag": topic, "opens": opens, "stop": stop, "stops": sentence(_STOP),
        "confirm": confirm, "otherwise": sentence(_OTHERWISE),
    }  # fmt: skip
    return {"to": device, "topic": topic, "ttl": str(max(0, int(lasts.total_seconds()))),
            "message": json.dumps(message, ensure_ascii=False)}  # fmt: skip


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
