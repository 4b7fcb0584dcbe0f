"""What routes of the API ask a request for: a body of the right kind, the case number in the path."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Depends, Path, Request
from python_multipart.multipart import parse_options_header
from starlette.exceptions import HTTPException

JSON, MERGE_PATCH = "application/json", "application/merge-patch+json"


def raw(*kinds: str) -> Callable[[Request], Coroutine[Any, Any, bytes]]:
    """A dependency that gives the body as it came, if it says that it is one of these kinds; JSON is always UTF-8."""

    async def read(request: Request) -> bytes:
        kind, options = parse_options_header(request.headers.get("content-type"))
        charset = options.get(b"charset", b"utf-8").lower()
        if kind.decode("latin-1") not in kinds or charset not in (b"utf-8", b"utf8"):
            raise HTTPException(415)
        return await request.body()

    return read


Body = Annotated[bytes, Depends(raw(JSON))]
PatchBody = Annotated[bytes, Depends(raw(MERGE_PATCH, JSON))]
Number = Annotated[str, Path(description="The case number of a report that your organisation filed",
                             examples=["M-7K3Q-9XT2", "F-2B8N-4HW6"])]  # fmt: skip
PhotoRef = Annotated[str, Path(description="The `ref` of one of its photos",
                               examples=["kV3nq0bX7fJw2yTzR8dLhs5A"])]  # fmt: skip
