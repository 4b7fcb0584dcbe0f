"""The files of photos: one a photo, sealed, in a folder beside the database. Before the photo stands its length."""

import os
from pathlib import Path

import structlog
from sqlalchemy.orm import Session

from reunite import vault
from reunite.problems import NotFound
from reunite.service import Service
from reunite.storage.photo_tables import PhotoRow

log = structlog.get_logger()
LENGTH = 4
"""Bytes of the number before the photo; after the photo follows its preview."""


def path(service: Service, name: str) -> Path:
    """Where the file of this name lies, in the folder of photos."""
    return service.settings.data_dir / "photos" / name


def write(path: Path, sealed: bytes) -> None:
    """So that the whole file is there, under a power cut too, or none that a photo names."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(sealed)
        file.flush()
        os.fsync(file.fileno())
    for folder in (path.parent, path.parent.parent):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def read(service: Service, session: Session, row: PhotoRow) -> tuple[bytes, bytes]:
    """Photo and preview; NotFound where file or key is gone, or the file is not the one that was written."""
    try:
        sealed = path(service, row.file).read_bytes()
    except OSError as error:
        raise NotFound from error
    try:
        plain = vault.open(session, service.keys, row.report_id, f"photo:{row.id}", sealed)
    except ValueError as error:
        log.error("photo_changed", photo=row.id)
        raise NotFound from error
    end = LENGTH + int.from_bytes(plain[:LENGTH], "big")
    return plain[LENGTH:end], plain[end:]
