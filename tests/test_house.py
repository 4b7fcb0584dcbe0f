"""The rules of the house that no compiler holds."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("reunite", "matching", "api", "workers")
FOLDERS = {*PACKAGES, "tests", "benchmarks", "docs", "constraints"}
# What runs leave behind; .gitignore names the same.
LEFT_BEHIND = {"data", "demo-data", "build", "dist", "reunite.egg-info", "__pycache__"}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
GROUPS = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
PEERS, ATTACK = GROUPS["peers"], GROUPS["attack"]
LONGEST = 300
TEXT = {".py", ".toml", ".txt", ".html", ".css", ".js", ".po", ".mako", ".yml", ".ini", ""}


def sources(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def name_of(requirement: str) -> str:
    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert match
    return match[0].lower()


def pins(file: str) -> dict[str, str]:
    text = (ROOT / "constraints" / file).read_text()
    return dict(re.findall(r"^([a-z0-9][a-z0-9._-]*)(?:\[[^\]]*\])?==([^\s;\\]+)", text, re.MULTILINE))


@pytest.mark.parametrize("package", PACKAGES)
def test_no_module_has_more_than_one_idea_worth_of_lines(package: str) -> None:
    modules = sources(package)
    assert modules
    long = {str(path.relative_to(ROOT)): lines for path in modules if (lines := _lines(path)) > LONGEST}
    assert not long


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in sources(*PACKAGES)
        if not path.read_text().lstrip().startswith('"""') and path.read_text().strip()
    ]
    assert not silent


def test_the_top_level_has_the_folders_of_the_plan_and_no_other() -> None:
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")}
    assert folders - LEFT_BEHIND <= FOLDERS
    assert set(PACKAGES) <= folders


def test_what_runs_leave_behind_is_ignored_by_git() -> None:
    ignored = {line.strip("/\n") for line in (ROOT / ".gitignore").read_text().splitlines()}
    assert {
        "data",
        "demo-data",
        "build",
        "dist",
        "*.egg-info",
        "__pycache__",
        ".venv",
        ".venv-attack",
        ".venv-peers",
    } <= ignored


def test_no_link_to_a_place_outside_is_kept() -> None:
    kept = subprocess.run(["git", "ls-files", "-s"], cwd=ROOT, capture_output=True, text=True)
    if kept.returncode != 0:
        pytest.skip("this is no clone")
    assert [line for line in kept.stdout.splitlines() if line.startswith("120000")] == []


def test_imports_go_one_way() -> None:
    command = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([str(command), "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_pins_carry_hashes_and_name_no_download_host() -> None:
    for path in sorted((ROOT / "constraints").glob("*.txt")):
        text = path.read_text()
        assert "://" not in text
        assert "--index-url" not in text
        assert "--find-links" not in text
        pinned = re.findall(r"^[a-z0-9][^\n]*==[^\n]*", text, re.MULTILINE)
        assert pinned
        assert all(line.endswith("\\") for line in pinned), f"a pin in {path.name} has no hash"


def test_every_dependency_is_pinned_and_both_pin_files_agree() -> None:
    run, test = pins("run.txt"), pins("test.txt")
    assert {name_of(line) for line in PROJECT["dependencies"]} <= set(run)
    assert {name_of(line) for line in PROJECT["optional-dependencies"]["test"]} <= set(test)
    assert {name: version for name, version in run.items() if test.get(name) != version} == {}
    peers = pins("peers.txt")
    assert {name_of(line) for line in PEERS} <= set(peers)
    assert {name: version for name, version in peers.items() if run.get(name, version) != version} == {}
    assert {name_of(line) for line in ATTACK} <= set(pins("attack.txt"))
    assert pins("build.txt")["setuptools"] == test.get("setuptools", pins("build.txt")["setuptools"])


def test_every_dependency_has_its_reason() -> None:
    page = (ROOT / "docs/decisions/dependencies.md").read_text()
    reasons = dict(re.findall(r"^\| `([^`]+)` \| (.+?) \|", page, re.MULTILINE))
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    named = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["test"], *PEERS, *ATTACK, *build]
    assert {name_of(line) for line in named} == {name_of(name) for name in reasons}
    assert all(len(reason) > 20 for reason in reasons.values())


def test_nothing_names_a_folder_of_somebodys_machine_or_a_download_host() -> None:
    folder = re.compile(r"(?<![\w.])/(?:work|root|home|Users|opt)/")
    host = re.compile(r"(?:pythonhosted|pypi)\.(?:org|io)", re.IGNORECASE)
    files = [path for name in FOLDERS - {"docs"} for path in (ROOT / name).rglob("*") if path.suffix in TEXT]
    files += [
        ROOT / name for name in ("Makefile", "Dockerfile", "docker-compose.yml", "pyproject.toml", ".ci/run")
    ]
    for path in files:
        if path.is_file() and "__pycache__" not in path.parts:
            text = path.read_text()
            assert not folder.search(text), path
            assert not host.search(text), path


def test_every_setting_is_described_in_the_manual() -> None:
    from reunite.config import Settings

    manual = (ROOT / "docs/operate.md").read_text()
    missing = [name for name in Settings.model_fields if f"`REUNITE_{name.upper()}`" not in manual]
    assert not missing


@pytest.mark.parametrize(
    "page",
    [
        *("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"),
        *(str(path.relative_to(ROOT)) for path in sorted((ROOT / "docs").rglob("*.md"))),
    ],
)
def test_links_of_a_page_lead_somewhere(page: str) -> None:
    path = ROOT / page
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", path.read_text())
    assert not [link for link in links if not (path.parent / link).exists()]


@pytest.mark.parametrize("page", ["docs/asvs.md", "docs/threat-model.md", "docs/privacy.md"])
def test_what_a_page_about_safety_points_to_is_there(page: str) -> None:
    named = re.findall(
        r"`((?:api|reunite|matching|workers|tests|docs|constraints)/[\w./-]*)`", (ROOT / page).read_text()
    )
    assert not [path for path in named if not (ROOT / path).exists()]


def test_every_requirement_of_asvs_is_answered_and_only_once() -> None:
    rows = re.findall(
        r"^\| ([\d.–, ]+) \| .+ \| (\S+) \| .+ \|$", (ROOT / "docs/asvs.md").read_text(), re.MULTILINE
    )
    assert len(rows) > 150
    assert len({number for number, _ in rows}) == len(rows)
    assert {answer for _, answer in rows} <= {"yes", "no", "n/a", "partly"}


def test_the_commands_of_the_readme_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z-]+)\b(?=`|\n|\s+#)", (ROOT / "README.md").read_text()))
    assert named
    assert named <= targets


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not here")
def test_an_old_python_is_refused_in_words(tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    shutil.copy(ROOT / "Makefile", tmp_path / "Makefile")
    shutil.copy(ROOT / "pyproject.toml", tmp_path / "pyproject.toml")
    shutil.copytree(ROOT / "constraints", tmp_path / "constraints")
    done = subprocess.run(["make", "run", f"PYTHON={old}"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode != 0
    assert "needs Python 3.11 or newer" in done.stdout
    assert not (tmp_path / ".venv").exists()


def _lines(path: Path) -> int:
    return len(path.read_text().splitlines())
