"""An opened installation: settings, database, keys and doorbell, checked before anything else happens."""

import time
from dataclasses import dataclass, field

import structlog
from pydantic import ValidationError
from sqlalchemy import select

from matching.model import ModelError, load_model
from reunite import audit, erasure, logs, notifications, outbox, unsafe, webhook_events
from reunite.background import Background
from reunite.config import Settings
from reunite.doorbell import Doorbell, PipeDoorbell, SilentDoorbell, broker_doorbell
from reunite.keys import Keys, load_keys
from reunite.problems import AwayError, StartupError
from reunite.receipts import same
from reunite.storage import roles, schema
from reunite.storage.session import Database
from reunite.storage.tables import Installation

log = structlog.get_logger()
_LONGEST_PAUSE_S = 30.0


@dataclass
class Service:
    """What every entry point works with."""

    settings: Settings
    database: Database
    keys: Keys
    doorbell: Doorbell = field(default_factory=SilentDoorbell)
    background: Background | None = None

    def start_background(self) -> None:
        """Begin to work on jobs: a supervised child, or Celery's workers elsewhere when Redis is set."""
        if self.settings.redis_url:
            self.connect_doorbell()
            return
        bell = PipeDoorbell()
        self.doorbell, self.background = bell, Background(self.settings, bell)
        self.background.start()

    def connect_doorbell(self) -> None:
        """Ring Celery's workers from now on, where Redis is set."""
        if self.settings.redis_url:
            self.doorbell = broker_doorbell(self.settings)

    def stop_background(self) -> None:
        """End the supervised child, if there is one."""
        if self.background is not None:
            self.background.stop()
            self.background = None
        self.doorbell = SilentDoorbell()

    def close(self) -> None:
        """Let go of everything."""
        self.stop_background()
        self.database.dispose()


def configured() -> Settings:
    """The settings of the environment; raises StartupError that names the one that cannot be used."""
    try:
        return Settings()
    except ValidationError as error:
        said = [
            f"REUNITE_{str(one['loc'][0]).upper()}: {one['msg']}" if one["loc"] else one["msg"]
            for one in error.errors()
        ]
        raise StartupError("A setting cannot be used. " + "; ".join(said)) from None


def open_configured(*, patient: bool = False) -> Service:
    """The installation that the environment names, for a command: logs are set up too. What runs for long is `patient`:
    it waits, longer each time, for a database that does not answer."""
    logs.configure()
    settings, pause = configured(), 1.0
    while True:
        try:
            return open_service(settings)
        except AwayError as error:
            if not patient:
                raise
            log.error("waiting_for_the_database", see=str(error), again_in_s=pause)
            time.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_S)


def open_service(settings: Settings) -> Service:
    """Open, migrate and check an installation; raise StartupError with what to do where it must not start."""
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StartupError(
            f"The data folder {settings.data_dir} cannot be made ({error.strerror}). "
            "Set REUNITE_DATA_DIR to a folder you may write to."
        ) from error
    _check_weights(settings)
    database = Database(settings.url())
    try:
        database.check()
        if schema.migrate(database, _keys_there(settings)):
            database.scrub()
        service = Service(settings, database, _checked_keys(settings, database))
        database.carries |= {
            notifications.SETTINGS: lambda: service.settings,
            outbox.RING: lambda: service.doorbell.ring_outbox(),
            webhook_events.KEYS: service.keys,
        }
        unsafe.refuse_open_files(settings)
        unsafe.refuse_open_lines(settings)
        _warn_of_rights(database)
        if unsafe.calls_inside(settings):
            log.warning("webhooks_may_call_private_networks", see="docs/operate.md, Webhooks")
        erasure.reapply(database, service.keys, erasure.Ledger(settings.data_dir, service.keys))
        return service
    except BaseException:
        database.dispose()
        raise


def _warn_of_rights(database: Database) -> None:
    """On PostgreSQL the service should run as a role that cannot switch the separation of duties off."""
    if not database.is_sqlite:
        with database.engine.connect() as connection:
            if roles.owns_its_tables(connection):
                log.warning("database_role_owns_the_tables", see="docs/operate.md, PostgreSQL")


def _check_weights(settings: Settings) -> None:
    try:
        if settings.weights is not None:
            load_model(settings.weights)
    except (ModelError, OSError) as error:
        raise StartupError(
            f"REUNITE_WEIGHTS: {error}. Make the file anew with reunite fit, or leave the setting empty."
        ) from error


def _keys_there(settings: Settings) -> Keys | None:
    """The keys, as far as there are any before the database is asked whether there must be."""
    if not settings.key and not settings.key_path().exists():
        return None
    return load_keys(settings.key_path(), create=False, text=settings.key)


def _checked_keys(settings: Settings, database: Database) -> Keys:
    with database.write() as session:
        session.connection()
        installation = session.scalars(select(Installation)).one_or_none()
        keys = load_keys(settings.key_path(), create=installation is None, text=settings.key)
        check = keys.mac("key-check", "installation")
        if installation is None:
            session.add(Installation(id=1, key_check=check, change_no=0))
            audit.start_chain(session, keys)
        elif not same(installation.key_check, check):
            raise StartupError(
                f"The key in {settings.key_path()} is not the one this database was made with. "
                "Restore the right key file, or set REUNITE_KEY_FILE to it."
            )
    return keys
