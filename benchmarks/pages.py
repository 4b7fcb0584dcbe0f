"""How long the pages of volunteers and coordinators take on a full database: a real server on SQLite, warm.

    python -m benchmarks.pages [--copies 50] [--times 200]

Files and matches 2,000 generated reports of each side, then copies reports and candidates in the database so often
(50 copies: 100,000 reports of each side), signs in, and opens pages one after the other over one connection. Prints the
median and the 95th percentile in milliseconds.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import cycle
from pathlib import Path

import httpx2
import numpy as np
from sqlalchemy import func, select, text

from benchmarks import generator
from reunite import demo
from reunite.config import Settings
from reunite.console import import_file
from reunite.policy import Role
from reunite.service import Service, open_service
from reunite.storage.tables import CandidateRow
from tests.processes import command, environment
from tests.visitor import Visitor

_REPORTS = 2000
_WARM = 10
_SERIES = "WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < :copies - 1) "
# What is sealed is not copied: a copy has no contact and no whereabouts, and is opened like any other report.
_COPIED = (
    "INSERT INTO report (id, case_number, kind, state, rev, change_no, person, language, secret_hash, filed_at,"
    " changed_at, kept_from, do_not_disclose) SELECT id + n * :step, 'X' || (id + n * :step), kind, state, rev,"
    " change_no, person, language, secret_hash, filed_at, changed_at, kept_from, do_not_disclose FROM report, series",
    # Without its job a report would be matched again, beside what is measured.
    "INSERT INTO match_job (report_id, rev, engine_version, state, bulk, attempts, due) SELECT report_id + n * :step,"
    " rev, engine_version, state, bulk, attempts, due FROM match_job, series",
    "INSERT INTO report_region (report_id, province) SELECT report_id + n * :step, province FROM report_region, series",
    "INSERT INTO search_key (key, report_id) SELECT key, report_id + n * :step FROM search_key, series",
    "INSERT INTO candidate (missing_id, found_id, ref, missing_rev, found_rev, engine_version, prior, total,"
    " probability, evidence, born, current, stage, created_at, updated_at) SELECT missing_id + n * :step,"
    " found_id + n * :step, ref || '-' || n, missing_rev, found_rev, engine_version, prior, total,"
    " probability * (1 - n / 1000.0), evidence, born, current, stage, created_at, updated_at FROM candidate, series",
)


def fill(service: Service, folder: Path, copies: int) -> None:
    """File and match the reports, and copy them."""
    generator.write(generator.generate(_REPORTS, _REPORTS, _REPORTS // 2, 1, "judge"), folder)
    for name in ("missing.csv", "found.csv"):
        import_file(service, folder / name, source="benchmark")
    matched = [sys.executable, "-m", "reunite", "worker", "--until-empty"]
    subprocess.run(matched, env=environment(service.settings), capture_output=True, check=True)
    with service.database.write() as session:
        for statement in _COPIED:
            into, _, chosen = statement.partition(" SELECT ")
            session.execute(
                text(f"{into} {_SERIES} SELECT {chosen}"), {"copies": copies, "step": 2 * _REPORTS}
            )


def timed(times: int, ask: Callable[[], httpx2.Response]) -> tuple[float, float]:
    """Median and 95th percentile of so many answers, in milliseconds."""
    took = []
    for number in range(-_WARM, times):
        began = time.perf_counter()
        answer = ask()
        if answer.status_code != 200:
            raise SystemExit(f"{answer.url}: answered {answer.status_code}")
        if number >= 0:
            took.append((time.perf_counter() - began) * 1000)
    p50, p95 = np.percentile(took, (50, 95))
    return float(p50), float(p95)


def measure(address: str, shown: demo.Shown, times: int) -> None:
    """Print the table of one role."""
    with httpx2.Client(base_url=address, timeout=60) as client:
        visitor = Visitor(client).sign_in(shown.email, shown.password, *shown.codes[:1])
        pages = [client.get(f"/queue?start={start}").text for start in (0, 30, 60, 3000)]
        refs = [link for page in pages for link in re.findall(r'href="(/candidates/[^"]+)"', page)]
        walked = cycle(refs)
        asked: dict[str, Callable[[], httpx2.Response]] = {
            "queue": lambda: client.get("/queue"),
            "queue, from 10 to 50 %, of one province": lambda: client.get(
                "/queue?strength=likely&region=510000"
            ),
            "queue, those under 7": lambda: client.get("/queue?age=small"),
            "queue, the grown up": lambda: client.get("/queue?age=grown"),
            "queue, page 100": lambda: client.get("/queue?start=3000"),
            "comparison": lambda: client.get(next(walked)),
        }
        if shown.role is Role.COORDINATOR:
            csrf = re.findall(r'name="csrf" value="([0-9a-f]+)"', visitor.open("/search").page.text)[0]
            asked["board"] = lambda: client.get("/board")
            asked["search for a name"] = lambda: client.post("/search", data={"csrf": csrf, "name": "王小明"})
        for what, ask in asked.items():
            p50, p95 = timed(times, ask)
            print(f"| {shown.role} | {what} | {p50:.1f} | {p95:.1f} |", flush=True)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument(
        "--copies", type=int, default=50, help="how often the 2,000 reports of each side are there"
    )
    parser.add_argument("--times", type=int, default=200, help="how often each page is opened")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        settings = Settings(data_dir=Path(scratch) / "data", port=0, opened_per_hour=10_000)
        service = open_service(settings)
        staff = demo.make_staff(service)
        fill(service, Path(scratch), given.copies)
        with service.database.read() as session:
            candidates = session.scalars(select(func.count()).select_from(CandidateRow)).one()
        print(f"{given.copies * _REPORTS} reports of each side, {candidates} candidates\n")
        print("| who | page | p50 ms | p95 ms |\n| --- | --- | ---: | ---: |")
        with command(settings, "-m", "reunite", "serve") as server:
            address = server.wait_for(r"Reunite is at (http://\S+)")[1]
            for role in (Role.VOLUNTEER, Role.COORDINATOR):
                measure(address, next(one for one in staff if one.role is role), given.times)
        service.close()


if __name__ == "__main__":
    main()
