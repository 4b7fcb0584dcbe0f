"""Broken and hostile pictures sent as photos of a report, as a family's program would: taken or refused in words, never
more, and nothing of them is answered."""

from random import Random

import httpx2

from reunite.photos import MOST_PHOTOS
from tests import images
from tests.attack import target
from tests.attack.target import Target
from tests.attack.walking import Found

_TAKEN, _REFUSED = 201, (413, 422)


def run(at: Target, count: int, seed: int = 1) -> Found:
    """Send so many of them, spread over all kinds; a report takes only a few, so one is filed for every few."""
    found, random = Found(), Random(seed)
    all_of_them = list(images.hostile())
    step = max(1, len(all_of_them) // count)
    with httpx2.Client(base_url=at.address, timeout=60) as client:
        for number, (name, picture) in enumerate(all_of_them[::step]):
            headers = target.somewhere(random)
            if number % MOST_PHOTOS == 0:
                receipt = _receipt(client, headers)
            answer = client.post("/api/v1/case/photos", data=receipt, headers=headers,
                                 files={"photo": (f"{number}.jpg", picture, "image/jpeg")})  # fmt: skip
            taken = answer.status_code == _TAKEN
            found.sent["pictures taken and made anew" if taken else "pictures refused"] += 1
            if not taken and answer.status_code not in _REFUSED:
                found.wrong.append(f"{name}: answered {answer.status_code}")
            elif images.MARK in answer.content:
                found.wrong.append(f"{name}: the answer says what is in the picture")
            elif not taken and not answer.json()["problems"]:
                found.wrong.append(f"{name}: refused without a word why")
        if client.get("/").status_code != 200:
            found.wrong.append("the service does not answer any more")
    return found


def _receipt(client: httpx2.Client, headers: dict[str, str]) -> dict[str, str]:
    filed = client.post("/api/v1/reports", json={"kind": "missing", "name": "图片"}, headers=headers)
    filed.raise_for_status()
    return {name: filed.json()[name] for name in ("case_number", "secret")}
