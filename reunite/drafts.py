"""Reports that are being written: kept for seven days, sealed with a key that only the family's code gives.

The database holds a keyed hash of the code and what is sealed; who has the database and the key file but no code opens
nothing. When a draft is filed its words and photos go in the same transaction; the receipt takes their place for some
minutes, so that a second tap on the button shows the same receipt and files nothing.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from reunite import receipts
from reunite.keys import Keys, opened_with, sealed_with
from reunite.photos import MOST_PHOTOS
from reunite.problems import Conflict, NotFound
from reunite.reports import Receipt
from reunite.sanitising import CleanPhoto
from reunite.storage.clock import now
from reunite.storage.draft_tables import DraftPhotoRow, DraftRow

KEPT = timedelta(days=7)
SHOWN_AGAIN = timedelta(minutes=10)
_LENGTH = 4


@dataclass(frozen=True, slots=True)
class DraftPhoto:
    """A photo of a draft under its name in forms."""

    ref: str
    photo: CleanPhoto


@dataclass(frozen=True, slots=True)
class Draft:
    """What was written so far, as it was typed; `receipt` is there, and nothing else, once it is filed."""

    kind: str
    fields: dict[str, str]
    receipt: Receipt | None = None


def begin(session: Session, keys: Keys, kind: str, fields: Mapping[str, str]) -> str:
    """Keep a new draft; gives its code, which is stored nowhere."""
    code = receipts.new_code()
    row = DraftRow(code_hash=_hash(keys, code), sealed=b"", expires_at=now(session) + KEPT)
    row.sealed = _seal(keys, code, {"kind": kind, "fields": dict(fields)})
    session.add(row)
    return code


def find(session: Session, keys: Keys, code: str, *, lock: bool = False) -> Draft | None:
    """The draft of this code, locked if asked; None where there is none (any more)."""
    row = _row(session, keys, code, lock=lock)
    return _read(keys, code, row) if row else None


def keep(session: Session, keys: Keys, code: str, kind: str, fields: Mapping[str, str]) -> bool:
    """Keep what is written now, for another seven days; False where there is no such draft to be written on."""
    row = _row(session, keys, code, lock=True)
    if row is None or _read(keys, code, row).receipt is not None:
        return False
    row.sealed = _seal(keys, code, {"kind": kind, "fields": dict(fields)})
    row.expires_at = now(session) + KEPT
    return True


def close(session: Session, keys: Keys, code: str, receipt: Receipt) -> None:
    """The draft is filed: nothing of it stays but the receipt, for some minutes."""
    row = _row(session, keys, code)
    if row is not None:
        said = {"case_number": receipt.case_number, "secret": receipt.secret, "report_id": receipt.report_id}
        row.sealed = _seal(keys, code, {"kind": "", "receipt": said})
        row.expires_at = now(session) + SHOWN_AGAIN
        session.execute(delete(DraftPhotoRow).where(DraftPhotoRow.code_hash == row.code_hash))


def erase(session: Session, keys: Keys, code: str) -> None:
    """Erase the draft, where there is one."""
    session.execute(delete(DraftRow).where(DraftRow.code_hash == _hash(keys, code)))


def forget_old(session: Session) -> None:
    """Erase the drafts whose time is over."""
    session.execute(delete(DraftRow).where(DraftRow.expires_at <= now(session)))


def add_photo(session: Session, keys: Keys, code: str, photo: CleanPhoto) -> None:
    """Keep a cleaned photo with the draft; the same again adds nothing. Raises NotFound without a draft, Conflict where
    there are as many as a report may have."""
    row = _row(session, keys, code, lock=True)
    if row is None:
        raise NotFound
    known = photos(session, keys, code)
    if any(one.photo.photo == photo.photo for one in known):
        return
    if len(known) >= MOST_PHOTOS:
        raise Conflict("A report has at most six photos. Remove one before you add another.")
    ref = secrets.token_urlsafe(18)
    session.add(
        DraftPhotoRow(
            code_hash=row.code_hash, ref=ref, sealed=sealed_with(_key(keys, code), ref, _pack(photo))
        )
    )


def photos(session: Session, keys: Keys, code: str) -> list[DraftPhoto]:
    """The draft's photos in the order they came."""
    query = (
        select(DraftPhotoRow).where(DraftPhotoRow.code_hash == _hash(keys, code)).order_by(DraftPhotoRow.id)
    )
    return [DraftPhoto(row.ref, _unpack(opened_with(_key(keys, code), row.ref, row.sealed)))
            for row in session.scalars(query)]  # fmt: skip


def remove_photo(session: Session, keys: Keys, code: str, ref: str) -> None:
    """Take a photo away from the draft, where it has one of this name."""
    of_it = (DraftPhotoRow.code_hash == _hash(keys, code), DraftPhotoRow.ref == ref)
    session.execute(delete(DraftPhotoRow).where(*of_it))


def _row(session: Session, keys: Keys, code: str, *, lock: bool = False) -> DraftRow | None:
    query = select(DraftRow).where(
        DraftRow.code_hash == _hash(keys, code), DraftRow.expires_at > now(session)
    )
    return session.scalars(query.with_for_update() if lock else query).one_or_none()


def _read(keys: Keys, code: str, row: DraftRow) -> Draft:
    said = json.loads(opened_with(_key(keys, code), "draft", row.sealed))
    receipt = Receipt(**said["receipt"]) if "receipt" in said else None
    return Draft(said["kind"], said.get("fields", {}), receipt)


def _hash(keys: Keys, code: str) -> str:
    return keys.mac("draft", receipts.plain(code))


def _key(keys: Keys, code: str) -> bytes:
    return bytes.fromhex(keys.mac("draft-key", receipts.plain(code)))


def _seal(keys: Keys, code: str, said: Mapping[str, object]) -> bytes:
    return sealed_with(_key(keys, code), "draft", json.dumps(said, ensure_ascii=False).encode())


def _pack(photo: CleanPhoto) -> bytes:
    about = json.dumps([photo.width, photo.height, photo.fingerprint, len(photo.photo)]).encode()
    return len(about).to_bytes(_LENGTH, "big") + about + photo.photo + photo.preview


def _unpack(plain: bytes) -> CleanPhoto:
    start = _LENGTH + int.from_bytes(plain[:_LENGTH], "big")
    width, height, fingerprint, size = json.loads(plain[_LENGTH:start])
    return CleanPhoto(plain[start : start + size], plain[start + size :], width, height, fingerprint)
