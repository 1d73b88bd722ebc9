"""What is released: a wheel and an sdist are built, checked, and the wheel is used where nothing else of ours is."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import zipfile
from collections.abc import Callable
from email.message import Message
from email.parser import Parser
from fnmatch import fnmatch
from pathlib import Path

import pytest
from trove_classifiers import classifiers

from tests.harness import ONE_OF

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "pytest_schemadrift"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
SECONDS = 120

Run = Callable[..., subprocess.CompletedProcess[str]]


def run(*command: str | Path, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    hidden = ("PYTHONPATH", "PYTEST_ADDOPTS", "TORTOISE_ORM", "VIRTUAL_ENV")
    inherited = {name: value for name, value in os.environ.items() if name not in hidden}
    return subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**inherited, "NO_COLOR": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the sdist, and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("dist")
    done = run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    return next(built.glob("*.whl"))


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        name = next(item for item in archive.namelist() if item.endswith(".dist-info/METADATA"))
        return Parser().parsestr(archive.read(name).decode())


def test_an_index_accepts_both(built: Path) -> None:
    done = run(sys.executable, "-m", "twine", "check", "--strict", *built.iterdir())
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("PASSED") == 2


def test_the_metadata_say_what_it_is(metadata: Message) -> None:
    assert metadata["Name"] == "pytest-schemadrift"
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Description-Content-Type"] == "text/markdown"
    found = metadata.get_all("Classifier") or []
    assert "Framework :: Pytest" in found and "Typing :: Typed" in found
    assert set(found) <= classifiers
    assert not [name for name in found if name.startswith("License ::")], "the expression says it"
    supported = [name.rpartition(" ")[2] for name in found if name.startswith("Programming Language :: Python :: 3.")]
    assert f"{sys.version_info.major}.{sys.version_info.minor}" in supported
    assert set(metadata.get_all("Provides-Extra") or []) == set(PROJECT["optional-dependencies"])


def test_an_index_shows_no_link_that_leads_nowhere(metadata: Message) -> None:
    text = str(metadata.get_payload())
    targets = re.findall(r"\]\(([^)]*)\)", text)
    assert targets and all(target.startswith("https://") for target in targets), targets
    assert "no false drift, no missed drift, no lost row" in text and "<!--" not in text
    assert not metadata.get_all("Project-URL"), "no address is true yet"


def test_every_dependency_has_a_lower_bound(metadata: Message) -> None:
    for requirement in metadata.get_all("Requires-Dist") or []:
        assert ">=" in requirement or requirement.startswith("pytest-schemadrift["), requirement


def test_the_wheel_has_the_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    ours = {
        str(path.relative_to(ROOT)) for path in PACKAGE.rglob("*") if path.is_file() and "__pycache__" not in path.parts
    }
    assert {"pytest_schemadrift/py.typed", "pytest_schemadrift/report/schema.json"} <= names
    assert ours <= names
    assert not [name for name in names - ours if not fnmatch(name, "pytest_schemadrift-*.dist-info/*")]
    assert any(name.endswith("/licenses/LICENSE") for name in names)


def test_the_sdist_has_what_is_needed_to_test_it(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = ["LICENSE", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "Makefile", "mkdocs.yml"]
    assert set(wanted) <= names
    assert {"tests/conftest.py", "docs/generate.py", "examples/shop/pyproject.toml"} <= names
    waste = ("*.sqlite3*", "*__pycache__*", "*.pyc", ".venv/*", "build/*", "dist/*", "findings/*")
    assert not [name for name in names if any(fnmatch(name, pattern) for pattern in waste)]


def environment(home: Path, *wheels: Path) -> Path:
    """The ``bin`` folder of an environment with these wheels; what they depend on comes from ours, behind them."""
    assert run(sys.executable, "-m", "venv", "--without-pip", home).returncode == 0
    site = next(home.glob("lib/python*/site-packages"))
    python = home / "bin" / "python"
    done = run(sys.executable, "-m", "uv", "pip", "install", "--python", python, "--no-deps", "--offline", *wheels)
    assert done.returncode == 0, done.stderr
    (site / "zz_dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return home / "bin"


@pytest.fixture(scope="module")
def clean(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ``bin`` folder of an environment with the wheel."""
    return environment(tmp_path_factory.mktemp("clean") / "venv", wheel)


def test_the_package_that_is_used_is_that_of_the_wheel(clean: Path, tmp_path: Path) -> None:
    script = "import pytest_schemadrift as p, pytest_schemadrift.plugin.hooks; print(p.__file__, p.__all__)"
    done = run(clean / "python", "-W", "error", "-c", script, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(clean.parent)), done.stdout


