"""A backup while the service runs, checked before it counts, and its way back into an empty installation.

A backup is a folder: the database as one consistent snapshot, the sealed photos, and a manifest with the SHA-256 of
each file and what the database holds, sealed with the installation's key. Neither the key file nor the ledger of what
was erased is in it: with the key a stolen backup would open, with an old ledger the erased would come back.
"""

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, select

from reunite import audit
from reunite.actors import OPERATOR
from reunite.config import Settings
from reunite.keys import Keys, load_keys, sync_folder
from reunite.problems import Problem, StartupError
from reunite.receipts import same
from reunite.service import Service, open_service
from reunite.storage import schema, snapshot
from reunite.storage.audit_tables import AuditRow
from reunite.storage.photo_tables import PhotoRow
from reunite.storage.session import Database
from reunite.storage.tables import ReportRow

MANIFEST, PHOTOS = "manifest.json", "photos"
_PREFIX = "reunite-"
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds: the kind of database, its schema, rows a table, and the SHA-256 of every file."""

    made: str
    database: str
    file: str
    revision: str
    key_check: str
    rows: dict[str, int]
    files: dict[str, str]
    format: int = _FORMAT

    def seal(self, keys: Keys) -> str:
        """A keyed hash of all of it: a backup that somebody changed is not this installation's any more."""
        return keys.mac("backup", json.dumps(asdict(self), sort_keys=True))


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back: reports, photos, photos whose file is in no backup, what the log's check says, and how many
    reports were erased again because they had been erased after the backup."""

    reports: int
    photos: int
    photos_missing: int
    log: list[Problem]
    erased_again: int


def make(service: Service, folder: Path, keep: int = 0) -> tuple[Path, Manifest]:
    """Write a backup into a new folder within this one, readable by its owner alone; with `keep`, remove all but the
    newest so many. Raises StartupError where it cannot be made whole: then nothing is left of it."""
    at = datetime.now(UTC)
    done = folder / f"{_PREFIX}{at:%Y%m%dT%H%M%SZ}"
    part = done.with_name(f"{done.name}.{os.getpid()}.part")  # another backup of this second keeps its own
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        part.mkdir(mode=0o700)
        with _private_files():
            manifest = _write(service, part, at)
        part.rename(done)
        sync_folder(folder)
    except OSError as error:
        raise StartupError(f"The backup cannot be written to {folder} ({error.strerror}).") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    with service.database.write() as session:
        audit.append(
            session, service.keys, actor=OPERATOR, action="backup.made", subject=f"backup:{done.name}"
        )
    _remove_old(folder, keep)
    return done, manifest


def _remove_old(folder: Path, keep: int) -> None:
    try:
        for old in sorted(folder.glob(f"{_PREFIX}*Z"))[:-keep] if keep else ():
            shutil.rmtree(old)
    except OSError as error:
        raise StartupError(
            f"The backup is made, but an older one in {folder} cannot be removed ({error.strerror})."
        ) from error


def check(backup: Path, keys: Keys) -> Manifest:
    """Read a backup through: it is this installation's, whole and unchanged, or StartupError says what is wrong."""
    try:
        said = json.loads((backup / MANIFEST).read_text())
        seal = said.pop("seal")
        if said["format"] != _FORMAT:
            raise StartupError(
                "The backup was made by a newer version of this program. Install that version."
            )
        manifest = Manifest(**said)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise StartupError(
            f"{backup} is not a backup of this program: its {MANIFEST} cannot be read."
        ) from error
    if not same(manifest.key_check, keys.mac("key-check", "installation")):
        raise StartupError("The backup belongs to another key. Put the key file back that it was made with.")
    if not same(seal, manifest.seal(keys)):
        raise StartupError(
            f"The {MANIFEST} of the backup was changed after it was made. Take another backup."
        )
    for name, digest in manifest.files.items():
        if not (backup / name).is_file() or _digest(backup / name) != digest:
            raise StartupError(
                f"The backup is damaged: {name} is missing or was changed. Take another backup."
            )
    return manifest


