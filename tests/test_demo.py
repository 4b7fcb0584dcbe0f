"""The demonstration: invented reports, candidates found while one watches, one random password a role, shown once."""

import re
from pathlib import Path

from benchmarks import generator
from reunite.config import Settings
from reunite.policy import Role
from tests.processes import command
from tests.visitor import Visitor


def test_the_demo_shows_addresses_and_passwords_once_and_everybody_can_sign_in(tmp_path: Path) -> None:
    generator.write(generator.generate(30, 30, 20, 1, "demo"), tmp_path / "generated")
    settings = Settings(data_dir=tmp_path / "demo", port=0)
    with command(settings, "-m", "reunite", "demo", str(tmp_path / "generated")) as demo:
        demo.wait_for(r"auditor@demo\.invalid")
        demo.wait_for(r"admin +[0-9A-Z]{4}-[0-9A-Z-]+\s+\S+\s+\S+")
        address = demo.wait_for(r"(http://[\d.:]+)/sign-in")[1]
        told = re.findall(r"(\w+)\s+│ (\S+@demo\.invalid)\s*│ (\S+)", demo.output())
        codes = dict(
            re.findall(r"(coordinator|police|admin) +([0-9A-Z]{4}(?:-[0-9A-Z]{4}){5})", demo.output())
        )
        waiting = int(demo.wait_for(r"(\d+) candidates wait for people")[1])
        assert demo.stop() == 0
    assert {role for role, _, _ in told} == {role.value for role in Role}
    assert len({password for *_, password in told}) == len(told)
    assert waiting >= 10
    with command(settings, "-m", "reunite", "demo", str(tmp_path / "generated")) as again:
        address = again.wait_for(r"(http://[\d.:]+)/sign-in")[1]
        again.wait_for("The passwords were shown at the first start")
        assert set(codes) == {"coordinator", "police", "admin"}
        for role, email, password in told:
            assert password not in again.output()
            with Visitor.at(address) as staff:
                staff.sign_in(email, password, codes.get(role, ""))
                assert staff.page.url.path in ("/queue", "/board", "/referrals", "/people", "/log")
        with Visitor.at(address) as volunteer:
            volunteer.sign_in(*told[0][1:])
            assert len([link for link in volunteer.links if link.startswith("/candidates/")]) >= 10
