"""Whether the time of an answer tells what the answer itself does not: an account, a case number that exists.

    python -m benchmarks.timing [--tries 500]

Over a real server; both kinds are asked in turn, so that whatever else the machine does hits both alike. The
Mann–Whitney test asks whether one kind tends to be slower; each try has an address of its own, because of the limits.
"""

import argparse
import math
import re
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx2

from reunite import accounts, passwords
from reunite.config import Settings
from reunite.policy import Role
from reunite.service import open_service
from tests.processes import command

_WARM_UP = 20
_CHANCE = 0.01
_REPORT = {"kind": "missing", "name": "王小明", "sex": "male", "birth_date": "1998", "place_event": "成都",
           "reporter_name": "王", "reporter_phone": "13800000000"}  # fmt: skip
Ask = Callable[[int], httpx2.Response]


@dataclass(frozen=True, slots=True)
class Compared:
    """Medians of both kinds in milliseconds, and how probable such a difference is by chance alone."""

    what: str
    first_ms: float
    second_ms: float
    p: float


def mann_whitney(first: Sequence[float], second: Sequence[float]) -> float:
    """The two-sided probability by the normal approximation, ties given their mean rank (Mann and Whitney, 1947)."""
    both = sorted([(value, 0) for value in first] + [(value, 1) for value in second])
    ranks, start = 0.0, 0
    while start < len(both):
        end = start
        while end < len(both) and both[end][0] == both[start][0]:
            end += 1
        ranks += (start + 1 + end) / 2 * sum(1 for _, kind in both[start:end] if kind == 0)
        start = end
    n, m = len(first), len(second)
    u = ranks - n * (n + 1) / 2
    z = (u - n * m / 2) / math.sqrt(n * m * (n + m + 1) / 12)
    return math.erfc(abs(z) / math.sqrt(2))


def compare(what: str, tries: int, first: Ask, second: Ask) -> Compared:
    """Ask both in turn, in changing order."""
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(-_WARM_UP, tries):
        for kind in (0, 1) if number % 2 else (1, 0):
            began = time.perf_counter()
            answer = (first, second)[kind](2 * number + kind)
            took = (time.perf_counter() - began) * 1000
            if answer.status_code == 429:
                raise SystemExit(f"{what}: a limit answered")
            if number >= 0:
                times[kind].append(took)
    found = Compared(what, statistics.median(times[0]), statistics.median(times[1]), mann_whitney(*times))
    print(f"{what}: {found.first_ms:.2f} | {found.second_ms:.2f} ms, p = {found.p:.3f}", flush=True)
    return found


def measure(address: str, known: Sequence[str], tries: int) -> list[Compared]:
    """All three questions to a running server; `known` are as many accounts as keep the throttle silent."""
    with httpx2.Client(base_url=address, timeout=60) as client:
        number = client.post("/api/v1/reports", json=_REPORT).raise_for_status().json()["case_number"]
        page = client.get("/sign-in").text
        csrf = re.findall(r'name="csrf" value="([0-9a-f]+)"', page)[0]

        def post(path: str, at: int, **said: str) -> httpx2.Response:
            at += 1_000_000 + 10_000 * len(path)
            headers = {"X-Forwarded-For": f"10.{at >> 16 & 255}.{at >> 8 & 255}.{at & 255}"}
            body = {"json": said} if path.startswith("/api/") else {"data": {**said, "csrf": csrf}}
            return client.post(path, headers=headers, **body)

        def sign_in(at: int, email: str) -> httpx2.Response:
            return post("/sign-in", at, email=email, password="not the password")  # noqa: S106

        def case(path: str, number: str) -> Ask:
            return lambda at: post(path, at, case_number=number, secret="0" * 24)

        found = [
            compare(
                "POST /sign-in: known | unknown account", tries,
                lambda at: sign_in(at, known[at // 2 % len(known)]),
                lambda at: sign_in(at, "no" + known[at // 2 % len(known)]),
            )
        ]  # fmt: skip
        unknown = "M-0000-0000"
        for path in ("/api/v1/case", "/case"):
            found.append(
                compare(
                    f"POST {path}: right | unknown number", tries, case(path, number), case(path, unknown)
                )
            )
    return found


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--tries", type=int, default=500, help="tries of each kind")
    tries = parser.parse_args().tries
    with tempfile.TemporaryDirectory() as scratch:
        settings = Settings(data_dir=Path(scratch) / "data", port=0, trusted_proxies="127.0.0.1")
        service = open_service(settings)
        # Four wrong passwords are free for an account.
        known = [f"known{number}@example.invalid" for number in range((tries + _WARM_UP) // 4 + 1)]
        password_hash = passwords.hashed("what nobody guesses here")
        with service.database.write() as session:
            for email in known:
                accounts.add(session, service.keys, actor="bench", email=email, name="Known", role=Role.VOLUNTEER,
                             password_hash=password_hash)  # fmt: skip
        service.close()
        with command(settings, "-m", "reunite", "serve") as server:
            found = measure(server.wait_for(r"Reunite is at (http://\S+)")[1], known, tries)
    print(
        f"{sum(one.p < _CHANCE for one in found)} of {len(found)} differ more than chance explains (p < {_CHANCE})"
    )


if __name__ == "__main__":
    main()