def test_the_command_and_the_plugin_are_there(clean: Path, tmp_path: Path) -> None:
    project = tmp_path / "notes"
    shutil.copytree(ROOT / "examples" / "notes", project, ignore=shutil.ignore_patterns("__pycache__", "*.sqlite3*"))
    (project / "notes.sqlite3").touch()
    version = run(clean / "schemadrift", "--version", cwd=project)
    assert version.stdout.strip() == f"schemadrift, version {PROJECT['version']}"
    applied = run(clean / "schemadrift", "apply", "--yes", cwd=project)
    assert applied.returncode == 0, applied.stdout + applied.stderr
    tested = run(clean / "python", "-m", "pytest", "--schema-drift", "-q", "-p", "no:asyncio", cwd=project)
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert "3 passed" in tested.stdout


def test_two_databases_are_compared_beside_a_project_that_cannot_be_imported(clean: Path, tmp_path: Path) -> None:
    """As docs/without-models.md says: an environment of its own, next to whatever the project is pinned to."""
    (tmp_path / "pyproject.toml").write_text('[tool.tortoise]\ntortoise_orm = "settings.TORTOISE_ORM"\n')
    (tmp_path / "settings.py").write_text("raise RuntimeError('the project was imported')\n")
    columns = {"fresh": "id INTEGER PRIMARY KEY, email VARCHAR(255)", "live": "id INTEGER PRIMARY KEY"}
    for name, text in columns.items():
        with contextlib.closing(sqlite3.connect(tmp_path / f"{name}.db")) as database:
            database.execute(f"CREATE TABLE customers ({text})")
    drifted = run(clean / "schemadrift", "diff", "sqlite://live.db", "sqlite://fresh.db", "--exit-code", cwd=tmp_path)
    assert (drifted.returncode, drifted.stderr) == (1, "")
    assert 'ADD COLUMN "email" VARCHAR(255)' in drifted.stdout
    same = run(clean / "schemadrift", "diff", "sqlite://fresh.db", "sqlite://fresh.db", "--exit-code", cwd=tmp_path)
    assert (same.returncode, same.stdout, same.stderr) == (0, "", "")


@pytest.mark.skipif(ONE_OF != 1, reason="builds a second wheel: make test ALL=1")
def test_a_package_of_somebody_else_adds_what_its_hooks_say(wheel: Path, tmp_path: Path) -> None:
    """``third_party`` is one: a format, a line of pytest's header, tables that are no drift."""
    source, dist = tmp_path / "third_party", tmp_path / "dist"
    shutil.copytree(ROOT / "tests" / "packaging" / "third_party", source)
    done = run(sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", dist, cwd=source)
    assert done.returncode == 0, done.stdout + done.stderr
    bin_ = environment(tmp_path / "venv", wheel, *dist.glob("*.whl"))
    project = tmp_path / "notes"
    shutil.copytree(ROOT / "examples" / "notes", project, ignore=shutil.ignore_patterns("__pycache__", "*.sqlite3*"))
    with (project / "pyproject.toml").open("a") as settings:
        settings.write('unmanaged = "fail"\n')
    with contextlib.closing(sqlite3.connect(project / "notes.sqlite3")) as database:
        database.execute("CREATE TABLE old_notes (id INTEGER PRIMARY KEY)")
    check = (bin_ / "schemadrift", "check")
    drifted = run(*check, "--format", "chat", cwd=project)
    assert (drifted.returncode, drifted.stderr) == (1, "")
    assert re.fullmatch(r":database: default: [1-9] change\(s\)\n", drifted.stdout), drifted.stdout
    unknown = run(*check, "--format", "chit", cwd=project)
    assert unknown.returncode == 2 and "html, chat" in unknown.stderr, unknown.stderr
    applied = run(bin_ / "schemadrift", "apply", "--yes", cwd=project)
    assert applied.returncode == 0, applied.stdout + applied.stderr
    same = run(*check, "-v", cwd=project)
    assert same.returncode == 0 and "of the older system" in same.stdout, same.stdout
    tested = run(bin_ / "python", "-m", "pytest", "--schema-drift", "-p", "no:asyncio", cwd=project)
    assert tested.returncode == 0 and "chat: #database" in tested.stdout, tested.stdout + tested.stderr
    typed = run(
        sys.executable, "-m", "mypy", "--strict", f"--python-executable={bin_ / 'python'}", "drift_for_chat", cwd=source
    )
    assert typed.returncode == 0, typed.stdout


def test_a_type_checker_sees_the_types(clean: Path, tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    (tmp_path / "use.py").write_text(
        "from pytest_schemadrift import parse_sql\n\nreveal_type(parse_sql('', 'sqlite'))\n"
    )
    python = f"--python-executable={clean / 'python'}"
    done = run(sys.executable, "-m", "mypy", python, "--follow-imports=silent", "use.py", cwd=tmp_path)
    assert "pytest_schemadrift.schema.model.Schema" in done.stdout, done.stdout
