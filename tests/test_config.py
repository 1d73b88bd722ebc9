"""Finding and reading the configuration; every refusal is a message of at most five lines that says what to do."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_schemadrift.core.config.settings import DatabaseSettings, find_project, load_settings
from pytest_schemadrift.core.config.tortoise import find_tortoise_config, parse_tortoise_config
from pytest_schemadrift.core.config.urls import ConnectionSettings, database_name, database_url
from pytest_schemadrift.errors import ConfigurationError, ModelsUnavailable, SchemaDriftError, Unsupported, mask

CONFIG = {"connections": {"default": "sqlite://:memory:"}, "apps": {"shop": {"models": ["shop.models"]}}}


@pytest.fixture(autouse=True)
def clean_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("TORTOISE_ORM", raising=False)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        del sys.modules[name]


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., Path]:
    def write(pyproject: str | None = None, **files: str) -> Path:
        if pyproject is not None:
            (tmp_path / "pyproject.toml").write_text(pyproject)
        for name, text in files.items():
            path = tmp_path / (name.replace("__", "/") + ".py")
            path.parent.mkdir(exist_ok=True, parents=True)
            path.write_text(text)
        return tmp_path

    return write


def refusal(error: pytest.ExceptionInfo[SchemaDriftError]) -> str:
    text = str(error.value)
    assert len(text.splitlines()) <= 5
    assert "to do:" in text
    return text


# [tool.schemadrift] --------------------------------------------------------------------------------------------------


def test_works_without_a_pyproject(tmp_path: Path) -> None:
    settings = load_settings(tmp_path)
    assert (settings.source, settings.unmanaged, settings.rename_threshold, settings.safe) == (
        "auto",
        "warn",
        0.6,
        True,
    )
    assert settings.database("default") == DatabaseSettings()


def test_every_key_of_the_interface_is_read(project: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_DATABASE_URL", "postgres://u:p@h/db")
    folder = project(
        """
