"""``schemadrift init``: what is found by reading, what is written, and that a second time changes nothing."""

from __future__ import annotations

import json
import os
import pty
import sqlite3
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import tomlkit
import yaml

from pytest_schemadrift.commands.init import find_candidates, with_section
from pytest_schemadrift.errors import ConfigurationError
from tests import forks

DICT = 'TORTOISE_ORM = {"connections": {"default": "sqlite://x.db"}, "apps": {"shop": {"models": ["shop.models"]}}}\n'


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def schemadrift(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in ("TORTOISE_ORM", "COLUMNS")}
    return subprocess.run(
        [*forks.command("pytest_schemadrift"), *arguments],
        cwd=folder,
        env=environment | {"PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("files", "dotted"),
    [
        ({"app/settings.py": DICT}, ["app.settings.TORTOISE_ORM"]),
        ({"settings.py": "raise SystemExit('not to be run')\n" + DICT}, ["settings.TORTOISE_ORM"]),
        ({"src/app/db.py": DICT.replace("TORTOISE_ORM =", "CONFIG: dict =")}, ["app.db.CONFIG"]),
        ({"app/__init__.py": DICT}, ["app.TORTOISE_ORM"]),
        ({"app/db.py": "C = TortoiseConfig(connections=a, apps=b)  # tortoise\n"}, ["app.db.C"]),
        (
            {"app/main.py": "from .settings import DB as D\nregister_tortoise(app, config=D)\n", "app/__init__.py": ""},
            ["app.settings.DB"],
        ),
        (
            {"app/web/main.py": "from ..settings import DB\nwith RegisterTortoise(app, config=DB): pass\n"},
            ["app.settings.DB"],
        ),
        (
            {"main.py": "from app import conf\nimport tortoise\nawait_ = tortoise.Tortoise.init(config='a.b.C')\n"},
            ["a.b.C"],
        ),
        (
            {
                "app/settings.py": DICT,
                "main.py": "from app.settings import TORTOISE_ORM\nTortoise.init(TORTOISE_ORM)\n",
            },
            ["app.settings.TORTOISE_ORM"],
        ),
        ({"tests/conf.py": DICT, "zoo/conf.py": DICT}, ["zoo.conf.TORTOISE_ORM", "tests.conf.TORTOISE_ORM"]),
        ({".venv/pyvenv.cfg": "", ".venv/a.py": DICT, "env/pyvenv.cfg": "", "env/lib/a.py": DICT}, []),
        ({"broken.py": "tortoise = (", "other.py": "tortoise = {'connections': 1}\n"}, []),
        ({"main.py": "Tortoise.init(config=make())\ndef f(config): Tortoise.init(config=config)\n"}, ["", ""]),
        ({"main.py": f"async def start():\n    {DICT}    await Tortoise.init(config=TORTOISE_ORM)\n"}, [""]),
        (
            {
                "app/conf.py": "class Settings:\n    @property\n    def database(self):\n"
                f"        {DICT}        return TORTOISE_ORM\n"
                f"    def other(self, url): return {DICT[14:]}settings = Settings()\n",
            },
            ["app.conf.settings.database"],
        ),
        (
            {"app/conf.py": f"class Base:\n    {DICT}class Live(Base):\n    debug = False\n"},
            ["app.conf.Base.TORTOISE_ORM"],
        ),
        (
            {
                "app/conf/values.py": f"class Settings(BaseSettings):\n    {DICT}\nsettings = Settings()\n",
                "app/conf/__init__.py": "from .values import settings\nTORTOISE_ORM = settings.TORTOISE_ORM\n",
                "app/main.py": "from app.conf.values import settings as s\nTortoise.init(config=s.TORTOISE_ORM)\n",
            },
            ["app.conf.values.settings.TORTOISE_ORM"],
        ),
        (
            {
                "app/db.py": f"def config(url=None):\n    {DICT.replace('TORTOISE_ORM =', 'return')}",
                "app/main.py": "import app.db\nimport app.db as d\nasync def start():\n"
                "    await Tortoise.init(config=app.db.config())\n    await Tortoise.init(d.config())\n",
            },
            ["app.db.config"],
        ),
        ({"app/db.py": f"def config(url):\n    {DICT.replace('TORTOISE_ORM =', 'return')}"}, []),
    ],
)
def test_what_is_found_by_reading(tmp_path: Path, files: dict[str, str], dotted: list[str]) -> None:
    write(tmp_path, files)
    assert [item.dotted for item in find_candidates(tmp_path)] == dotted


@pytest.mark.processes
def test_pieces_of_a_call_are_shown_as_the_dictionary_that_they_would_be(tmp_path: Path) -> None:
    call = 'import os\nTortoise.init(db_url="postgres://u:s3cret@h/d", modules={"shop": ["shop.models"]})\n'
    write(tmp_path, {"main.py": call})
    (found,) = find_candidates(tmp_path)
    scope: dict[str, Any] = {}
    exec(found.dictionary, scope)
    assert scope["TORTOISE_ORM"]["apps"] == {"shop": {"models": ["shop.models"], "default_connection": "default"}}
    done = schemadrift(tmp_path, "init")
    assert done.returncode == 2
    assert "main.py:2" in done.stderr
    assert "\"models\": ['shop.models']" in done.stderr
    assert "s3cret" not in done.stdout + done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["main.py"], "nothing is written where nothing is known"
    write(tmp_path, {"main.py": call.replace("shop.models", "__main__")})
    exec(find_candidates(tmp_path)[0].dictionary, scope)
    assert scope["TORTOISE_ORM"]["apps"]["shop"]["models"] == ["main"], "as others import the program that is run"
    write(tmp_path, {"main.py": call.replace('{"shop": ["shop.models"]}', "MODULES")})
    exec("MODULES = {'shop': ['shop.models']}\n" + find_candidates(tmp_path)[0].dictionary, scope)
    assert scope["TORTOISE_ORM"]["apps"] == {"shop": {"models": ["shop.models"], "default_connection": "default"}}
    write(tmp_path, {"main.py": "def start():\n    config = read()\n    Tortoise.init(config)\n"})
    done = schemadrift(tmp_path, "init")
    assert done.returncode == 2
    assert "where: main.py:3 (given to Tortoise.init)" in done.stderr
    assert "a function that returns it" in done.stderr
    write(tmp_path, {"main.py": "from tortoise import Tortoise\nTortoise.init(config_file='conf/my db.json')\n"})
    done = schemadrift(tmp_path, "init")
    assert "where: main.py:2 (a file given to Tortoise.init)" in done.stderr
    assert "schemadrift --config-file 'conf/my db.json' check" in done.stderr
    named = {"connections": {"default": "sqlite://x.db"}, "apps": {"shop": {"models": ["m"]}}}
    write(tmp_path, {"conf/my db.json": json.dumps(named)})
    done = schemadrift(tmp_path, "--config-file", "conf/my db.json", "init", "--no-check")
    assert (done.returncode, "give --config-file each time" in done.stdout) == (0, True)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[project]\nname = 'a'  # mine\n",
        "[project]\nname = 'a'",
        '[tool.ruff]\nline-length = 99\n\n[[tool.x]]\na = """\n[tool.schemadrift]\n"""\n',
        '[tool.schemadrift]  # ours\nexclude = ["a"]\n\n[tool.ruff]\n',
        "[tool.schemadrift.databases.default]\nprovider = 'auto'\n",
    ],
)
def test_only_one_key_is_added(text: str) -> None:
    try:
        new = with_section(text, "a.B")
    except ConfigurationError as error:
        assert 'add by hand: [tool.schemadrift] tortoise_orm = "a.B"' in error.hint
        assert '"""' in text, "only what cannot be told apart is refused"
        return
    wanted = tomlkit.parse(text)
    wanted.setdefault("tool", {}).setdefault("schemadrift", {})["tortoise_orm"] = "a.B"
    assert tomllib.loads(new) == wanted.unwrap()
    lines = iter(new.splitlines())
    assert all(line in lines for line in text.splitlines()), "every line stays, in its order"


