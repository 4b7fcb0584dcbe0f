"""What the OpenAPI document says beside the code: bodies, keys, answers and their headers, with examples in Chinese and
English. Sentences of problems come from where they are said."""

from typing import Any

from fastapi import FastAPI

from api.errors import TITLES
from api.report_form import FIELDS
from api.v1 import examples
from reunite import i18n
from reunite.problems import Problem
from reunite.submission import COLUMNS, EXTRA_COLUMNS, FLAGS

_MORE = {
    "kind": "missing: a family looks for a child; found: a person is there whose family is unknown. Required.",
    "source_id": "Your own id of the report; needed with a key",
    "photo": "A file's name, which is not read here: photos are added at an address of their own",
    "language": "Language to write to the reporter in, BCP 47",
    "withheld": "Facts that only the true family or child would know. Nobody but the police reads them",
    "flag": "A warning for coordinators and police",
}
_DATES = "YYYY-MM-DD, YYYY-MM, YYYY, 1998~ (about), 1996/1999 (between), 1998-21 (spring), lunar:1998-08-15"
_ENUMS = {"kind": ["missing", "found"], "sex": ["female", "male", "other"],
          "flag": list(FLAGS), "name_origin": ["birth", "told_by_child", "given_later", "unknown"]}  # fmt: skip
_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "description": "about:blank: the status says what kind of problem it is"},
        "title": {"type": "string", "description": "What is wrong, in the language asked for"},
        "status": {"type": "integer"},
        "problems": {
            "type": "array",
            "description": "Every field that cannot be taken; what was sent is never repeated",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
_FOR_INSTANCE = Problem("source_id", "", "Every row needs the organisation's own id in source_id.")
_SAID = {
    400: "Not understood", 401: "The key does not count, or there is none", 403: "The key has not the scope",
    404: "There is nothing here for you", 409: "It cannot be done now, because of what was done before",
    412: "The report has changed since the ETag in If-Match", 413: "Too large",
    415: "Not of the type that is read here",
    422: "Something that cannot be taken", 429: "Too many tries: wait as Retry-After says",
    503: "Busy, and nothing was stored: send it again as Retry-After says",
}  # fmt: skip
_TOKEN = {"schema": {"type": "string"}}
_RETRY = {"description": "Seconds to wait", "schema": {"type": "integer"}, "example": 30}
_OF_STATUS: dict[int, dict[str, Any]] = {
    401: {"WWW-Authenticate": {"description": "How to send a key", **_TOKEN, "example": 'Bearer realm="reunite"'}},
    429: {"Retry-After": _RETRY},
    503: {"Retry-After": _RETRY},
}  # fmt: skip
_LANGUAGE = {"description": "The language of the sentences", **_TOKEN, "example": "zh-Hans"}
_REQUEST = {
    "description": "What the service's log calls this request",
    **_TOKEN,
    "example": "5c1f0e7d9b2a4c6e",
}
ETAG = {"ETag": {"description": "Changes with what may be known or read of the report; tells nothing else", **_TOKEN,
                 "example": examples.ETAG}}  # fmt: skip
LINK = {"Link": {"description": 'The address of the next page (rel="next"), where there is one', **_TOKEN,
                 "example": '</api/v1/reports?limit=50&cursor=mC0v8uW3>; rel="next"'}}  # fmt: skip
LOCATION = {"Location": {"description": "With a key: the address of the report", **_TOKEN,
                         "example": f"/api/v1/reports/{examples.CASE}"}}  # fmt: skip
_ACCEPT = {
    "name": "Accept-Language", "in": "header", "required": False, "schema": {"type": "string"},
    "description": "The language of problems: en (also where it is missing), zh-Hans, zh-Hant",
    "examples": {"zh-Hans": {"value": "zh-Hans"}, "en": {"value": "en"}},
}  # fmt: skip


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


def report(
    shown: dict[str, Any], *, needs: tuple[str, ...] = (), media: str = "application/json", empty: bool = False
) -> dict[str, Any]:  # fmt: skip
    """The request body of a report; `empty`: null takes a column away."""
    properties = {column: _property(column) for column in (*COLUMNS, *EXTRA_COLUMNS)}
    if empty:
        properties = {
            name: {**said, "type": ["string", "null"], **({"enum": [*said["enum"], None]} if "enum" in said else {})}
            for name, said in properties.items()
        }  # fmt: skip
    return body(properties, shown, needs=needs, media=media)


def body(
    properties: dict[str, Any], shown: dict[str, Any] | None, *, needs: tuple[str, ...], media: str = "application/json"
) -> dict[str, Any]:  # fmt: skip
    """A request body of these properties and no others."""
    schema = {"type": "object", "additionalProperties": False, "properties": properties}
    content: dict[str, Any] = {"schema": {**schema, "required": list(needs)} if needs else schema}
    if shown is not None:
        content["examples"] = shown
    return {"requestBody": {"required": True, "content": {media: content}}}


def ok(
    shown: dict[str, Any], headers: dict[str, Any] | None = None, status: int = 200, **more: Any
) -> dict[int | str, dict[str, Any]]:
    """The answer when all went well, with examples and headers."""
    return {status: {"content": {"application/json": {"examples": shown}}, "headers": headers or {}, **more}}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The answers that say what went wrong (RFC 9457); any may be busy, and any key may ask too often."""
    return {status: _problem(status) for status in sorted({*statuses, 429, 503})}


def _problem(status: int) -> dict[str, Any]:
    shown = {}
    for language, name in (("zh_Hans", "中文例子"), ("en", "In English")):
        catalogue = i18n.catalogue(language)
        value: dict[str, Any] = {
            "type": "about:blank",
            "title": catalogue.gettext(TITLES[status]),
            "status": status,
        }
        if status == 422:
            said = catalogue.problem(_FOR_INSTANCE)
            value["problems"] = [{"field": _FOR_INSTANCE.field, "message": said}]
        shown[catalogue.tag] = {"summary": name, "value": value}
    return {
        "description": _SAID[status],
        "headers": {"Content-Language": _LANGUAGE, **_OF_STATUS.get(status, {})},
        "content": {"application/problem+json": {"schema": _PROBLEM, "examples": shown}},
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


def complete(app: FastAPI) -> None:
    """Have the application's OpenAPI document say what holds for every route."""
    plain = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            said = plain()
            components = said.setdefault("components", {})
            components.setdefault("securitySchemes", {})["partnerKey"] = KEY_SCHEME
            # What the framework would answer, and we do not.
            for name in ("HTTPValidationError", "ValidationError"):
                components.get("schemas", {}).pop(name, None)
            for path in said["paths"].values():
                for operation in path.values():
                    _complete(operation)
        return plain()

    app.openapi = described  # type: ignore[method-assign]


def _complete(operation: dict[str, Any]) -> None:
    operation["parameters"] = [*operation.get("parameters", []), _ACCEPT]
    responses = operation["responses"]
    if "application/json" in responses.get("422", {}).get("content", {}):
        del responses["422"]
    for response in responses.values():
        response.setdefault("headers", {})["X-Request-ID"] = _REQUEST
