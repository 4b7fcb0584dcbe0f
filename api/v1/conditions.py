"""ETag, If-None-Match and If-Match (RFC 9110, 8.8.3 and 13.1): has it changed since it was read."""

import re
from typing import Annotated

from fastapi import Header, Response

from reunite.partner_reports import Expected

_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e]*)"')
IfNoneMatch = Annotated[
    str | None,
    Header(
        max_length=1000,
        description="ETags of answers that you have: where one of them still holds, the answer is 304 without a body",
        examples=['"5c1f0e7d9b2a4c6e8f01a3b5c7d9e0f2"'],
    ),
]
IfMatch = Annotated[
    str | None,
    Header(
        max_length=1000,
        description="The ETag that you read: where the report has changed since, the answer is 412 and nothing is "
        "done. Without this header it is done in any case",
        examples=['"5c1f0e7d9b2a4c6e8f01a3b5c7d9e0f2"'],
    ),
]


def expected(if_match: str | None) -> Expected:
    """The editions that the report may have; None where it may have any. A weak tag never fits."""
    if if_match is None or if_match.strip() == "*":
        return None
    return {word for weak, word in _TAG.findall(if_match) if not weak}


def tag(response: Response, edition: str) -> None:
    """Say in the answer which edition it is of."""
    response.headers["ETag"] = f'"{edition}"'


def unchanged(if_none_match: str | None, edition: str) -> Response | None:
    """The answer 304 where the one who asks has this edition."""
    if if_none_match is None:
        return None
    known = {word for _, word in _TAG.findall(if_none_match)}
    if edition not in known and if_none_match.strip() != "*":
        return None
    response = Response(status_code=304)
    tag(response, edition)
    return response
