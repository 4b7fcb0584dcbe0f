"""A sighting told of one child's poster that is of another child, for tests."""

from datetime import UTC, date, datetime, timedelta

from reunite.reports import Receipt
from reunite.service import Service
from tests.reunite.hanging import a_poster, a_report, tell

SEEN = {
    "what": "一个约七岁的女孩，穿红裙子，右脸有黑痣，跟着一个老人",
    "place": "河南省郑州市火车站",
    "time": "今天",
}


def today() -> date:
    return datetime.now(UTC).date()


def another_child(service: Service) -> Receipt:
    """A girl who was lost ten days ago in the town where she is seen; not the boy of the poster."""
    return a_report(
        service, name="陈小花", other_names="", sex="female", birth_date=f"{today().year - 7}", marks="右脸黑痣",
        event_date=(today() - timedelta(days=10)).isoformat(), place_event="河南省郑州市", place_home="河南省郑州市",
        clothing="红裙子", relatives="", languages="", memories="",
    )  # fmt: skip


def told_of_another(service: Service) -> tuple[Receipt, Receipt, int]:
    """The report of the poster, the report of the child who was seen, and the sighting."""
    poster, ref = a_poster(service)
    other = another_child(service)
    return poster, other, tell(service, ref, **SEEN)
