"""Nothing that could be a password is printed, and what users misconfigure is told in words, without a traceback."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from itertools import count
from pathlib import Path

import pytest

from pytest_schemadrift.cli import main
from pytest_schemadrift.errors import ConnectionFailed, StatementFailed
from pytest_schemadrift.servers import Server, start_server
from pytest_schemadrift.shown import mask, mask_error
from tests.harness import PLUGINS_OFF, as_role

tried = pytest.mark.tried("secrets in URLs, settings and errors, and settings that are wrong")
SECRET = "hunter2two"
URLS = [
    f"asyncpg://u:{SECRET}",
    f"asyncpg://u:{SECRET}@127.0.0.1:1/db?password={SECRET}",
    f"asyncpg://u:x/{SECRET}@127.0.0.1:1/db",
    f"asyncpg://u:1/{SECRET}@127.0.0.1:1/db",
    f"asyncpg://u:1#{SECRET}@127.0.0.1:1/db",
    f"asyncpg://u:1?{SECRET}@127.0.0.1:1/db",
    f"asyncpg://u:[{SECRET}@127.0.0.1:1/db",
    f"mysql://u:x@{SECRET}@127.0.0.1:1/db",
    f"mysql://u:{SECRET}",
    f"asyncpg://u:x@127.0.0.1:{SECRET}/db",
    f"asyncpg://u@[::1]:{SECRET}/db",
]
SERVERS = [pytest.param(kind, marks=getattr(pytest.mark, kind)) for kind in ("postgres", "mariadb")]
_numbers = count()


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str, str]]:
    """A command in a project whose settings module has this text."""

    def call(settings: str, *arguments: str) -> tuple[int, str, str]:
        name = f"secretive_{next(_numbers)}"
        (tmp_path / f"{name}_models.py").write_text(
            "from tortoise import fields\nfrom tortoise.models import Model\n\nprint('models are noisy')\n\n"
            "class A(Model):\n    id = fields.IntField(primary_key=True)\n"
        )
        (tmp_path / f"{name}.py").write_text(settings.replace("MODELS", f"{name}_models"))
        (tmp_path / "pyproject.toml").write_text(f'[tool.schemadrift]\ntortoise_orm = "{name}.TORTOISE_ORM"\n')
        monkeypatch.chdir(tmp_path)
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as ended:
            main(arguments)
        assert isinstance(ended.value.code, int)
        return ended.value.code, out.getvalue(), err.getvalue()

    return call


def with_connection(entry: object) -> str:
    return f'TORTOISE_ORM = {{"connections": {{"default": {entry!r}}}, "apps": {{"a": {{"models": ["MODELS"]}}}}}}\n'


@tried
@pytest.mark.parametrize("url", URLS)
def test_no_url_shows_its_password(run: Callable[..., tuple[int, str, str]], url: str) -> None:
    plain = with_connection("sqlite://x.sqlite3")
    for settings, arguments in (
        (with_connection(url), ("check",)),
        (with_connection(url), ("-v", "check")),
        (plain, ("check", "--database-url", url)),
        (plain, ("diff", url, "models")),
        (plain, ("check", url)),
        (plain, (url,)),
    ):
        code, out, err = run(settings, *arguments)
        assert code == 2, (arguments, err)
        assert SECRET not in out + err, err
        assert "schemadrift: unexpected" not in err
        assert "Traceback" not in err or "-v" in arguments


@tried
@pytest.mark.parametrize("place", [{"host": f"u:{SECRET}@127.0.0.1"}, {"port": SECRET}], ids=["host", "port"])
def test_a_secret_in_host_or_port_is_not_shown(run: Callable[..., tuple[int, str, str]], place: dict[str, str]) -> None:
    credentials = {"host": "127.0.0.1", "port": 1, "user": "u", "password": "x", "database": "d"} | place
    for engine in ("tortoise.backends.asyncpg", "tortoise.backends.mysql"):
        for arguments in (("-v", "check"), ("doctor",)):
            code, out, err = run(with_connection({"engine": engine, "credentials": credentials}), *arguments)
            assert code == 2
            assert SECRET not in out + err, err


@tried
def test_what_a_settings_module_refuses_is_not_quoted(
    run: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = (
        f"1 validation error for S x Input [type=int_parsing, input_value={{'db_pw': '{SECRET}'}}, input_type=dict]"
    )
    code, _, err = run(f"raise ValueError({refused!r})\n", "check")
    assert code == 2
    assert "input_value=***" in err
    monkeypatch.setenv("SHOP_PASSWORD", SECRET)
    code, _, err = run("import os\nint(os.environ['SHOP_PASSWORD'])\n", "-v", "check")
    assert code == 2
    assert SECRET not in err
    assert "invalid literal" in err


@tried
def test_a_missing_variable_is_named_with_its_line(run: Callable[..., tuple[int, str, str]]) -> None:
    code, _, err = run("import os\n\nos.environ['SHOP_DATABASE_URL']\n", "check")
    assert code == 2
    assert "needs the environment variable SHOP_DATABASE_URL, which is not set" in err
    assert ".py:3" in err
    assert "export SHOP_DATABASE_URL=" in err
    assert len(err.splitlines()) <= 5


@tried
def test_what_a_project_prints_is_no_part_of_the_output(run: Callable[..., tuple[int, str, str]]) -> None:
    Path("x.sqlite3").touch()
    code, out, err = run(
        "print('settings are noisy')\n" + with_connection("sqlite://x.sqlite3"), "diff", "models", "live"
    )
    assert "noisy" not in out
    assert "settings are noisy" in err
    assert "models are noisy" in err
    assert code in (0, 2)


@pytest.mark.processes
@pytest.mark.tried("what a project prints and warns of when it is imported")
def test_warnings_of_models_are_for_pytest_to_show(tmp_path: Path) -> None:
    """They are in pytest's own summary, once, and no part of what a command prints."""
    (tmp_path / "m.py").write_text(
        "import warnings\nfrom tortoise import fields\nfrom tortoise.models import Model\n\n"
        "warnings.warn('this module is old', DeprecationWarning)\n\n\n"
        "class User(Model):\n    id = fields.IntField(primary_key=True)\n"
    )
    (tmp_path / "x.sqlite3").touch()
    (tmp_path / "s.py").write_text(
        "import atexit, os, subprocess, sys\n\nos.write(1, b'settings are noisy ')\n"
        "subprocess.run(['echo', 'a program is noisy'])\natexit.register(os.write, 1, b'the end is noisy')\n"
        "if 'check' in sys.argv:\n    sys.stdout.close()\n"
        + with_connection("sqlite://x.sqlite3").replace("MODELS", "m")
    )
    (tmp_path / "conftest.py").write_text("def schemadrift_ignore_change(change):\n    print('a hook is noisy')\n")
    (tmp_path / "pyproject.toml").write_text('[tool.schemadrift]\ntortoise_orm = "s.TORTOISE_ORM"\n')
    pytest_, check = (
        subprocess.run([sys.executable, "-m", *command], cwd=tmp_path, capture_output=True, text=True, check=False)
        for command in (
            ["pytest", "--schema-drift", *PLUGINS_OFF, "-p", "no:xdist"],
            ["pytest_schemadrift", "check", "--source", "live", "--format", "json"],
        )
    )
    _, _, summary = pytest_.stdout.partition("warnings summary")
    assert summary.count("DeprecationWarning: this module is old") == 1, pytest_.stdout
    assert "m.py:5" in summary
    assert json.loads(check.stdout)["in_sync"] is False, check.stderr
    assert "old" not in check.stdout
    for noisy in ("settings are noisy", "a program is noisy", "a hook is noisy", "the end is noisy"):
        assert noisy in check.stderr


