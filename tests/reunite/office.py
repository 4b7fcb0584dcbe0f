"""People who work on reports, for tests of what they do with them: a coordinator, two volunteers, an officer."""

from typing import Any

from sqlalchemy import func, select

from reunite import (
    accounts,
    candidates,
    confirmations,
    duplicates,
    erasure,
    queues,
    reports,
    reviews,
    submission,
)
from reunite.actors import Staff
from reunite.policy import Role
from reunite.reports import Receipt
from reunite.service import Service
from reunite.storage.search_tables import MergeRow
from reunite.storage.tables import CandidateRow, ReportRow
from tests.factory import report_fields
from tests.reunite.ranked import ranked

WHY = "the same telephone, and the mother says so"
DNA = {"outcome": "confirmed", "basis": "dna", "reference": "DNA 1"}


class Office:
    """A coordinator, two volunteers and an officer, and what they do with reports."""

    def __init__(self, service: Service) -> None:
        self.service = service
        roles = {
            "coordinator": Role.COORDINATOR,
            "one": Role.VOLUNTEER,
            "two": Role.VOLUNTEER,
            "officer": Role.POLICE,
        }
        with service.database.write() as session:
            self.who: dict[str, Staff] = {
                name: accounts.add(session, service.keys, actor="test", email=f"{name}@example.invalid", name=name,
                                   role=role, password_hash="-")
                for name, role in roles.items()
            }  # fmt: skip

    def file(self, kind: str = "missing", **changes: str) -> Receipt:
        with self.service.database.write() as session:
            said = submission.parse(report_fields(kind, **changes))
            return reports.file(session, self.service.keys, said, actor="family")

    def pair(self, missing: Receipt, found: Receipt, total: float = 2.0) -> str:
        with self.service.database.write() as session:
            kept = candidates.pairs_of(session, [missing.report_id])[missing.report_id]
            suggestion = candidates.Suggestion(
                missing.report_id, "missing", 1, "test", (ranked(found.report_id, total),)
            )
            assert found.report_id not in kept
            candidates.store(session, [suggestion], {found.report_id: 1}, 0.0)
            both = CandidateRow.missing_id == missing.report_id, CandidateRow.found_id == found.report_id
            return session.scalars(select(CandidateRow.ref).where(*both)).one()

    def tie(self, one: Receipt, kept: Receipt, who: str = "coordinator", why: str = WHY) -> None:
        with self.service.database.write() as session:
            numbers = one.case_number, kept.case_number
            duplicates.tie(session, self.service.keys, self.who[who], *numbers, kept.case_number, why)

    def untie(self, one: Receipt) -> None:
        with self.service.database.write() as session:
            duplicates.untie(session, self.service.keys, self.who["coordinator"], one.case_number)

    def queue(self, who: str = "one") -> list[str]:
        with self.service.database.read() as session:
            found = queues.queue(session, self.service.keys, self.who[who])
            assert len(found) == queues.queue_size(session, self.who[who])
        return [item.ref for item in found]

    def refer(self, ref: str, verdict: str = "plausible") -> None:
        for name in ("one", "two"):
            with self.service.database.write() as session:
                reviews.claim(session, self.service.keys, self.who[name], ref, 30)
                reviews.judge(session, self.service.keys, self.who[name], ref, verdict, "marks agree")

    def decide(self, ref: str, **said: Any) -> None:
        with self.service.database.write() as session:
            confirmations.decide(session, self.service.keys, self.who["officer"], ref, **{**DNA, **said})

    def step(self, receipt: Receipt) -> str:
        with self.service.database.read() as session:
            said = reports.status(session, self.service.keys, receipt.case_number, receipt.secret)
        assert said is not None
        return said.step

    def state(self, receipt: Receipt) -> str:
        with self.service.database.read() as session:
            return session.get_one(ReportRow, receipt.report_id).state

    def erase(self, receipt: Receipt) -> None:
        ledger = erasure.Ledger(self.service.settings.data_dir, self.service.keys)
        with self.service.database.write() as session:
            assert erasure.by_receipt(session, self.service.keys, ledger, receipt.case_number, receipt.secret)

    def withdraw(self, receipt: Receipt) -> None:
        with self.service.database.write() as session:
            assert reports.withdraw(session, self.service.keys, receipt.case_number, receipt.secret)

    def rows(self) -> int:
        with self.service.database.read() as session:
            return session.scalars(select(func.count()).select_from(MergeRow)).one()

    def possible(self, receipt: Receipt, who: str = "coordinator") -> dict[str, tuple[str, ...]]:
        with self.service.database.read() as session:
            found = duplicates.possible(session, self.service.keys, self.who[who], receipt.case_number)
        return {one.case_number: one.signs for one in found}
