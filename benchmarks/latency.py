"""How long from 'filed' to 'candidate stored', and how fast an import is: the embedded service on a SQLite file.

    python -m benchmarks.latency [--reports 10000] [--times 21]

Imports generated reports of each side, starts the service, lets its worker load the index, files pairs by the API, and
prints the median, the 95th percentile and the slowest; the first report after the start is told apart.
"""

import argparse
import secrets
import statistics
import tempfile
import time
from functools import partial
from pathlib import Path

import httpx2
from sqlalchemy import func, select, update

from benchmarks import generator
from reunite.config import Settings
from reunite.console import import_file
from reunite.service import Service, open_service
from reunite.storage.tables import CandidateRow, MatchJobRow, ReportRow
from tests.processes import command, wait_until


def measure_import(service: Service, folder: Path) -> float:
    """Seconds a side for importing both files."""
    began = time.perf_counter()
    for name in ("missing.csv", "found.csv"):
        import_file(service, folder / name, source="benchmark")
    return (time.perf_counter() - began) / 2


def settle(service: Service) -> None:
    """Call the imported reports matched, so that only what is filed now waits."""
    with service.database.write() as session:
        session.execute(update(MatchJobRow).values(state="done"))


def one_pair(service: Service, address: str, pair: tuple[dict[str, str], dict[str, str]]) -> float:
    """File one side, wait until it is matched, file the other; seconds until their candidate is stored."""
    for number, report in enumerate(pair):
        fields = {name: value for name, value in report.items() if value and name != "source_id"}
        # Each from an address of its own: more than thirty an hour from one would be taken more slowly.
        headers = {"X-Forwarded-For": f"192.0.{secrets.randbelow(256)}.{secrets.randbelow(256)}"}
        answer = httpx2.post(f"{address}/api/v1/reports", json=fields, headers=headers).raise_for_status()
        number_of = answer.json()["case_number"]
        filed = time.perf_counter()
        wait_until(partial(_matched, service, number_of), pause=0.002)
        if number == 1:
            return time.perf_counter() - filed
    raise AssertionError


def _matched(service: Service, case_number: str) -> bool:
    with service.database.read() as session:
        query = select(MatchJobRow.state).join(ReportRow, ReportRow.id == MatchJobRow.report_id)
        return session.scalar(query.where(ReportRow.case_number == case_number)) == "done"


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Measure import and the time to a stored candidate.")
    parser.add_argument("--reports", type=int, default=10_000, help="reports on each side")
    parser.add_argument("--times", type=int, default=21, help="pairs filed after the first")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        settings = Settings(data_dir=Path(scratch) / "data", port=0, trusted_proxies="127.0.0.1")
        service = open_service(settings)
        generator.write(
            generator.generate(given.reports, given.reports, given.reports // 5, 1, "judge"), Path(scratch)
        )
        per_side = measure_import(service, Path(scratch))
        print(f"import: {given.reports} rows in {per_side:.1f} s ({given.reports / per_side:.0f} rows/s)")
        settle(service)
        fresh = generator.generate(given.times + 1, given.times + 1, given.times + 1, 2, "demo")
        by_id = {row["source_id"]: row for row in (*fresh.missing, *fresh.found)}
        pairs = [(by_id[missing], by_id[found]) for missing, found in fresh.truth]
        with command(settings, "-m", "reunite", "serve") as server:
            address = server.wait_for(r"Reunite is at (http://\S+)")[1]
            started = time.perf_counter()
            server.wait_for("worker_ready")
            print(f"worker ready {time.perf_counter() - started:.1f} s after the first page")
            first, *seconds = [one_pair(service, address, pair) for pair in pairs]
        with service.database.read() as session:
            stored = session.scalars(select(func.count()).select_from(CandidateRow)).one()
        service.close()
    p95 = statistics.quantiles(seconds, n=20)[-1]
    print(f"filed to candidate stored, {given.reports} reports a side: first after the start {first:.3f} s, then "
          f"median {statistics.median(seconds):.3f} s, p95 {p95:.3f} s, slowest {max(seconds):.3f} s "
          f"({len(seconds)} times, {stored} candidates)")  # fmt: skip


if __name__ == "__main__":
    main()