@pytest.mark.processes
@tried
@pytest.mark.parametrize("package", ["x = 1\n", "raise ImportError('a fork')\n"])
def test_another_package_tortoise_is_told(tmp_path: Path, package: str) -> None:
    (tmp_path / "tortoise.py").write_text(package)
    (tmp_path / "m.py").write_text("from tortoise import fields\n")
    (tmp_path / "s.py").write_text(with_connection("sqlite://x.sqlite3").replace("MODELS", "m"))
    (tmp_path / "pyproject.toml").write_text('[tool.schemadrift]\ntortoise_orm = "s.TORTOISE_ORM"\n')
    for command in (["pytest_schemadrift", "check"], ["pytest", "--schema-drift", *PLUGINS_OFF]):
        done = subprocess.run(
            [sys.executable, "-m", *command], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        said = done.stdout + done.stderr
        assert done.returncode != 0
        assert "Traceback" not in said, said
        assert "INTERNALERROR" not in said, said
        assert "report the traceback" not in said, said


@tried
@pytest.mark.parametrize(
    "dialect", [pytest.param(kind, marks=getattr(pytest.mark, kind)) for kind in ("postgres", "mariadb")]
)
def test_a_role_that_may_not_create_databases_is_told(
    dialect: str, running_server: Callable[[str], Server], fresh_database: Callable[[str], str]
) -> None:
    server = running_server(dialect)
    role = f"small_{next(_numbers)}"
    server.execute(f"CREATE ROLE {role} LOGIN" if dialect == "postgres" else f"CREATE USER {role}@localhost")
    url = as_role(server.url, role).replace("/mysql?", "/?")
    try:
        with pytest.raises(StatementFailed) as caught, start_server(dialect, url=url) as handle:
            handle.server.create_database("schemadrift_x")
        assert ("CREATEDB" if dialect == "postgres" else "GRANT ALL") in caught.value.hint
        assert len(str(caught.value).splitlines()) <= 5
    finally:
        server.execute(f"DROP ROLE {role}" if dialect == "postgres" else f"DROP USER {role}@localhost")


@pytest.mark.parametrize(
    "text",
    [
        "postgres://localhost:5432/shop",
        "postgres://ann@localhost:5432/shop?x=1",
        "asyncpg://postgres@/db?host=/tmp/x",
        "see https://a.example/x and b@c.d",
        'password authentication failed for user "ann"',
        "GRANT x TO ann@localhost: y",
        "correct user and password, or pg_hba.conf",
        "the environment variable DB_PASSWORD is not set",
        "mysql://ann:***@localhost:3306/shop, asyncpg://ann@[::1]:5432/shop",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert mask(text) == text
    assert mask_error(text) == text
    assert ConnectionFailed(text).what == text
