"""The options of the plugin, and the file that the items hang on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

FOLDER = pytest.StashKey[Path]()
"""The folder that all processes of a run share; who needs it makes it, and the first process removes it."""
ANCHOR = pytest.StashKey[Path]()
"""Set where this run checks for drift: the file whose children the items are, in the project's folder."""


UNREACHABLE = ("fail", "skip")


def add_options(parser: pytest.Parser) -> None:
    """Declare each option, with an ini key of the same name."""
    group = parser.getgroup("schema drift", "compare Tortoise ORM models with databases")
    group.addoption("--schema-drift", action="store_true", help="add a test per table: does it match its model?")
    group.addoption(
        "--schema-drift-connection",
        action="append",
        default=[],
        metavar="NAME",
        help="check only this connection (repeatable; default: all)",
    )
    group.addoption(
        "--schema-drift-source",
        metavar="SOURCE",
        help="what to compare with the models: auto, live, applied, migrations, snapshot, all, a *.sql file or a URL",
    )
    group.addoption(
        "--schema-drift-update", action="store_true", help="rewrite the snapshots from the models, then check"
    )
    group.addoption(
        "--schema-drift-tenants",
        action="store_true",
        help="a test per tenant, where [tool.schemadrift.tenants] lists them",
    )
    group.addoption("--schema-drift-report", metavar="PATH", help="write a report as one HTML page")
    group.addoption(
        "--schema-drift-rename",
        action="append",
        default=[],
        metavar="T.OLD=NEW",
        help="answer a rename, as users.mail=email or table=table (repeatable)",
    )
    group.addoption(
        "--schema-drift-unreachable",
        choices=UNREACHABLE,
        help="what to do where a database does not answer (default: fail)",
    )
    parser.addini("schema_drift", "as --schema-drift", type="bool", default=False)
    parser.addini("schema_drift_connection", "as --schema-drift-connection", type="args", default=[])
    parser.addini("schema_drift_source", "as --schema-drift-source", default="")
    parser.addini("schema_drift_update", "as --schema-drift-update", type="bool", default=False)
    parser.addini("schema_drift_tenants", "as --schema-drift-tenants", type="bool", default=False)
    parser.addini("schema_drift_report", "as --schema-drift-report", default="")
    parser.addini("schema_drift_rename", "as --schema-drift-rename", type="args", default=[])
    parser.addini("schema_drift_unreachable", "as --schema-drift-unreachable", default="")


def chosen_connections(config: pytest.Config) -> tuple[str, ...]:
    """The connections asked for; none stands for all."""
    return tuple(config.option.schema_drift_connection or config.getini("schema_drift_connection"))


def chosen_source(config: pytest.Config) -> str:
    """The source asked for, or ``auto``."""
    return config.option.schema_drift_source or config.getini("schema_drift_source") or "auto"


def answered_renames(config: pytest.Config) -> tuple[str, ...]:
    """The renames that are answered."""
    return tuple(config.option.schema_drift_rename or config.getini("schema_drift_rename"))


def for_unreachable(config: pytest.Config) -> Literal["fail", "skip"]:
    """What becomes of the tests of a database that does not answer. Raises ``pytest.UsageError``."""
    asked = config.option.schema_drift_unreachable or config.getini("schema_drift_unreachable") or "fail"
    if asked not in UNREACHABLE:
        raise pytest.UsageError(f"schema_drift_unreachable = {asked} is neither fail nor skip")
    return "skip" if asked == "skip" else "fail"


def is_update(config: pytest.Config) -> bool:
    """Whether snapshots are to be rewritten."""
    return bool(config.option.schema_drift_update or config.getini("schema_drift_update"))


def is_about_tenants(config: pytest.Config) -> bool:
    """Whether there is to be a test for each tenant."""
    return bool(config.option.schema_drift_tenants or config.getini("schema_drift_tenants"))


def report_path(config: pytest.Config) -> Path | None:
    """Where the HTML report goes: relative to the folder that pytest was started in, an ini key to the root folder."""
    if given := config.option.schema_drift_report:
        return config.invocation_params.dir / str(given)
    configured = config.getini("schema_drift_report")
    return config.rootpath / configured if configured else None


def in_words_of_pytest(error: Exception) -> str:
    """An error's text, with the options that it advises by their names under pytest, and without those it has not."""
    return "\n".join(_own_options(line) for line in str(error).splitlines())


def _own_options(line: str) -> str:
    if "schemadrift " in line:  # a command to type
        return line
    for theirs, ours in _OPTIONS.items():
        line = line.replace(theirs, ours)
    return line


_OPTIONS = {
    "--config, --config-file, ": "",
    ", or raise --timeout": "",
    ", or give --database-url": "",
    "--connection": "--schema-drift-connection",
    "--source": "--schema-drift-source",
    "--unreachable": "--schema-drift-unreachable",
    "--rename": "--schema-drift-rename",
}


def is_anchor(config: pytest.Config, path: Path) -> bool:
    """Whether ``path`` is the file that the items hang on."""
    anchor = config.stash.get(ANCHOR, None)
    return anchor is not None and anchor.name == path.name and anchor == path.resolve()


def find_anchor(config: pytest.Config) -> Path:
    """The nearest ``pyproject.toml`` that configures us or Tortoise; else what the root folder has.

    Nearest to what the command line names or to the current folder. A project without ``pyproject.toml`` (configured
    by ``$TORTOISE_ORM``) has its ini file, or any file of its root folder: the items need one to have an id that can
    be pasted back. Raises ``pytest.UsageError``.
    """
    found = next((path for path in _pyprojects(config) if _configures(path)), None)
    for path in (found, config.rootpath / "pyproject.toml", config.inipath):
        if path is not None and path.is_file():
            return path.resolve()
    files = (path for path in sorted(config.rootpath.iterdir()) if path.is_file() and not path.name.startswith("."))
    for path in files:
        if path.suffix != ".py" or not any(path.match(pattern) for pattern in config.getini("python_files")):
            return path.resolve()
    raise pytest.UsageError(
        f"--schema-drift finds no pyproject.toml\n  where: {config.rootpath}\n"
        '  to do: create one with [tool.schemadrift] tortoise_orm = "app.settings.TORTOISE_ORM"'
    )


def name_anchor(config: pytest.Config, anchor: Path) -> None:
    """Add the anchor to what is collected, unless that reaches it anyway.

    (pytest 8.4 loses the rest of a folder that is named next to a file in it.)
    """
    if not any(path == anchor or path in anchor.parents for path in named_paths(config)):
        config.args.append(str(anchor))


def named_paths(config: pytest.Config) -> Iterator[Path]:
    """The files and folders that are to be collected."""
    for argument in config.args:
        yield (config.invocation_params.dir / argument.split("::")[0]).resolve()


def _pyprojects(config: pytest.Config) -> Iterator[Path]:
    yield from (path for path in named_paths(config) if path.name == "pyproject.toml")
    here, root = config.invocation_params.dir.resolve(), config.rootpath.resolve()
    for folder in (here, *here.parents):
        if folder in (here, root) or root in folder.parents:
            yield folder / "pyproject.toml"


def _configures(path: Path) -> bool:
    """Whether a ``pyproject.toml`` has a table of ours or of Tortoise; a broken one is reported when it is read."""
    import tomllib

    try:
        tools = tomllib.loads(path.read_text("utf-8")).get("tool", {})
    except (OSError, ValueError):
        return False
    return not {"schemadrift", "tortoise", "aerich"}.isdisjoint(tools)
