"""Tables that somebody sends to be imported; used by many tests."""

import io

from sqlalchemy import select

from reunite import accounts, import_table
from reunite.actors import Staff
from reunite.policy import Role
from reunite.service import Service
from reunite.storage.staff_tables import StaffRow

_EMAIL = "sender@example.invalid"
TABLE = "编号,儿童姓名,性别,出生日期,走失时间,走失地点,联系电话,备注\r\n" + "".join(
    f"A-{n},王小{name},男,199{n % 10}年5月,2001.3.{n % 27 + 1},四川省成都市,1000555{n:04},门前有一座石桥和一口老井\r\n"
    for n, name in enumerate("明亮军伟强")
)


def a_coordinator(service: Service) -> Staff:
    """A coordinator who is in the database, as whoever sends a table is."""
    with service.database.write() as session:
        known = session.scalar(select(StaffRow.id).where(StaffRow.email == _EMAIL))
        if known is None:
            known = accounts.add(
                session, service.keys, actor="test", email=_EMAIL, name="sender", role=Role.COORDINATOR,
                password_hash="-",
            ).id  # fmt: skip
        return Staff(known, "sender", _EMAIL, Role.COORDINATOR)


def a_table(service: Service, content: str = TABLE, *, name: str = "table.csv", kind: str = "missing",
            encoding: str = "utf-8") -> str:  # fmt: skip
    """Send a table; gives its reference."""
    file = io.BytesIO(content.encode(encoding))
    return import_table.send(service, a_coordinator(service), name, file, source="ngo", kind=kind)
