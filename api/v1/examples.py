"""Examples of the OpenAPI document, Chinese and English, all invented; the service takes every body as it stands."""

from typing import Any

CASE, FOUND_CASE = "M-7K3Q-9XT2", "F-2B8N-4HW6"
SECRET = "7Q2M-R8XC-0D5T-W3HA-6KJ9-PZ1E"  # noqa: S105 - invented
ETAG = '"5c1f0e7d9b2a4c6e8f01a3b5c7d9e0f2"'
PHOTO = "kV3nq0bX7fJw2yTzR8dLhs5A"
_AT, _LATER = "2026-03-01T08:30:00Z", "2026-03-04T10:00:00Z"

_FAMILY = {
    "kind": "missing", "name": "李晓明", "other_names": "毛毛", "sex": "male",
    "birth_date": "lunar:1998-08-15", "event_date": "2003-07-12", "place_event": "四川省成都市武侯区火车南站",
    "marks": "左手臂红色胎记", "relatives": "父亲:李建国;姐姐:李丽", "reporter_phone": "10005550100",
    "language": "zh-Hans",
}  # fmt: skip
_SHELTER = {
    "kind": "found", "source_id": "A-1", "name": "Li Xiaoming", "name_origin": "told_by_child", "sex": "male",
    "age_at_event": "4-6", "found_date": "2003-08", "place_found": "Zhengzhou, Henan",
    "marks": "red birthmark on the left arm", "memories": "bamboo behind the house", "language": "en",
}  # fmt: skip
_OF_FAMILY = {
    "case_number": CASE, "kind": "missing", "filed_at": _AT, "step": "compared", "call": "",
    "source_id": "A-2", "changed_at": _AT, "kept_until": "2076-02-16T08:30:00Z", "unread": 1,
}  # fmt: skip
_OF_SHELTER = {
    "case_number": FOUND_CASE, "kind": "found", "filed_at": _AT, "step": "received", "call": "",
    "source_id": "A-1", "changed_at": _LATER, "kept_until": "2046-02-24T08:30:00Z", "unread": 0,
}  # fmt: skip
_ONLY_PARTNERS = ("source_id", "changed_at", "kept_until", "unread")


def both(chinese: object, english: object, what: str = "") -> dict[str, Any]:
    """A Chinese and an English example of the same thing."""
    said = {"zh-Hans": ("中文例子", chinese), "en": ("In English", english)}
    return {
        language: {"summary": f"{name}: {what}" if what else name, "value": value}
        for language, (name, value) in said.items()
    }


def _of_receipt(status: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in status.items() if name not in _ONLY_PARTNERS}


def _without(report: dict[str, str], *columns: str) -> dict[str, str]:
    return {name: text for name, text in report.items() if name not in columns}


REPORT = {
    "family": {"summary": "A family looks for a child (一个家庭寻找孩子)", "value": _FAMILY},
    "shelter": {
        "summary": "A shelter reports a child that was found (救助站登记)",
        "value": _SHELTER,
    },
}
WHOLE = both(
    _without(_FAMILY, "kind"), {**_without(_SHELTER, "kind", "source_id", "place_found", "found_date")}
)
PATCH = both(
    {"marks": "左手臂红色胎记;右眉上有疤", "memories": "门前有一座石桥", "reporter_relation": None},
    {"marks": "red birthmark on the left arm; scar above the right eyebrow", "belongings": None},
)
FILED = both({"case_number": CASE, "secret": SECRET}, {"case_number": FOUND_CASE, "secret": SECRET}, "filed")
AMENDED = both({"case_number": CASE}, {"case_number": FOUND_CASE}, "amended")
RECEIPT = both(
    {"case_number": CASE, "secret": SECRET}, {"case_number": "m7k3q9xt2", "secret": SECRET.replace("-", " ")}
)
STATUS = both(_of_receipt(_OF_FAMILY), _of_receipt(_OF_SHELTER))
OWN_STATUS = both(_OF_FAMILY, _OF_SHELTER)
REPORTS = both(
    {"reports": [_OF_FAMILY], "next": "mC0v8uW3yT1xq7sRz5bN2kJd4hLf6gPa"}, {"reports": [_OF_SHELTER]}
)
CONTENT = both(
    {
        "report": {**_without(_FAMILY, "reporter_phone"), "source_id": "A-2"},
        "reporter": {"reporter_phone": "•••••100"},
    },
    {"report": _SHELTER, "reporter": {}},
)
PHOTOS = both(
    {"photos": [{"ref": PHOTO, "width": 1600, "height": 1200}]},
    {"photos": []},
)
ADDED = both(
    {"ref": PHOTO, "width": 1600, "height": 1200}, {"ref": PHOTO[::-1], "width": 900, "height": 1200}
)
ANSWER = both({"text": "桥是石头的，有三个桥洞。"}, {"text": "The bridge was of stone, with three arches."})
ANSWERED = both(
    {"writer": "you", "text": "桥是石头的，有三个桥洞。", "at": _LATER, "settled": False},
    {"writer": "you", "text": "The bridge was of stone, with three arches.", "at": _LATER, "settled": False},
)
MESSAGES = both(
    {"messages": [{"writer": "service", "text": "那座桥是石头的吗？", "at": _AT, "settled": True}]},
    {"messages": [{"writer": "service", "text": "Was the bridge of stone?", "at": _AT, "settled": False}]},
)
POSTER_WISH = both(
    {"columns": "name;marks;place_event", "agree": "yes"}, {"columns": "name", "photo": "", "agree": "yes"}
)
_POSTER = {"state": "asked", "can_show": ["name", "sex", "marks"], "shows": ["name"], "photo": "", "page": ""}
POSTER = both(_POSTER, {**_POSTER, "state": "published", "page": "/posters/8K2M4Q6T"})
SINCE = both({"since": "2026-03-01T08:00:00+08:00"}, {"since": "2026-03-01T00:00:00Z"})
REPLAYED = both({"queued": 12}, {"queued": 0, "more_since": _LATER})

_PERSON = """<pfif:person>
    <pfif:person_record_id>reunite.example/7K3Q9XT2</pfif:person_record_id>
    <pfif:entry_date>2026-03-01T08:30:00.250001Z</pfif:entry_date>
    <pfif:source_name>Reunite</pfif:source_name>
    <pfif:source_date>2026-03-01T08:29:00Z</pfif:source_date>
    <pfif:full_name>{name}</pfif:full_name>
  </pfif:person>"""
_NS = "http://zesty.ca/pfif/1.4"


def _pfif(name: str) -> str:
    return f'<pfif:pfif xmlns:pfif="{_NS}">\n  {_PERSON.format(name=name)}\n</pfif:pfif>'


def _feed(name: str) -> str:
    entry = f"<entry>\n  <id>pfif:reunite.example/7K3Q9XT2</id>\n  {_PERSON.format(name=name)}\n</entry>"
    return f'<feed xmlns="http://www.w3.org/2005/Atom" xmlns:pfif="{_NS}">\n{entry}\n</feed>'


PFIF = both(_pfif("李晓明"), _pfif("Li Xiaoming"))
FEED = both(_feed("李晓明"), _feed("Li Xiaoming"))
