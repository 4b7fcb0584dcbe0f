"""Reports that many people file at the same moment share one transaction, as databases share one write to the disk
among many commits (group commit).

Who comes while another is filing waits, and the next to have a turn files all who wait. Nobody is answered before the
commit that holds their report, and what is wrong with one report is no matter of those beside it.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from reunite import filing, floods, receipts, reports
from reunite.actors import FAMILY
from reunite.floods import Sender
from reunite.keys import Keys
from reunite.reports import Receipt
from reunite.storage.session import Database
from reunite.storage.tables import IdempotencyRow
from reunite.submission import Submission

MOST = 64
"""How many are filed at once at most, so that nobody waits long for strangers' reports."""


@dataclass(eq=False, slots=True)
class _Arrived:
    """A report that waits to be filed, and then its answer: a receipt, or why there is none."""

    told: Submission
    sender: Sender
    idempotency_key: str | None
    receipt: Receipt | None = None
    error: Exception | None = None

    @property
    def answered(self) -> bool:
        return self.receipt is not None or self.error is not None


class Intake:
    """Files what families send; for all threads of one process. `rung` is called after each commit."""

    def __init__(self, database: Database, keys: Keys, rung: Callable[[], None]) -> None:
        self._database, self._keys, self._rung = database, keys, rung
        self._waiting: list[_Arrived] = []
        self._guard, self._turn = threading.Lock(), threading.Lock()

    def file(self, told: Submission, sender: Sender, *, idempotency_key: str | None = None) -> Receipt:
        """Store the report as `reports.file` does, with what tells a copy or a flood; returns after the commit. Raises
        what `reports.file` raises."""
        mine = _Arrived(told, sender, idempotency_key)
        with self._guard:
            self._waiting.append(mine)
        with self._turn:
            while not mine.answered:  # those who came before are filed before
                with self._guard:
                    batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                self._file(batch)
        if mine.receipt is None:
            assert mine.error is not None  # noqa: S101 - whoever files a batch answers all of it
            raise mine.error
        return mine.receipt

    def _file(self, batch: Sequence[_Arrived]) -> None:
        """Answer all of them: together, and each by itself where that does not go well."""
        try:
            alone = self._together(batch)
        except OperationalError as error:
            # The database is away or its disk is full: asking it again for each would keep all waiting.
            for one in batch:
                one.error = error
            return
        except Exception:
            alone = batch
        for one in alone:
            self._alone(one)
        self._rung()

    def _together(self, batch: Sequence[_Arrived]) -> Sequence[_Arrived]:
        """File those that are new in one transaction; gives the others."""
        with self._database.write() as session:
            repeated = self._repeated(session, batch)
            new = [one for one in batch if one not in repeated]
            given = self._new(session, new) if new else []
        for one, receipt in zip(new, given, strict=True):
            one.receipt = receipt
        return repeated

    def _repeated(self, session: Session, batch: Sequence[_Arrived]) -> list[_Arrived]:
        """Those whose key was used before, or by one before them in the batch."""
        hashes = {one: self._hashes(one)[0] for one in batch if one.idempotency_key is not None}
        query = select(IdempotencyRow.key_hash).where(IdempotencyRow.key_hash.in_(set(hashes.values())))
        used, repeated = set(session.scalars(query)) if hashes else set(), []
        for one, key_hash in hashes.items():
            if key_hash in used:
                repeated.append(one)
            used.add(key_hash)
        return repeated

    def _new(self, session: Session, batch: Sequence[_Arrived]) -> list[Receipt]:
        secrets = [self._secret(one) for one in batch]
        told = [one.told for one in batch]
        filed = filing.insert(session, self._keys, list(zip(told, secrets, strict=True)))
        for one, report in zip(batch, filed, strict=True):
            if one.idempotency_key is not None:
                key_hash, body_hash = self._hashes(one)
                session.add(IdempotencyRow(key_hash=key_hash, body_hash=body_hash, report_id=report.id,
                                           created_at=report.filed_at))  # fmt: skip
        noted = [(report.id, one.told, one.sender) for one, report in zip(batch, filed, strict=True)]
        floods.note_each(session, self._keys, noted)
        filing.note(session, self._keys, filed, actor=FAMILY)
        pairs = zip(filed, secrets, strict=True)
        return [Receipt(report.case_number, secret, report.id) for report, secret in pairs]

    def _alone(self, one: _Arrived) -> None:
        try:
            with self._database.write() as session:
                receipt = reports.file(
                    session, self._keys, one.told, actor=FAMILY, idempotency_key=one.idempotency_key,
                    beside=lambda id: floods.note(session, self._keys, id, one.told, one.sender),
                )  # fmt: skip
            one.receipt = receipt
        except Exception as error:
            one.error = error

    def _secret(self, one: _Arrived) -> str:
        if one.idempotency_key is None:
            return receipts.new_secret()
        return receipts.secret_for(self._keys, *self._hashes(one))

    def _hashes(self, one: _Arrived) -> tuple[str, str]:
        return reports.repeat_hashes(self._keys, one.told, FAMILY, one.idempotency_key or "")