[tool.schemadrift]
tortoise_orm = "app.settings.TORTOISE_ORM"
source = "snapshot"
snapshot = "schema/{connection}.sql"
exclude = ["legacy_*", "spatial_ref_sys"]
unmanaged = "fail"
names = "strict"
column_order = true
column_storage = true
comments = false
extra_defaults = "ignore"
rename_threshold = 0.75
renames = ["users.mail=email"]
safe = false
python = ".venv/bin/python"
statement_timeout = "30s"
lock_timeout = "500ms"
[tool.schemadrift.databases.default]
provider = "url"
url = "${TEST_DATABASE_URL}"
version = "16"
"""
    )
    settings = load_settings(folder)
    assert settings.exclude == ("legacy_*", "spatial_ref_sys")
    assert (settings.names, settings.comments, settings.rename_threshold) == ("strict", False, 0.75)
    assert (settings.column_order, settings.column_storage) == (True, True)
    assert (settings.statement_timeout, settings.lock_timeout) == ("30s", "500ms")
    assert settings.database("default") == DatabaseSettings("url", "postgres://u:p@h/db", "16")
    assert "p@h" not in repr(settings)


def test_options_win_and_none_is_not_given(project: Callable[..., Path]) -> None:
    folder = project('[tool.schemadrift]\nunmanaged = "fail"\nnames = "strict"\n')
    settings = load_settings(folder, {"unmanaged": "ignore", "names": None, "exclude": ("a",)})
    assert (settings.unmanaged, settings.names, settings.exclude) == ("ignore", "strict", ("a",))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('exlude = ["a"]', "did you mean 'exclude'?"),
        ("zzzzzz = 1", "known are: baseline, column_order, column_storage"),
        ('exclude = "a"', "exclude must be a list"),
        ("safe = 1", "safe must be true or false, not 1"),
        ('unmanaged = "wran"', "did you mean 'warn'?"),
        ("unmanaged = []", "choose one of ignore, warn, fail"),
        ('names = "loose"', "names must be one of shape, strict, not 'loose'"),
        ('source = "liv"', "did you mean 'live'?"),
        ("rename_threshold = 60", "a number from 0 to 1"),
        ("rename_threshold = true", "a number from 0 to 1"),
        ('statement_timeout = "soon"', "must be a time"),
        ('renames = ["users.mail"]', "table.column=column"),
        ("databases = 1", "databases must be a table of connections"),
        ("databases.default = 1", "databases.default must be a table"),
        ("[tool.schemadrift.databases.default]\nprovidr = 1", "did you mean 'provider'?"),
        ('[tool.schemadrift.databases.default]\nprovider = "mongo"', "must be one of auto, url, sqlite"),
        ('[tool.schemadrift.databases.default]\nprovider = "url"', "needs a url"),
        ("[tool.schemadrift.databases.default]\nversion = 11.8", 'put it in quotes: version = "11.8"'),
        ('[tool.schemadrift.databases.default]\nversion = "newest"', "the beginning of a version number"),
        ('[tool.schemadrift.databases.default]\nurl = "postgres://u:${NO_SUCH_VAR}@h/d"', "NO_SUCH_VAR is not set"),
        ('[tool.schemadrift.databases.default]\nprovider="url"\nurl = "${NO_SUCH_VAR}"', "NO_SUCH_VAR is not set"),
        ('[tool.schemadrift.databases.default]\nprovider="url"\nurl = "${EMPTY_VAR}"', "EMPTY_VAR is empty"),
        ("= broken", "pyproject.toml cannot be read"),
    ],
)
def test_mistakes_are_named_with_their_place(
    project: Callable[..., Path], line: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMPTY_VAR", "")
    folder = project(f"[tool.schemadrift]\n{line}\n")
    with pytest.raises(ConfigurationError) as error:
        load_settings(folder)
    text = refusal(error)
    assert said in text
    assert "pyproject.toml" in text


def test_an_unset_variable_alone_is_no_url(project: Callable[..., Path]) -> None:
    folder = project('[tool.schemadrift.databases.default]\nprovider = "auto"\nurl = "${NO_SUCH_VAR}"\n')
    assert load_settings(folder).database("default").url == ""


def test_a_mistake_in_the_options_names_them(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as error:
        load_settings(tmp_path, {"source": "nowhere"})
    assert "where: the options of this run" in refusal(error)


# Finding Tortoise's configuration ------------------------------------------------------------------------------------


def where(folder: Path, **options: Any) -> str:
    return find_tortoise_config(load_settings(folder), **options).origin


def test_the_order_of_the_places(project: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    tools = "".join(f'[tool.{tool}]\ntortoise_orm = "conf.{tool}"\n' for tool in ("schemadrift", "tortoise", "aerich"))
    names = ("schemadrift", "tortoise", "aerich", "env", "option")
    folder = project(tools, conf="".join(f"{name} = {CONFIG!r}\n" for name in names))
    monkeypatch.setenv("TORTOISE_ORM", "conf.env")
    assert where(folder, config="conf.option") == "--config = conf.option"
    assert where(folder) == "$TORTOISE_ORM = conf.env"
    monkeypatch.delenv("TORTOISE_ORM")
    assert where(folder) == "pyproject.toml [tool.schemadrift] = conf.schemadrift"
    project(tools.split("[tool.tortoise]")[1].join(("[tool.tortoise]", "")))
    assert where(folder) == "pyproject.toml [tool.tortoise] = conf.tortoise"
    project('[tool.aerich]\ntortoise_orm = "conf.aerich"\n')
    assert where(folder) == "pyproject.toml [tool.aerich] = conf.aerich"


def test_aerich_has_its_source_folder(project: Callable[..., Path]) -> None:
    folder = project(
        '[tool.aerich]\ntortoise_orm = "hidden_conf.X"\nsrc_folder = "./src"\n', src__hidden_conf=f"X = {CONFIG!r}"
    )
    assert where(folder) == "pyproject.toml [tool.aerich] = hidden_conf.X"


def test_a_json_file(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text(json.dumps(CONFIG))
    config = find_tortoise_config(load_settings(tmp_path), config_file="t.json")
    assert config.apps["shop"].modules == ("shop.models",)
    assert config.apps["shop"].default_connection == "default"
    assert str(tmp_path) in sys.path


def test_a_yaml_file_is_read_or_asks_for_pyyaml(tmp_path: Path) -> None:
    (tmp_path / "t.yml").write_text(
        "connections: {default: 'sqlite://:memory:'}\napps: {shop: {models: [shop.models]}}\n"
    )
    try:
        import yaml  # type: ignore[import-untyped]  # noqa: F401
    except ModuleNotFoundError:
        with pytest.raises(ConfigurationError, match="needs PyYAML"):
            find_tortoise_config(load_settings(tmp_path), config_file="t.yml")
    else:
        assert "shop" in find_tortoise_config(load_settings(tmp_path), config_file="t.yml").apps


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("missing.json", None, "cannot be read"),
        ("t.json", "{", "is broken"),
        ("t.json", "[]", "must be a dictionary, not list"),
        ("t.ini", "x", "ends in .json, .yml or .yaml, not '.ini'"),
    ],
)
def test_a_wrong_file(tmp_path: Path, file: str, text: str | None, said: str) -> None:
    if text is not None:
        (tmp_path / file).write_text(text)
    with pytest.raises(ConfigurationError) as error:
        find_tortoise_config(load_settings(tmp_path), config_file=file)
    assert said in refusal(error)


def test_a_project_below_src_is_found_where_it_is_not_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.path", list(sys.path))
    package = tmp_path / "src" / "kept_below_src"
    package.mkdir(parents=True)
    (package / "settings.py").write_text(f"TORTOISE_ORM = {CONFIG!r}\n")
    found = find_tortoise_config(load_settings(tmp_path), config="kept_below_src.settings.TORTOISE_ORM")
    assert found.connections["default"]
    assert sys.path[-1] == str(tmp_path / "src"), "at the end: what is installed counts"


@pytest.mark.parametrize(
    ("dotted", "module"),
    [
        ("inner_conf.Config.ORM", f"class Config:\n    ORM = {CONFIG!r}\n"),
        ("inner_conf.Config.Live.ORM", f"class Config:\n    class Live:\n        ORM = {CONFIG!r}\n"),
        ("inner_conf.settings.ORM", f"class Config:\n    ORM = {CONFIG!r}\nsettings = Config()\n"),
        ("inner_conf.make", f"import functools\n@functools.cache\ndef make(url=''):\n    return {CONFIG!r}\n"),
        ("inner_conf.Config.make", f"class Config:\n    @classmethod\n    def make(cls): return {CONFIG!r}\n"),
    ],
)
def test_what_a_dotted_name_leads_to(project: Callable[..., Path], dotted: str, module: str) -> None:
    found = find_tortoise_config(load_settings(project(inner_conf=module)), config=dotted)
    assert set(found.connections) == set(CONFIG["connections"])


def test_nothing_found(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as error:
        find_tortoise_config(load_settings(tmp_path))
    assert "schemadrift init" in refusal(error)


@pytest.mark.parametrize("tool", ["schemadrift", "tortoise", "aerich"])
def test_a_project_is_found_from_its_folders(tmp_path: Path, tool: str) -> None:
    inner = tmp_path / "app" / "models"
    inner.mkdir(parents=True)
    assert find_project(inner) == inner, "where there is no project, it is the folder itself"
    (tmp_path / "pyproject.toml").write_text(f'[tool.{tool}]\ntortoise_orm = "a.B"\n')
    (tmp_path / "app" / "pyproject.toml").write_text("[tool.ruff]\n")
    assert find_project(inner) == tmp_path, "a file that says nothing of ours belongs to another tool"
    (tmp_path / "app" / "pyproject.toml").write_text("[tool.schemadrift]\n")
    assert find_project(inner) == tmp_path / "app", "the nearest one counts"
    (inner / "pyproject.toml").write_text("= broken")
    assert find_project(inner) == inner, "what cannot be read is not passed by"


@pytest.mark.parametrize(("url", "word"), [("", "empty"), (None, "None")])
def test_an_empty_url_is_called_empty(url: object, word: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        parse_tortoise_config({**CONFIG, "connections": {"default": url}}, origin="here", project_dir=Path.cwd())
    assert f"the URL of connection 'default' is {word}" in refusal(error)
    assert "environment variable" in error.value.hint


def test_two_places_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="exclude each other"):
        find_tortoise_config(load_settings(tmp_path), config="a.b", config_file="c.json")


@pytest.mark.parametrize(
    ("dotted", "module", "error", "said"),
    [
        ("nowhere_at_all.X", "", ModelsUnavailable, "there is no module 'nowhere_at_all'"),
        ("broken_conf.X", "import not_installed_here", ModelsUnavailable, "No module named 'not_installed_here'"),
        ("broken_conf.X", "def (", ModelsUnavailable, "SyntaxError"),
        (
            "broken_conf.X",
            "import os\nX = os.environ['NO_SUCH_VAR']",
            ModelsUnavailable,
            "needs the environment variable NO_SUCH_VAR",
        ),
        (
            "broken_conf.X",
            "from pydantic import BaseModel\nclass S(BaseModel):\n    url: str\n    key: str\nS()",
            ModelsUnavailable,
            "needs settings that are not set: url, key",
        ),
        (
            "broken_conf.X",
            "from pydantic import BaseModel\nclass S(BaseModel):\n    url: str\n    port: int\nS(port='x')",
            ModelsUnavailable,
            "cannot be imported: ValidationError",
        ),
        ("broken_conf.X", "raise SystemExit('go away')", ModelsUnavailable, "SystemExit: go away"),
        ("broken_conf.X", "raise GeneratorExit('so soon')", ModelsUnavailable, "GeneratorExit: so soon"),
        ("broken_conf.X", "import os\nos._exit(0)", ModelsUnavailable, "SystemExit: 0"),
        (
            "broken_conf.X",
            "class Odd(Exception):\n    def __str__(self): raise ValueError\nraise Odd",
            ModelsUnavailable,
            "cannot be imported: Odd",
        ),
        ("broken_conf.TORTOISE", f"TORTOISE_ORM = {CONFIG!r}", ConfigurationError, "did you mean 'TORTOISE_ORM'?"),
        ("broken_conf.X", "X = 1", ConfigurationError, "must be a dictionary, not int"),
        (
            "broken_conf.C.TORTOISE",
            "class C:\n    TORTOISE_ORM = 1",
            ConfigurationError,
            "did you mean 'TORTOISE_ORM'?",
        ),
        ("broken_conf.nothing.X", "", ModelsUnavailable, "there is no module 'broken_conf.nothing'"),
        ("broken_conf.C.X", "import not_installed_here", ModelsUnavailable, "No module named 'not_installed_here'"),
        ("broken_conf.f", "def f(): return 1 / 0", ModelsUnavailable, "broken_conf.f cannot be called: ZeroDivision"),
        ("broken_conf.f", "def f(url): return url", ModelsUnavailable, "it is called without arguments"),
        ("broken_conf", "", ConfigurationError, "is not of the form module.VARIABLE"),
        ("broken conf.X", "", ConfigurationError, "is not of the form module.VARIABLE"),
    ],
)
def test_unusable_settings_modules(
    project: Callable[..., Path], dotted: str, module: str, error: type[SchemaDriftError], said: str
) -> None:
    folder = project(broken_conf=module)
    with pytest.raises(error) as caught:
        find_tortoise_config(load_settings(folder), config=dotted)
    assert said in refusal(caught)


def test_a_line_of_the_project_is_named_before_one_of_python(project: Callable[..., Path]) -> None:
    folder = project(broken_conf="import argparse\n\nargparse.ArgumentParser().parse_args(['--never'])\n")
    with pytest.raises(ModelsUnavailable) as error:
        find_tortoise_config(load_settings(folder), config="broken_conf.X")
    assert f"where: {folder / 'broken_conf.py'}:3" in refusal(error), "there is nothing to correct in argparse.py"


def test_a_broken_module_is_named_with_its_line(project: Callable[..., Path]) -> None:
    folder = project(broken_conf="import os\nX = os.environ['NO_SUCH_VAR']")
    with pytest.raises(ModelsUnavailable) as error:
        find_tortoise_config(load_settings(folder), config="broken_conf.X")
    assert f"where: {folder / 'broken_conf.py'}:2" in refusal(error)


# Its shape -----------------------------------------------------------------------------------------------------------


def parse(value: object) -> Any:
    return parse_tortoise_config(value, origin="here", project_dir=Path.cwd())


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"apps": CONFIG["apps"]}, "'connections'"),
        ({"connections": CONFIG["connections"], "apps": {}}, "'apps'"),
        ({**CONFIG, "connections": {"default": 5}}, "connection 'default'"),
        ({**CONFIG, "connections": {"default": {"engine": "x", "credentials": 1}}}, "'credentials'"),
        ({**CONFIG, "connections": {"default": "postgrs://h/d"}}, "did you mean 'postgres'?"),
        ({**CONFIG, "connections": {"default": "db.sqlite3"}}, "sqlite://db.sqlite3"),
        ({**CONFIG, "apps": {"shop": {"models": "shop.models"}}}, "list of modules"),
        ({**CONFIG, "apps": {"shop": {"models": []}}}, "at least one module"),
        ({**CONFIG, "apps": {"shop": {"models": ["m"], "default_connection": "defalt"}}}, "did you mean 'default'?"),
    ],
)
def test_wrong_shapes(value: object, said: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        parse(value)
    text = refusal(error)
    assert said in text
    assert "where: here" in text


def test_tortoises_own_config_object() -> None:
    from tortoise.config import TortoiseConfig

    config = parse(TortoiseConfig.from_dict({**CONFIG, "use_tz": False, "timezone": "Europe/Berlin"}))
    assert (config.use_tz, config.timezone) == (False, "Europe/Berlin")
    assert config.connection("default").dialect == "sqlite"


def test_an_unknown_connection_names_the_nearest() -> None:
    with pytest.raises(ConfigurationError) as error:
        parse(CONFIG).connection("defaut")
    assert "did you mean 'default'?" in refusal(error)


@pytest.mark.parametrize(
    ("url", "dialect"),
    [
        ("postgres://h/d", "postgres"),
        ("postgresql://h/d", "postgres"),
        ("asyncpg://h/d", "postgres"),
        ("psycopg://h/d", "postgres"),
        ("mysql://h/d", "mysql"),
        ("sqlite://d.db", "sqlite"),
    ],
)
def test_dialects(url: str, dialect: str) -> None:
    connection = parse({**CONFIG, "connections": {"default": url}}).connection("default")
    assert connection.dialect == dialect
    assert database_url(connection) == url


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("mssql://h/d", "connection 'default' is Microsoft SQL Server: only PostgreSQL"),
        ("oracle://h/d", "connection 'default' is Oracle: only PostgreSQL, MySQL, MariaDB and SQLite are supported"),
        ("dsql+asyncpg://admin@h.dsql.us-east-1.on.aws/postgres", "connection 'default' is Aurora DSQL, which"),
        ({"engine": "aurora_dsql_tortoise.psycopg", "credentials": {"host": "h"}}, "'default' is Aurora DSQL, which"),
        ("duckdb://d.db", "connection 'default' is DuckDB: only PostgreSQL"),
        ({"engine": "tortoise.backends.duckdb", "credentials": {"path": "d"}}, "'default' is DuckDB: only PostgreSQL"),
        ("sqlcipher://d.db", "connection 'default' is an SQLite database that SQLCipher encrypts, which"),
        (
            {
                "engine": "tortoise_sqlcipher.sqlite_sqlcipher",
                "credentials": {"file_path": "d.db", "encryption_key": b"\1" * 32},
            },
            "connection 'default' is an SQLite database that SQLCipher encrypts, which",
        ),
        (
            {"engine": "mine.backend", "credentials": {"host": "h"}},
            "connection 'default' uses mine.backend: only PostgreSQL",
        ),
    ],
)
def test_other_databases_are_unsupported(entry: object, said: str) -> None:
    connection = parse({**CONFIG, "connections": {"default": entry}}).connection("default")
    with pytest.raises(Unsupported) as error:
        _ = connection.dialect
    assert said in refusal(error)


# URLs from credentials -----------------------------------------------------------------------------------------------

CREDENTIALS = [
    ("asyncpg", {"host": "h", "port": 5433, "user": "u", "password": "p@ss:w/rd%?#[x]", "database": "shop"}),
    ("asyncpg", {"host": "/run/pg", "port": 5433, "user": "u", "password": "x", "database": "shop"}),
    ("asyncpg", {"host": "::1", "port": 5433, "user": "u@h", "password": "x y", "database": "shop", "schema": "s"}),
    ("psycopg", {"host": "h", "port": 5432, "user": "u", "password": "p4ss", "database": "shop", "min_size": 2}),
    ("mysql", {"host": "h", "port": 3307, "user": "u", "password": "ü", "database": "shop", "charset": "latin1"}),
    ("mysql", {"host": "h", "port": 3306, "user": "u", "password": "", "database": "shop", "ssl": True}),
    ("sqlite", {"file_path": "/tmp/x y.db", "foreign_keys": "ON"}),
    ("sqlite", {"file_path": ":memory:"}),
]


@pytest.mark.parametrize(("backend", "credentials"), CREDENTIALS)
def test_a_url_says_what_the_credentials_say(backend: str, credentials: dict[str, Any]) -> None:
    from tortoise.backends.base.config_generator import expand_db_url

    url = database_url(ConnectionSettings("default", f"tortoise.backends.{backend}", credentials=credentials))
    expanded = expand_db_url(url)
    assert expanded["engine"] == f"tortoise.backends.{backend}"
    found = {key: expanded["credentials"][key] for key in credentials}
    assert {key: str(value) for key, value in found.items()} == {key: str(value) for key, value in credentials.items()}
    if credentials.get("password"):
        assert credentials["password"] not in mask(url)
        assert "***" in mask(url)


def test_credentials_that_no_url_can_hold_are_left_out() -> None:
    credentials = {"user": "u", "password": lambda: "secret", "host": "h", "port": 1, "database": "d", "ssl": object()}
    connection = ConnectionSettings("default", "tortoise.backends.asyncpg", credentials=credentials)
    assert database_url(connection) == "asyncpg://u@h:1/d"


@pytest.mark.parametrize("name", ["shop#1.db", "shop?1", "sh\top"])
@pytest.mark.parametrize(("backend", "key"), [("sqlite", "file_path"), ("mysql", "database"), ("asyncpg", "database")])
def test_a_database_whose_name_would_end_its_url_is_no_other_one(backend: str, key: str, name: str) -> None:
    """To Tortoise, which opens it by the credentials; what is read of the URL is ``shop``."""
    connection = ConnectionSettings("default", f"tortoise.backends.{backend}", credentials={key: name, "host": "h"})
    with pytest.raises(Unsupported, match="is the end of a name"):
        database_url(connection)


def test_database_names() -> None:
    assert database_name(ConnectionSettings("d", "tortoise.backends.asyncpg", "postgres://u:p@h/shop?x=1")) == "shop"
    assert database_name(ConnectionSettings("d", "tortoise.backends.sqlite", "sqlite:///tmp/x.db")) == "/tmp/x.db"
    named = ConnectionSettings("d", "tortoise.backends.mysql", credentials={"database": "shop"})
    assert database_name(named) == "shop"


@pytest.mark.processes
def test_importing_it_imports_nothing_heavy() -> None:
    code = (
        "import sys, pytest_schemadrift.core.config.tortoise, pytest_schemadrift.sources.models as m; "
        "sys.exit(','.join({n.split('.')[0] for n in sys.modules} & {'tortoise', 'rich', 'asyncpg'}) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