def restore(settings: Settings, backup: Path) -> Restored:
    """Fill this empty installation, whose key is there already, from the backup; brings the schema up to date, erases
    again what was erased since, and checks the log. Raises StartupError with what to do where it cannot."""
    keys = load_keys(settings.key_path(), create=False, text=settings.key)
    manifest = check(backup, keys)
    database = Database(settings.url())
    if manifest.database != ("sqlite" if database.is_sqlite else "postgresql"):
        raise StartupError(
            f"The backup is of {manifest.database}: set or clear REUNITE_DATABASE_URL accordingly."
        )
    if not schema.knows(manifest.revision):
        raise StartupError("The backup was made by a newer version of this program. Install that version.")
    try:
        rows = _put_back(settings, database, backup, manifest)
    except OSError as error:
        raise StartupError(
            f"The backup cannot be put back ({error.strerror}). Nothing of it counts yet."
        ) from error
    finally:
        database.dispose()
    if rows != manifest.rows:
        raise StartupError(
            "The restored database holds other numbers of rows than the backup. Do not use it."
        )
    shutil.rmtree(settings.data_dir / "index", ignore_errors=True)
    service = open_service(settings)
    try:
        return _told(service, backup, manifest)
    finally:
        service.close()


def _put_back(settings: Settings, database: Database, backup: Path, manifest: Manifest) -> dict[str, int]:
    """The photos first: a database whose photos are missing would look whole."""
    snapshot.refuse_unless_empty(database)
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _private_files():
        for name in manifest.files:
            if name.startswith(f"{PHOTOS}/"):
                _copy(backup / name, settings.data_dir / name)
        return snapshot.put_back(database, backup / manifest.file, settings.pg_programs)


def _told(service: Service, backup: Path, manifest: Manifest) -> Restored:
    with service.database.read() as session:
        names = session.scalars(select(PhotoRow.file)).all()
        there = sum((service.settings.data_dir / PHOTOS / name).is_file() for name in names)
        log = audit.verify(session, service.keys, service.settings.data_dir / "audit.anchor")
        again = session.scalars(
            select(func.count()).select_from(AuditRow)
            .where(AuditRow.no > manifest.rows["audit_entry"], AuditRow.action == "report.erased_again")
        ).one()  # fmt: skip
        reports = session.scalars(select(func.count()).select_from(ReportRow)).one()
    with service.database.write() as session:
        audit.append(
            session, service.keys, actor=OPERATOR, action="backup.restored", subject=f"backup:{backup.name}"
        )
    return Restored(reports, there, len(names) - there, log, again)


def _write(service: Service, part: Path, at: datetime) -> Manifest:
    taken = snapshot.take(service.database, part, service.settings.pg_programs)
    files = {taken.file.name: _digest(taken.file)}
    # After the database: every photo that it names is there, or was removed meanwhile because nobody may see it.
    photos = service.settings.data_dir / PHOTOS
    for photo in sorted(photos.glob("*/*.bin")):
        with contextlib.suppress(FileNotFoundError):
            name = f"{PHOTOS}/{photo.relative_to(photos)}"
            files[name] = _copy(photo, part / name)
    manifest = Manifest(
        made=at.isoformat(timespec="seconds"), database="sqlite" if service.database.is_sqlite else "postgresql",
        file=taken.file.name, revision=taken.revision, key_check=taken.key_check, rows=taken.rows, files=files,
    )  # fmt: skip
    with (part / MANIFEST).open("w") as file:
        json.dump({**asdict(manifest), "seal": manifest.seal(service.keys)}, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    check(part, service.keys)
    return manifest


@contextlib.contextmanager
def _private_files() -> Iterator[None]:
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def _copy(source: Path, target: Path) -> str:
    """Copy the file to the disk itself; gives its SHA-256."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    digest = hashlib.sha256()
    with source.open("rb") as read, target.open("wb") as written:
        while chunk := read.read(1 << 20):
            digest.update(chunk)
            written.write(chunk)
        written.flush()
        os.fsync(written.fileno())
    return digest.hexdigest()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
