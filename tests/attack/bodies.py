"""Hostile JSON bodies to the API, as nobody and with keys: a clear 4xx that echoes nothing, or a report."""

import json
from random import Random

import httpx2

from reunite.submission import COLUMNS
from tests.attack import hostile, target
from tests.attack.target import Target
from tests.attack.walking import Found

_FINE = (200, 201, 401, 403, 404, 409, 413, 415, 422, 429)
_ODD = ("NaN", "-Infinity", "1e999", str(2**63), "true", "null", "[]", "{}", '"\\ud800"', '"\\u0000"', "0.1",
        "[" * 3000, '{"a":' * 500, "'a'", "//", "01", "\ufeff1")  # fmt: skip


def run(at: Target, count: int, seed: int = 1) -> Found:
    """Send so many bodies."""
    found, random = Found(), Random(seed)
    callers = {"nobody": "", **at.keys}
    with httpx2.Client(base_url=at.address, timeout=30) as client:
        for number in range(count):
            caller = random.choice(list(callers))
            headers = target.somewhere(random) | _headers(random, callers[caller])
            own = f"/api/v1/reports/{random.choice(at.case_numbers)}"
            ways = (("POST", "/api/v1/reports"), ("POST", "/api/v1/case"), ("PUT", own), ("PATCH", own),
                    ("POST", f"{own}/messages"), ("PUT", f"{own}/poster"))  # fmt: skip
            method, path = random.choice(ways)
            answer = client.request(method, path, content=_body(random, number), headers=headers)
            found.sent[f"bodies as {caller}"] += 1
            wrong = hostile.leaks(answer.text, answer.headers.get("content-type", ""))
            if answer.status_code not in _FINE:
                wrong = f"answered {answer.status_code}"
            if wrong:
                found.wrong.append(f"{method} {path} as {caller}, body {number} of seed {seed}: {wrong}")
    return found


def _headers(random: Random, key: str) -> dict[str, str]:
    kinds = ("application/json",) * 9 + (
        "text/plain",
        "application/json; charset=utf-7",
        "multipart/form-data",
        "",
    )
    said = {"Content-Type": random.choice(kinds)}
    if random.random() < 0.1:
        said["Idempotency-Key"] = random.choice(("a", "a" * 201, "%00", hostile.MARK, "=1"))
    if key:
        said["Authorization"] = f"Bearer {key}"
    return said


def _body(random: Random, number: int) -> bytes:
    said: dict[str, object] = {
        "kind": random.choice(("missing", "found", hostile.MARK)),
        "source_id": f"B-{number}",
    }
    for _ in range(random.randrange(5)):
        said[random.choice([*COLUMNS, "secret", "case_number"])] = next(hostile.mixtures(random))
    text = json.dumps(said, ensure_ascii=random.random() < 0.5)
    if random.random() < 0.4:
        key = random.choice([*COLUMNS, "kind", f"<{hostile.MARK}>", "__proto__", "\\ud800"])
        text = f'{text[:-1]}, "{key}": {random.choice(_ODD)}}}'
    body = text.encode("utf-8", "surrogatepass")
    if random.random() < 0.15:
        spoilt = bytearray(body)
        for _ in range(random.randrange(1, 8)):
            spoilt[random.randrange(len(spoilt))] = random.randrange(256)
        body = bytes(spoilt[: random.randrange(len(spoilt))])
    return body
