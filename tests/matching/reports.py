"""Descriptions for the tests of the engine, built in one place."""

from matching.description import Description, describe

FAMILY = {
    "name": "李晓明",
    "other_names": "毛毛",
    "name_origin": "birth",
    "sex": "male",
    "birth_date": "lunar:1998-08-15",
    "event_date": "2003-07-12",
    "place_event": "四川省成都市武侯区火车南站",
    "marks": "左手臂红色胎记",
    "blood_type": "O",
    "relatives": "父亲:李建国;姐姐:李丽",
    "memories": "屋后有竹林，爸爸是木匠",
    "languages": "四川话",
}
CHILD = {
    "name": "黎小鸣",
    "name_origin": "told_by_child",
    "sex": "male",
    "birth_date": "1999~",
    "event_date": "2003-22",
    "found_date": "2020",
    "place_event": "成都",
    "place_found": "河南省周口市",
    "marks": "left arm red birthmark",
    "blood_type": "A",
    "relatives": "姐姐:丽丽",
    "memories": "家后面都是竹子",
}


def missing(id: int = 1, **changes: str) -> Description:
    """The family's report, with changes."""
    return describe(id, "missing", FAMILY | changes)


def found(id: int = 1, **changes: str) -> Description:
    """The found child's report, with changes."""
    return describe(id, "found", CHILD | changes)


def stranger(id: int) -> Description:
    """A found report about somebody else; every id another one."""
    names = ("王伟", "张秀英", "陈建军", "赵敏", "周涛", "吴磊", "孙丽华", "朱强")
    places = ("河北省石家庄市", "广东省广州市", "云南省昆明市", "山东省青岛市", "湖北省武汉市")
    return describe(
        id,
        "found",
        {
            "name": names[id % len(names)],
            "name_origin": ("birth", "told_by_child", "given_later", "")[id % 4],
            "sex": ("female", "male")[id % 2],
            "birth_date": f"{1985 + id % 25}-{1 + id % 12:02d}-{1 + id % 28:02d}",
            "event_date": str(1990 + id % 25),
            "place_event": places[id % len(places)],
            "marks": ("右腿疤痕", "额头黑痣", "")[id % 3],
            "relatives": ("父亲:王国强", "")[id % 2],
        },
    )