@pytest.mark.parametrize("text", ["tool = {ruff = {}}\n", "[tool]\nschemadrift = {safe = true}\n", "= broken"])
def test_what_cannot_be_added_safely_is_left_to_the_user(text: str) -> None:
    with pytest.raises(ConfigurationError, match="nothing can be added safely"):
        with_section(text, "a.B")


MODELS = """
from tortoise import fields
from tortoise.models import Model

class User(Model):
    id = fields.IntField(primary_key=True)

    class Meta:
        table = "users"
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    write(tmp_path, {"shop/__init__.py": "", "shop/models.py": MODELS, "shop/settings.py": DICT})
    with sqlite3.connect(tmp_path / "x.db") as connection:
        connection.execute("CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL)")
    connection.close()
    return tmp_path


def contents(folder: Path) -> dict[str, str]:
    return {str(path): path.read_text("latin-1") for path in folder.rglob("*") if path.is_file()}


@pytest.mark.processes
def test_from_nothing_to_the_first_check_and_again(shop: Path) -> None:
    done = schemadrift(shop, "init", "--commit-hook", "--ci")
    assert (done.returncode, done.stderr) == (0, "")
    assert "in sync (1 table" in done.stdout
    (entry,) = yaml.safe_load((shop / ".pre-commit-config.yaml").read_text())["repos"]
    assert entry["repo"] == "local", "no address is invented"
    job = yaml.safe_load((shop / ".github/workflows/schemadrift.yml").read_text())
    assert job["jobs"]["drift"]["steps"][-2]["run"] == "pip install . pytest-schemadrift"
    before = contents(shop)
    again = schemadrift(shop, "init", "--commit-hook", "--ci")
    assert again.returncode == 0
    assert "configured already" in again.stdout
    assert contents(shop) == before


@pytest.mark.processes
@pytest.mark.parametrize(
    ("url", "section", "image", "migrate"),
    [
        ("asyncpg://u@h/d", "", "postgres:16", "schemadrift migrate"),
        ("mysql://u@h/d", "", "mysql:8.4", "schemadrift migrate"),
        (
            "mysql://u@h/d",
            '[tool.schemadrift.databases.default]\nprovider = "mariadb"\n',
            "mariadb:11.8",
            "aerich upgrade",
        ),
    ],
)
def test_a_job_with_a_service(shop: Path, url: str, section: str, image: str, migrate: str) -> None:
    write(shop, {"shop/settings.py": DICT.replace("sqlite://x.db", url), "pyproject.toml": section})
    if migrate.startswith("aerich"):
        write(shop, {"migrations/shop/1_20260101000000_init.py": "async def upgrade(db): return ''\n"})
        aerich = '[tool.aerich]\ntortoise_orm = "shop.settings.TORTOISE_ORM"\nlocation = "./migrations"\n'
        write(shop, {"pyproject.toml": section + aerich})
    done = schemadrift(shop, "init", "--ci", "--service", "--no-check")
    assert done.returncode == 0, done.stderr
    jobs = yaml.safe_load((shop / ".github/workflows/schemadrift.yml").read_text())["jobs"]
    assert set(jobs) == {"drift", "migrated-database"}
    job = jobs["migrated-database"]
    assert job["services"]["database"]["image"] == image
    assert [step["run"] for step in job["steps"][-2:]] == [migrate, "schemadrift check --source live --format github"]
    assert job["steps"][2]["run"].startswith("pip install . 'pytest-schemadrift[")


@pytest.mark.processes
def test_sqlite_needs_no_service(shop: Path) -> None:
    done = schemadrift(shop, "init", "--ci", "--service", "--no-check")
    assert done.returncode == 2 and "SQLite needs no service" in done.stderr


@pytest.mark.processes
def test_what_is_there_is_not_touched(shop: Path) -> None:
    write(shop, {".pre-commit-config.yaml": "repos: []\n", ".github/workflows/schemadrift.yml": "mine\n"})
    done = schemadrift(shop, "init", "--commit-hook", "--ci", "--no-check")
    assert done.returncode == 0
    assert "add this to its repos:\n  - repo: " in done.stdout
    assert (shop / ".pre-commit-config.yaml").read_text() == "repos: []\n"
    assert (shop / ".github/workflows/schemadrift.yml").read_text() == "mine\n"


@pytest.mark.processes
def test_a_drift_is_told_and_is_no_failure(shop: Path) -> None:
    (shop / "shop/models.py").write_text(MODELS.replace("    class", "    age = fields.IntField()\n\n    class"))
    done = schemadrift(shop, "init")
    assert done.returncode == 0
    assert "column users.age" in done.stdout


@pytest.mark.processes
def test_several_are_asked_about_once(shop: Path) -> None:
    write(shop, {"other/settings.py": DICT})
    done = schemadrift(shop, "init")
    assert done.returncode == 2
    assert "2 configurations" in done.stderr
    assert not (shop / "pyproject.toml").exists()
    assert schemadrift(shop, "--config", "shop.settings.TORTOISE_ORM", "init").returncode == 0
    (shop / "pyproject.toml").unlink()
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest_schemadrift", "init", "--no-check", "--no-ci", "--no-commit-hook"],
        cwd=shop,
        stdin=follower,
        stdout=follower,
        stderr=follower,
    )
    os.write(leader, b"2\n")
    assert process.wait(60) == 0
    os.close(leader)
    os.close(follower)
    assert 'tortoise_orm = "shop.settings.TORTOISE_ORM"' in (shop / "pyproject.toml").read_text()
