"""What headings of foreign tables say, each by itself."""

import pytest

from reunite.exchange import headings

MEANT = {
    "姓名": "name", "Child's full name": "name", "失踪人姓名": "name", "小名": "other_names", "性別": "sex",
    "DOB": "birth_date",
    "出生\n年月": "birth_date", "失踪儿童生日": "birth_date", "走失时间": "event_date", "Date last seen": "event_date",
    "救助日期": "found_date", "失蹤地點": "place_event", "现住址": "place_found", "籍贯": "place_home",
    "身高（cm）": "height_cm", "联系人电话": "reporter_phone", "报案人姓名": "reporter_name", "父亲姓名": "relatives",
    "shizong_riqi": "event_date", "lostDate": "event_date", "与儿童关系": "reporter_relation", "案号": "source_id",
    "登记日期": "", "经办民警": "", "身份证号": "", "序号": "", "养父姓名": "", "birth_date": "birth_date",
    # Little words say what stands in a column where no other does.
    "案发地": "place_event", "丢失日": "event_date", "Abducted from": "place_event", "Missing since": "event_date",
    "Incident number": "source_id", "No.": "", "警情流水号": "source_id",
    # Programs write words in one.
    "dateofbirth": "birth_date", "LASTSEENLOCATION": "place_event", "caseno": "source_id", "phone2": "reporter_phone",
    # Whose it is: of a child's father the father's; an officer's is nobody's; an office's place is not a child's.
    "受害人父亲姓名": "relatives", "Sister in charge": "", "发现人单位": "",
    "Clothes on arrival at the shelter": "clothing",
    "嫌疑人特征": "", "被收养人性别": "sex", "失散亲人姓名": "name", "与父母走散地点": "place_event",
    # The last noun of a Chinese heading is meant, or the first of an English one.
    "对家乡环境的记忆": "memories", "记忆中的家乡": "place_home", "Memories of home": "memories",
    "骨龄推断出生年份": "birth_date", "发生年份": "event_date", "Caller number": "reporter_phone",
    "手机/微信": "reporter_phone",
    # Names without the word, dates and places told by what happened, questions, old and dialect words.
    "现名": "name", "病历用名": "name", "暂用名": "name", "聖名": "other_names", "以前叫啥": "other_names",
    "屋头喊的名字": "other_names", "Birth cert name": "other_names", "rptr_name": "reporter_name",
    "Baby's name (if named)": "name", "离开生父母时间": "event_date", "离开家乡的时间": "event_date",
    "丢失那天": "event_date", "q08_year_sep": "event_date", "北来年份": "event_date", "Given away when": "event_date",
    "Contact lost (date)": "event_date", "Contact lost (place)": "place_event", "来自何地": "place_home",
    "据说从哪里抱来": "place_event", "Brought from": "place_found", "Intercepted at": "place_found",
    "估计生年": "birth_date", "DOBYEAR": "birth_date", "YROFBIRTH": "birth_date",
    "关于TA最难忘的一件事": "memories", "How did you hear about us?": "", "從哪裡得知本會": "",
    "记忆（房子、河流、口音等）": "memories", "印象中老家的样子": "memories", "離家時的樣子": "marks",
    "养家起名还是原名": "name_origin", "命名者": "name_origin", "身上記認": "marks", "號數": "source_id",
    "身有何物": "belongings", "系其 Is his/her": "reporter_relation", "报名人姓名": "reporter_name",
    # A code or a number is the report's where it is a child's; an office's remarks are nobody's.
    "Stu. code": "source_id", "VoT code": "source_id", "Referral #": "source_id", "Language code": "",
    "低保号": "", "公告期号": "", "入群时间": "", "Remarks office": "", "护工": "", "照护人员": "", "人员姓名": "name",
    "养父/监护人": "reporter_name", "登记人": "", "Son of": "relatives", "站名": "side", "户名": "",
    # What free hands write.
    "Did you leave anything with the child?": "belongings", "附物": "belongings", "帶住咩嘢": "belongings",
    "Habited in": "clothing", "wrapping": "clothing", "當日著咩衫": "clothing", "高矮": "height_cm",
    "生庚": "birth_date", "养父母告知的生辰": "birth_date", "几岁到养家": "age_at_event", "社工遇见日期": "found_date",
    "到养家日期": "event_date", "社工遇见地点": "place_found",
    "谁在寻": "reporter_name", "Who is asking": "reporter_name", "屋企人（邊個搵）": "reporter_name",
    "Searching for (child)": None, "Prefers to be contacted in": "language", "SEP_LOC": "place_event",
    "Finding spot, per newspaper ad": "place_found", "祖家 Old home": "place_home", "原来屋里地址": "place_home",
    "How name is known": "name_origin", "Things pupil recalls": "memories", "Family's story": "memories",
    "Father / mother / others": "relatives", "其他叫法": "other_names", "登记照路径": "photo", "仔/女": "sex",
    "Teacher's phone": "", "乳娘": "", "Due Date": "", "Tent city slot": "", "残疾类别": "", "户主姓名": "",
    "户主（父）": "relatives", "与户主关系": "", "户主与儿童关系": "reporter_relation",
    "身份证后四位": "", "收文日 Received": "",
    "When were you separated?": "event_date", "Where were you separated?": "place_event",
    "被人贩子带走的时间": "event_date", "事情发生在哪天": "event_date", "哪天生的": "birth_date", "今天日期": "",
    "Date of this form": "", "Have you given blood?": "", "Is the child alive?": None,
    "He is the child's": "reporter_relation",
    "What is the child called?": "name", "怎么称呼您": "reporter_name", "What does she speak?": "languages",
    "希望用什么语言联系": "language", "小时候记忆": "memories", "小时候照片": "photo", "与失踪人": "reporter_relation",
    "与失踪人失散地点": "place_event", "乡镇代码": "", "Case": "source_id", "发现于": "place_found",
    "Luggage": "belongings",
    "采血地点": "", "处理结果": "", "审批意见": "", "eye_color": "", "created_at": "", "avatarUrl": "photo",
}  # fmt: skip
ON_BOTH_SIDES = {
    "寻亲者姓名": ("reporter_name", "name"), "Your date of birth": ("", "birth_date"),
    "遗弃地点": ("place_event", "place_found"), "Date received": ("", "found_date"),
    "Residence": ("place_home", "place_found"), "现家庭住址": ("place_home", "place_found"),
    "离开时间": ("event_date", ""),
}  # fmt: skip


@pytest.mark.parametrize("heading", MEANT)
def test_a_heading_is_understood(heading: str) -> None:
    assert headings.read(heading).column == MEANT[heading]


@pytest.mark.parametrize("heading", ON_BOTH_SIDES)
def test_some_headings_mean_something_else_on_the_other_side(heading: str) -> None:
    said = tuple(headings.read(heading, kind).column for kind in ("missing", "found"))
    assert said == ON_BOTH_SIDES[heading]


def test_the_contact_of_a_last_contact_is_nobody() -> None:
    assert headings.read("Date of last contact").column == "event_date"
    assert headings.read("Contact person").column == "reporter_name"
