"""Drafts: opened by their code alone, filed whole, gone when their time is over."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from reunite import drafts
from reunite.problems import Conflict, NotFound
from reunite.receipts import ALPHABET
from reunite.reports import Receipt
from reunite.sanitising import CleanPhoto
from reunite.service import Service
from reunite.storage.clock import now
from reunite.storage.draft_tables import DraftPhotoRow, DraftRow
from workers.drain import Drain

WRITTEN = {"name": "李晓明", "birth_date": "when the plums were ripe"}


def photo(number: int = 1) -> CleanPhoto:
    return CleanPhoto(b"\xff\xd8photo%d" % number, b"\xff\xd8small", 40, 30, f"{number:016x}")


@pytest.fixture
def code(service: Service) -> str:
    with service.database.write() as session:
        return drafts.begin(session, service.keys, "missing", WRITTEN)


def find(service: Service, code: str) -> drafts.Draft | None:
    with service.database.read() as session:
        return drafts.find(session, service.keys, code)


def count(service: Service, table: type) -> int:
    with service.database.read() as session:
        return session.scalars(select(func.count()).select_from(table)).one()


def test_a_draft_opens_by_its_code_however_it_is_typed(service: Service, code: str) -> None:
    assert len(code.replace("-", "")) == 16, "80 bits"
    for typed in (code, code.lower(), code.replace("-", " "), code.replace("0", "O").replace("1", "l")):
        assert find(service, typed) == drafts.Draft("missing", WRITTEN)


def test_every_other_code_opens_nothing(service: Service, code: str) -> None:
    last = next(one for one in ALPHABET if one != code[-1])
    for wrong in ("", code[:-1], code[:-1] + last, "0" * 16, "x" * 5000, "\U0001f600"):
        assert find(service, wrong) is None


def test_neither_the_words_nor_the_code_are_in_the_database(service: Service, code: str) -> None:
    with service.database.write() as session:
        drafts.add_photo(session, service.keys, code, photo())
    with service.database.read() as session:
        rows = [*session.scalars(select(DraftRow)), *session.scalars(select(DraftPhotoRow))]
    stored = " ".join(str(vars(row)) for row in rows)
    for word in ("李晓明", "plums", code, code.replace("-", ""), "photo1", "missing"):
        assert word not in stored


def test_what_is_written_later_takes_the_place_of_what_was(service: Service, code: str) -> None:
    with service.database.write() as session:
        assert drafts.keep(session, service.keys, code, "missing", {"name": "李明"})
    assert find(service, code) == drafts.Draft("missing", {"name": "李明"})
    with service.database.write() as session:
        assert not drafts.keep(session, service.keys, "0000-0000-0000-0000", "missing", {"name": "李明"})


def test_a_filed_draft_holds_nothing_but_its_receipt_for_some_minutes(service: Service, code: str) -> None:
    receipt = Receipt("M-0000-0000", "a secret", 7)
    with service.database.write() as session:
        drafts.add_photo(session, service.keys, code, photo())
        drafts.close(session, service.keys, code, receipt)
    assert find(service, code) == drafts.Draft("", {}, receipt)
    assert count(service, DraftPhotoRow) == 0
    with service.database.write() as session:
        assert not drafts.keep(session, service.keys, code, "missing", WRITTEN), "it is written on no more"
        later = now(session) + drafts.SHOWN_AGAIN
        assert session.scalars(select(DraftRow.expires_at)).one() <= later


def test_a_draft_is_gone_after_seven_days_and_the_worker_erases_it(service: Service, code: str) -> None:
    with service.database.write() as session:
        drafts.add_photo(session, service.keys, code, photo())
        assert session.scalars(select(DraftRow.expires_at)).one() - now(session) > timedelta(days=6.9)
        session.execute(update(DraftRow).values(expires_at=now(session)))
    assert find(service, code) is None, "before it is erased, too"
    Drain(service).housekeeping()
    assert count(service, DraftRow) == count(service, DraftPhotoRow) == 0


def test_erasing_takes_the_photos_too_and_no_other_draft(service: Service, code: str) -> None:
    with service.database.write() as session:
        other = drafts.begin(session, service.keys, "found", {})
        for one in (code, other):
            drafts.add_photo(session, service.keys, one, photo())
        drafts.erase(session, service.keys, code)
    assert find(service, code) is None
    assert find(service, other) is not None
    assert count(service, DraftPhotoRow) == 1


def test_photos_come_back_as_they_were_the_same_once_and_no_more_than_six(
    service: Service, code: str
) -> None:
    with service.database.write() as session:
        for number in (1, 1, 2, 3, 4, 5, 6):
            drafts.add_photo(session, service.keys, code, photo(number))
        kept = drafts.photos(session, service.keys, code)
        assert [one.photo for one in kept] == [photo(number) for number in range(1, 7)]
        with pytest.raises(Conflict, match="at most six"):
            drafts.add_photo(session, service.keys, code, photo(7))
        drafts.remove_photo(session, service.keys, code, kept[0].ref)
        drafts.remove_photo(session, service.keys, code, "no such")
        assert len(drafts.photos(session, service.keys, code)) == 5
        with pytest.raises(NotFound):
            drafts.add_photo(session, service.keys, "0000-0000-0000-0000", photo())


def test_a_photo_of_one_draft_is_none_of_another(service: Service, code: str) -> None:
    with service.database.write() as session:
        drafts.add_photo(session, service.keys, code, photo())
        other = drafts.begin(session, service.keys, "missing", {})
        [mine] = drafts.photos(session, service.keys, code)
        drafts.remove_photo(session, service.keys, other, mine.ref)
        assert len(drafts.photos(session, service.keys, code)) == 1
