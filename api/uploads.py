"""Files that are sent: written to private temporary files while they come, each counted, closed at the end."""

import errno
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Annotated, BinaryIO

from fastapi import Depends, Request
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser

from api.access import Ctx, own_fields
from reunite import imports, sanitising
from reunite.photos import MOST_PHOTOS
from reunite.problems import Busy

_MOST_FIELDS, _MOST_FIELD = 10, 10_000
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE)


@dataclass(frozen=True, slots=True)
class Upload:
    """The text fields of what was sent, and the files of its field `photo`. Their names are not kept: a name can tell
    more than the photo, and nothing needs it."""

    fields: Mapping[str, str]
    photos: list[BinaryIO]


@dataclass(frozen=True, slots=True)
class SentTable:
    """The text fields of what was sent, and the file of its field `table` with its name; None where none was chosen."""

    fields: Mapping[str, str]
    name: str
    file: BinaryIO | None


class _Counting(MultiPartParser):
    """Starlette's parser writes what comes to a temporary file without a name; this one ends it when it grows too
    large."""

    _of_file = 0
    most, too_large = sanitising.MOST_BYTES, staticmethod(sanitising.too_large)

    def on_part_begin(self) -> None:
        self._of_file = 0
        super().on_part_begin()

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._current_part.file is not None:
            self._of_file += end - start
            if self._of_file > self.most:
                raise self.too_large()
        super().on_part_data(data, start, end)


class _CountingTables(_Counting):
    most, too_large = imports.MOST_BYTES, staticmethod(imports.too_large)


async def _sent(request: Request, counting: type[_Counting] = _Counting) -> FormData:
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise HTTPException(400)
    try:
        async with aclosing(request.stream()) as stream:
            parser = counting(
                request.headers,
                stream,
                max_files=MOST_PHOTOS,
                max_fields=_MOST_FIELDS,
                max_part_size=_MOST_FIELD,
            )
            return await parser.parse()
    except MultiPartException as error:
        raise HTTPException(400) from error
    except OSError as error:
        if error.errno in _FULL:
            raise Busy from error
        raise


async def upload(request: Request) -> AsyncIterator[Upload]:
    """What a program sent, text of the form as it is."""
    sent = await _sent(request)
    try:
        items = sent.multi_items()
        said = [(name, value) for name, value in items if isinstance(value, str)]
        if len(dict(said)) != len(said):
            raise HTTPException(400)
        yield Upload(dict(said), _photos(sent))
    finally:
        await sent.close()


async def upload_form(request: Request, ctx: Ctx) -> AsyncIterator[Upload]:
    """What one of our pages sent."""
    sent = await _sent(request)
    try:
        yield Upload(own_fields(request, ctx, sent.multi_items()), _photos(sent))
    finally:
        await sent.close()


async def table_form(request: Request, ctx: Ctx) -> AsyncIterator[SentTable]:
    """A table that one of our pages sent."""
    sent = await _sent(request, _CountingTables)
    try:
        file = sent.get("table")
        chosen = file if isinstance(file, UploadFile) and (file.size or file.filename) else None
        fields = own_fields(request, ctx, sent.multi_items())
        yield SentTable(fields, (chosen.filename or "") if chosen else "", chosen.file if chosen else None)
    finally:
        await sent.close()


def _photos(sent: FormData) -> list[BinaryIO]:
    # A browser sends one empty file without a name where none was chosen.
    files = [value for name, value in sent.multi_items() if isinstance(value, UploadFile) and name == "photo"]
    return [one.file for one in files if one.size or one.filename]


Uploaded = Annotated[Upload, Depends(upload)]
UploadedForm = Annotated[Upload, Depends(upload_form)]
TableForm = Annotated[SentTable, Depends(table_form)]
