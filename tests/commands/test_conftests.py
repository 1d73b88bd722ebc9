"""What pytest is told to leave alone by a hook, wherever that is, no command changes."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.harness import typed
from tests.test_cli import Project, project

__all__ = ["project"]

HOOK = """
def schemadrift_ignore_change(change):
    return "we keep it" if change.code == "SD202" else None
"""
OBJECT = """
class Hooks:
    def schemadrift_ignore_change(self, change):
        return True

def pytest_configure(config):
    config.pluginmanager.register(Hooks())
"""
TABLE = "CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, email VARCHAR(255) NOT NULL, age INT{});"
HEARD = {
    "a test folder": {"tests/conftest.py": HOOK},
    "testpaths": {"checks/conftest.py": HOOK, "pytest.ini": "[pytest]\ntestpaths = checks"},
    "a plugin": {"conftest.py": 'pytest_plugins = ["plug"]', "plug.py": HOOK},
    "a plugin of a plugin": {
        "conftest.py": 'pytest_plugins = "a"',
        "a.py": 'pytest_plugins = ("b.c",)',
        "b/c.py": HOOK,
    },
    "an import": {"tests/conftest.py": "from plug import schemadrift_ignore_change", "plug.py": HOOK},
    "an import of all": {"conftest.py": "from plug import *", "plug.py": HOOK},
    "an option": {"tox.ini": "[pytest]\naddopts = -q -p plug", "plug.py": HOOK},
    "on a path": {"setup.cfg": "[tool:pytest]\npythonpath = lib\naddopts = -pplug", "lib/plug.py": HOOK},
    "the environment": {"plug.py": HOOK},
    "options in the environment": {"plug.py": HOOK},
}
ENVIRONMENT = {
    "the environment": {"PYTEST_PLUGINS": "plug"},
    "options in the environment": {"PYTEST_ADDOPTS": "-v -p plug"},
}
UNHEARD = {
    "further below": {"tests/slow/conftest.py": HOOK},
    "beside the code": {"shop/parts/conftest.py": HOOK},
    "imported below": {"tests/slow/conftest.py": "from plug import *", "plug.py": HOOK},
    "an object": {"conftest.py": OBJECT},
}
Write = Callable[[dict[str, str]], None]


@pytest.fixture
def write(project: Project) -> Write:
    """A database with a column too many, and files."""

    def make(files: dict[str, str]) -> None:
        project.database(TABLE.format(", fax TEXT") + "INSERT INTO users VALUES (1, 'a@x', 2, '123');")
        for name, text in files.items():
            path = Path(project.folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    return make


def faxes(folder: Path) -> list[tuple[str]]:
    (path,) = folder.glob("*.sqlite3")
    connection = sqlite3.connect(path)
    found = connection.execute("SELECT fax FROM users").fetchall()
    connection.close()
    return found


@pytest.mark.tried("a hook that pytest hears, in each of the places where it may be")
@pytest.mark.parametrize("where", HEARD)
def test_a_hook_is_heard_wherever_pytest_finds_it(where: str, project: Project, write: Write) -> None:
    write(HEARD[where])
    environment = ENVIRONMENT.get(where)
    done = typed(project.folder, "apply", "--yes", "--no-safe", environment=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "accepted (1 we keep it)" in typed(project.folder, "check", environment=environment).stdout
    assert faxes(project.folder) == [("123",)]


@pytest.mark.parametrize("where", UNHEARD)
def test_a_hook_that_is_not_heard_stops_what_would_change_something(
    where: str,
    project: Project,
    write: Write,
) -> None:
    write(UNHEARD[where])
    for command in (["apply", "--yes", "--no-safe"], ["plan"]):
        done = typed(project.folder, *command)
        assert done.returncode == 2, done.stdout + done.stderr
        assert "conftest.py has schemadrift_ignore_change, which this command does not load" in done.stderr
    assert "which this command does not load" in typed(project.folder, "check").stdout, "it is named"
    assert faxes(project.folder) == [("123",)]


def test_what_belongs_to_others_is_no_hook_of_the_project(project: Project, write: Write) -> None:
    write({f"{name}/conftest.py": HOOK for name in (".venv", "node_modules/x", "other")} | {"other/pyproject.toml": ""})
    assert typed(project.folder, "apply", "--yes", "--no-safe").returncode == 0
