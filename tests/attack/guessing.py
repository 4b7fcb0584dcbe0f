"""Guessers at full speed: passwords and receipts; and how long an honest visitor waits meanwhile."""

import re
import secrets
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from random import Random

import httpx2

from reunite.policy import Role
from tests.attack import target
from tests.attack.target import ROOT, Target
from tests.attack.walking import Found

_GUESSERS = 2
_VISITS_A_SECOND = 10


def passwords(at: Target, count: int) -> Found:
    """So many wrong passwords for an account that is there, each from another address: none begins a session."""
    found, random = Found(), Random(1)
    with httpx2.Client(base_url=at.address, timeout=60) as client:
        token = target.sign_in(client, None).field("/language", "csrf")
        for number in range(count):
            said = {
                "csrf": token,
                "email": target.email(Role.VOLUNTEER),
                "password": f"guess number {number}",
            }
            answer = client.post("/sign-in", data=said, headers=target.somewhere(random))
            found.sent["passwords"] += 1
            if answer.status_code not in (403, 409, 429) or "session=" in answer.headers.get(
                "set-cookie", ""
            ):
                found.wrong.append(f"password {number}: answered {answer.status_code}")
    return found


@dataclass
class Measured:
    """Answers that guessers got, by status, and waiting times of an honest visitor in milliseconds."""

    answers: Counter[str] = field(default_factory=Counter)
    quiet_p95: float = 0.0
    busy_p95: float = 0.0


def receipts(at: Target, seconds: int) -> Measured:
    """Guess receipts of cases that are there for so long, half from one address and half from ever new ones, each
    guesser a process of its own; an honest visitor looks at pages before and meanwhile."""
    made = Measured(quiet_p95=_p95(at, seconds / 3))
    guessers = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.attack.guessing", at.address, str(seconds), str(number), *at.case_numbers],
            cwd=ROOT, stdout=subprocess.PIPE, text=True,
        )
        for number in range(_GUESSERS)
    ]  # fmt: skip
    made.busy_p95 = _p95(at, seconds - 1)
    for guesser in guessers:
        said, _ = guesser.communicate(timeout=60)
        assert guesser.returncode == 0
        made.answers.update({status: int(count) for status, count in re.findall(r"(\d+) (\d+)", said)})
    return made


def _p95(at: Target, seconds: float) -> float:
    waited, ends = [], time.monotonic() + seconds
    with httpx2.Client(base_url=at.address, timeout=60) as client:
        while time.monotonic() < ends:
            for path in ("/", "/report/missing", "/case"):
                began = time.monotonic()
                assert client.get(path).status_code == 200
                waited.append((time.monotonic() - began) * 1000)
                time.sleep(1 / _VISITS_A_SECOND)
    return sorted(waited)[int(len(waited) * 0.95)]


def _guess(address: str, seconds: float, own_address: bool, numbers: list[str]) -> Counter[int]:
    answers: Counter[int] = Counter()
    random, ends = Random(secrets.randbits(64)), time.monotonic() + seconds
    headers = target.somewhere(random)
    with httpx2.Client(base_url=address, timeout=60) as client:
        while time.monotonic() < ends:
            secret = "-".join(secrets.token_hex(2).upper() for _ in range(6))
            case = {"case_number": random.choice(numbers), "secret": secret}
            headers = headers if own_address else target.somewhere(random)
            answers[client.post("/api/v1/case", json=case, headers=headers).status_code] += 1
    return answers


if __name__ == "__main__":
    where, how_long, which, *known = sys.argv[1:]
    for status, times in _guess(where, float(how_long), which == "0", known).items():
        print(status, times)
