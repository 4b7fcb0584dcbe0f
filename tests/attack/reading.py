"""Rules that read the code (semgrep, with rules of our own): clean code, and each rule catches its seeded mistake."""

import json
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("api", "reunite", "matching", "workers")
_RULES = Path(__file__).with_name("rules.yml")
_TOOL = ROOT / ".venv-attack/bin/semgrep"

# The rule, the name of a file, and a mistake in it that the rule must find.
SEEDED = (
    ("route-without-needs", "route.py", '@router.get("/all")\ndef all_reports(ctx: Ctx) -> Response:\n    return x\n'),
    ("route-without-needs", "later.py", '@router.post("/a", status_code=201)\nasync def a() -> None:\n    return x\n'),
    ("sql-made-of-text", "sql.py", "session.execute(text(f\"SELECT 1 FROM report WHERE name = '{name}'\"))\n"),
    ("sql-made-of-text", "percent.py", 'session.execute(text("DELETE FROM report WHERE id = %s" % number))\n'),
    ("sql-made-of-text", "driver.py", 'connection.exec_driver_sql("SELECT " + column)\n'),
    ("markup-made-of-text", "markup.py", "from markupsafe import Markup\nshown = Markup(name)\n"),
    ("markup-made-of-text", "filled.py", 'from markupsafe import Markup\nshown = Markup(f"<b>{name}</b>")\n'),
    ("template-without-escaping", "safe.html", "<p>{{ name | safe }}</p>\n"),
    ("template-without-escaping", "inline.html", '<a href="/" onclick="go()">x</a>\n'),
    ("environment-without-escaping", "env.py", "import jinja2\nmade = jinja2.Environment(loader=loader)\n"),
    ("person-in-the-log", "log.py", 'log.info("filed", name=person["name"])\n'),
    ("sentence-in-the-log", "said.py", 'log.warning(f"cannot match {person}")\n'),
    ("random-for-secrets", "chance.py", "import random\ntoken = random.getrandbits(128)\n"),
    ("compared-before-its-end", "compare.py", "if csrf == expected:\n    pass\n"),
)  # fmt: skip


def findings(folder: Path, *targets: str) -> list[tuple[str, str, int]]:
    """Rule, file and line of everything found; raises AssertionError where a file or a rule could not be read."""
    done = subprocess.run(
        [str(_TOOL), "scan", "--metrics=off", "--disable-version-check", "--no-git-ignore", "--quiet", "--json",
         "--config", str(_RULES), *targets],
        cwd=folder, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    said = json.loads(done.stdout)
    assert not said["errors"], said["errors"]
    assert said["paths"]["scanned"], "nothing was read"
    return [
        (one["check_id"].rpartition(".")[2], one["path"], one["start"]["line"]) for one in said["results"]
    ]


def uncaught() -> list[tuple[str, str]]:
    """The seeded mistakes that their rule does not find."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for _, name, mistake in SEEDED:
            (folder / name).write_text(mistake)
        found = {(rule, Path(path).name) for rule, path, _ in findings(folder, ".")}
    return [(rule, name) for rule, name, _ in SEEDED if (rule, name) not in found]
