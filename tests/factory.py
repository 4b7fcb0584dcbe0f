"""Invented reports. No name, number or place here is that of a case."""

_PERSON = {
    "missing": {
        "name": "王晓明",
        "other_names": "小明",
        "name_origin": "birth",
        "sex": "male",
        "birth_date": "1994-08-15",
        "event_date": "1998-05-02",
        "place_event": "四川省成都市武侯区",
        "place_home": "四川省成都市",
        "marks": "左手臂红色胎记",
        "relatives": "父亲:王建国;母亲:李秀英",
        "languages": "四川话",
        "memories": "门前有一座石桥",
    },
    "found": {
        "name": "黄小鸣",
        "name_origin": "told_by_child",
        "sex": "male",
        "birth_date": "1994~",
        "event_date": "1998",
        "found_date": "1998-09",
        "place_event": "四川",
        "place_found": "广东省广州市",
        "marks": "左臂红色胎记",
        "relatives": "父亲:王建国",
        "languages": "四川话",
        "memories": "家门口有石桥",
    },
}
_REPORTER = {
    "reporter_name": "Invented Reporter",
    "reporter_relation": "relative",
    "reporter_phone": "10005550100",
    "reporter_email": "reporter@example.invalid",
    "language": "zh-Hans",
}


def report_fields(kind: str = "missing", **changes: str) -> dict[str, str]:
    """A valid report of the kind in the columns of the exchange format; an empty change takes a column away."""
    fields = {"kind": kind, **_PERSON[kind], **_REPORTER, **changes}
    return {column: value for column, value in fields.items() if value}
