"""How long it takes until everybody who is to be told of one alert is queued, on SQLite and PostgreSQL.

    python -m benchmarks.alerts [--subscribers 100000]

All live near enough for the first ring, so that every one of them is told at once, half by e-mail and half on a device.
One step is killed in the middle, and at the end it is counted that everybody is queued and nobody twice.
"""

import argparse
import tempfile
import time
from pathlib import Path

from sqlalchemy import func, select

from reunite import alert_spread, alerts, subscriptions
from reunite.config import Settings
from reunite.devices import Device
from reunite.outbox import Channel
from reunite.service import Service, open_service
from reunite.storage import many
from reunite.storage.alert_tables import SubscriptionRow
from reunite.storage.clock import now
from reunite.storage.outbox_tables import DeliveryRow
from tests import servers
from tests.databases import Databases, new_prefix
from tests.reunite.subscribers import NEAR, an_alert

_AT_ONCE = 10_000


def _settings(folder: Path, url: str) -> Settings:
    return Settings(
        data_dir=folder, database_url=url, port=0, public_url="https://reunite.example.org",
        smtp_url="smtp://127.0.0.1:1", mail_from="reunite@example.org",
    )  # fmt: skip


def _reader(number: int) -> tuple[Channel, str, str]:
    """How this one is told, where, and by what of it they are known again."""
    if number % 2:
        device = Device(f"https://fcm.googleapis.com/fcm/send/{number:0150}", "B" * 87, "a" * 22)
        return Channel.PUSH, device.written(), device.address
    return Channel.EMAIL, f"reader{number}@example.org", f"reader{number}@example.org"


def _fill(service: Service, count: int) -> None:
    """So many confirmed subscribers in one county."""
    place = alerts.known_place(NEAR)
    assert place  # noqa: S101 - the gazetteer has it
    for first in range(0, count, _AT_ONCE):
        with service.database.write() as session:
            at, rows = now(session), []
            for number in range(first, min(first + _AT_ONCE, count)):
                channel, address, known_by = _reader(number)
                to_hash = subscriptions.hash_of(service.keys, channel, known_by)
                sealed = service.keys.seal(subscriptions._PURPOSE, to_hash, address)
                rows.append({"place": place.code, "latitude": place.lat, "longitude": place.lon, "language": "zh_Hans",
                             "channel": channel.value, "sealed": sealed, "to_hash": to_hash,
                             "at": at, "confirmed_at": at})  # fmt: skip
            many.put(session, SubscriptionRow, rows)


def _killed(service: Service) -> None:
    """A step that dies after it has queued and before it has committed."""
    put = many.put

    def dies(*args: object, **more: object) -> None:
        put(*args, **more)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    many.put = dies  # type: ignore[assignment]
    try:
        alert_spread.step(service)
    except KeyboardInterrupt:
        pass
    finally:
        many.put = put


def _measure(name: str, settings: Settings, count: int) -> None:
    service = open_service(settings)
    try:
        _fill(service, count)
        an_alert(service)
        with service.database.read() as session:
            before = session.scalars(select(func.count()).select_from(DeliveryRow)).one()
        started, steps, longest = time.perf_counter(), 0, 0.0
        while True:
            begun = time.perf_counter()
            if steps == 2:
                _killed(service)
            if not alert_spread.step(service):
                break
            steps, longest = steps + 1, max(longest, time.perf_counter() - begun)
        took = time.perf_counter() - started
        with service.database.read() as session:
            told = select(func.count(), func.count(DeliveryRow.to_hash.distinct())).where(
                DeliveryRow.once.startswith("alert:")
            )
            rows, people = session.execute(told).one()
        assert rows == people == count, (rows, people, before)  # noqa: S101 - what is measured must be right
        print(
            f"{name}: {rows} queued in {took:.1f} s, {steps} steps and one that was killed, longest {longest:.2f} s"
        )
    finally:
        service.close()


def main() -> None:
    """Measure both databases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--subscribers", type=int, default=100_000)
    count = parser.parse_args().subscribers
    with tempfile.TemporaryDirectory() as folder:
        _measure("SQLite", _settings(Path(folder) / "data", ""), count)
    with tempfile.TemporaryDirectory() as folder, servers.running(servers.postgres()) as server:
        databases = Databases(server.url, new_prefix())
        name = databases.clone(databases.template())
        _measure("PostgreSQL", _settings(Path(folder) / "data", databases.url(name)), count)


if __name__ == "__main__":
    main()
