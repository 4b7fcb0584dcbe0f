"""What the OpenAPI document says of the report and its answers, with examples in both languages."""

from typing import Any

from fastapi import FastAPI

from api.report_form import FIELDS
from reunite.submission import COLUMNS, EXTRA_COLUMNS, FLAGS

_MORE = {
    "kind": "missing: a family looks for a child; found: a person is there whose family is unknown. Required.",
    "source_id": "Your own id of the report",
    "photo": "A file's name, which is not read here: add photos at /api/v1/case/photos",
    "language": "Language to write to the reporter in, BCP 47",
}
_DATES = "YYYY-MM-DD, YYYY-MM, YYYY, 1998~ (about), 1996/1999 (between), 1998-21 (spring), lunar:1998-08-15"
_ENUMS = {"kind": ["missing", "found"], "sex": ["female", "male", "other"],
          "flag": list(FLAGS), "name_origin": ["birth", "told_by_child", "given_later", "unknown"]}  # fmt: skip

EXAMPLES = {
    "family": {
        "summary": "A family looks for a child (一个家庭寻找孩子)",
        "value": {
            "kind": "missing", "name": "李晓明", "other_names": "毛毛", "sex": "male",
            "birth_date": "lunar:1998-08-15", "event_date": "2003-07-12", "place_event": "四川省成都市武侯区火车南站",
            "marks": "左手臂红色胎记", "relatives": "父亲:李建国;姐姐:李丽", "reporter_phone": "10005550100",
            "language": "zh-Hans",
        },
    },
    "shelter": {
        "summary": "A shelter reports a child that was found (救助站登记)",
        "value": {
            "kind": "found", "name": "Li Xiaoming", "name_origin": "told_by_child", "sex": "male",
            "age_at_event": "4-6", "found_date": "2003-08", "place_found": "Zhengzhou, Henan",
            "marks": "red birthmark on the left arm", "memories": "bamboo behind the house", "language": "en",
        },
    },
}  # fmt: skip

PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "problems": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}


def _property(column: str) -> dict[str, Any]:
    field = FIELDS.get(column)
    said: dict[str, Any] = {
        "type": "string",
        "description": _MORE.get(column) or (field.label if field else column),
    }
    if column.endswith("_date"):
        said["description"] += f". {_DATES}"
    if column in _ENUMS:
        said["enum"] = _ENUMS[column]
    return said


def body() -> dict[str, Any]:
    """The request body of a report, as OpenAPI writes it."""
    schema = {
        "type": "object",
        "additionalProperties": False,
        "required": ["kind"],
        "properties": {column: _property(column) for column in (*COLUMNS, *EXTRA_COLUMNS)},
    }
    return {
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": schema, "examples": EXAMPLES}},
        }
    }


_KEY = (
    "Filing and looking with a receipt need no key; a partner organisation's key makes its reports its own."
)
KEY_SCHEME = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "reunite_…",
    "description": f"The key of a partner organisation, in this header and nowhere else. {_KEY}",
}


def secured(*scopes: str, optional: bool = False) -> dict[str, Any]:
    """A route's security, as OpenAPI writes it: a key with these scopes, or also none."""
    return {"security": [{"partnerKey": list(scopes)}, *([{}] if optional else [])]}


def add_key_scheme(app: FastAPI) -> None:
    """Have the application's OpenAPI document describe the partners' keys."""
    plain = app.openapi

    def described() -> dict[str, Any]:
        said = plain()
        said.setdefault("components", {}).setdefault("securitySchemes", {})["partnerKey"] = KEY_SCHEME
        return said

    app.openapi = described  # type: ignore[method-assign]


_SAID = {
    401: "The key does not count, or there is none", 403: "The key has not the scope",
    404: "There is nothing here for you", 409: "Done already in another way", 413: "Too large", 415: "Not JSON",
    422: "Fields that cannot be taken", 429: "Too many tries; wait as Retry-After says",
    400: "Not understood", 503: "Busy: try again later",
}  # fmt: skip


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The answers that say what went wrong (RFC 9457)."""
    content = {"application/problem+json": {"schema": PROBLEM}}
    return {status: {"description": _SAID[status], "content": content} for status in statuses}
