"""``schemadrift init``: where a project keeps Tortoise's configuration, found by reading, and written down once."""

from __future__ import annotations

import ast
import os
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_schemadrift.core.config.settings import PYPROJECT
from pytest_schemadrift.errors import ConfigurationError

CALLS = ("register_tortoise", "RegisterTortoise", "Tortoise.init")
_LEFT_OUT = ("node_modules", "site-packages", "__pycache__", "build", "dist")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place that configures Tortoise: ``dotted`` is ``module.VARIABLE``, or empty where a call has what has no name.

    ``dictionary`` is then what its pieces would be as one dictionary, where it is given in pieces, ``file`` the JSON or
    YAML that has it.
    """

    dotted: str
    path: str
    line: int
    what: str
    dictionary: str = ""
    file: str = ""


def find_candidates(folder: Path) -> list[Candidate]:
    """Every place below a folder that configures Tortoise, those with a name first; no module of it is run.

    What several places lead to is one candidate. Files that are no Python are passed by.
    """
    found: dict[str, Candidate] = {}
    for path in _sources(folder):
        try:
            text = path.read_text("utf-8")
            if "tortoise" not in text.lower() and "connections" not in text:
                continue
            tree = ast.parse(text)
        except (OSError, ValueError, SyntaxError):
            continue
        for candidate in _Module(path.relative_to(folder), tree).candidates():
            found.setdefault(candidate.dotted or f"{candidate.path}:{candidate.line}", candidate)
    return sorted(found.values(), key=lambda item: (not item.dotted, "test" in item.path, item.path, item.line))


def _sources(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        if (Path(place) / "pyvenv.cfg").is_file():
            folders.clear()
            continue
        folders[:] = sorted(name for name in folders if name not in _LEFT_OUT and not name.startswith("."))
        yield from (Path(place) / name for name in sorted(names) if name.endswith(".py"))


class _Module:
    """One module: its name as it is imported, and what it knows other names by."""

    def __init__(self, path: Path, tree: ast.Module) -> None:
        self.path, self.tree = path.as_posix(), tree
        parts = list(path.with_suffix("").parts)
        if parts[0] == "src" and len(parts) > 1:
            parts.pop(0)
        if parts[-1] == "__init__" and len(parts) > 1:
            parts.pop()
        self.name = ".".join(parts)
        self.package = parts if path.name == "__init__.py" else parts[:-1]
        self.imported: dict[str, str] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                source = self._source(node)
                self.imported |= {alias.asname or alias.name: f"{source}.{alias.name}" for alias in node.names}
            elif isinstance(node, ast.Import):
                for alias in node.names:
                    first = alias.name.partition(".")[0]
                    self.imported |= {alias.asname: alias.name} if alias.asname else {first: first}

    def _source(self, node: ast.ImportFrom) -> str:
        """The module that names are imported from, with the dots of a relative import resolved."""
        above = self.package[: len(self.package) - node.level + 1] if node.level else []
        return ".".join([*above, *((node.module or "").split(".") if node.module else [])])

    def candidates(self) -> Iterator[Candidate]:
        """Dictionaries of the module, of its classes and its functions, and calls anywhere in it."""
        yield from self._assigned_in(self.tree.body, self.name)
        objects = {ast.unparse(value.func): name for name, value in self._assigned() if isinstance(value, ast.Call)}
        for node in self.tree.body:
            if isinstance(node, ast.ClassDef):  # of settings that have an object, that one has the values
                place = f"{self.name}.{objects.get(node.name, node.name)}"
                yield from self._assigned_in(node.body, place)
                methods = node.body if node.name in objects else ()
                yield from (self._of_function(inner, place) for inner in methods if _returns_configuration(inner, 1))
            elif _returns_configuration(node, 0):
                yield self._of_function(node, self.name)
        for inner in ast.walk(self.tree):
            if isinstance(inner, ast.Call) and (called := _called(inner)) in CALLS:
                yield from self._of_call(inner, called)

    def _of_function(self, node: ast.stmt, place: str) -> Candidate:
        assert isinstance(node, ast.FunctionDef)
        return Candidate(f"{place}.{node.name}", self.path, node.lineno, "a function")

    def _assigned_in(self, body: list[ast.stmt], place: str) -> Iterator[Candidate]:
        for node in body:
            names, value = _assigned(node)
            for name in names if value is not None else ():
                if _is_configuration(value):
                    yield Candidate(f"{place}.{name}", self.path, node.lineno, "a dictionary")
                elif name == "TORTOISE_ORM" and (dotted := self._dotted(value)):
                    yield Candidate(dotted, self.path, node.lineno, f"is {name}")

    def _dotted(self, value: ast.expr | None) -> str:
        """The whole name of ``name``, ``name.attribute`` or ``function()``; empty where it is known in no module."""
        if isinstance(value, ast.Call) and not value.args and not value.keywords:
            value = value.func
        if not isinstance(value, ast.Name | ast.Attribute):
            return ""
        first, dot, rest = ast.unparse(value).partition(".")
        defined = {name for name, _ in self._assigned()}
        defined |= {node.name for node in self.tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
        known = self.imported.get(first, f"{self.name}.{first}" if first in defined else "")
        return f"{known}{dot}{rest}" if known else ""

    def _of_call(self, call: ast.Call, called: str) -> Iterator[Candidate]:
        given = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
        if called == "Tortoise.init" and call.args:
            given.setdefault("config", call.args[0])
        config = given.get("config")
        if dotted := self._dotted(config):
            yield Candidate(dotted, self.path, call.lineno, f"given to {called}")
        elif isinstance(config, ast.Constant) and isinstance(config.value, str):
            yield Candidate(config.value, self.path, call.lineno, f"given to {called}")
        elif "db_url" in given and "modules" in given:
            text = _as_dictionary(given).replace("'__main__'", repr(self.name))
            yield Candidate("", self.path, call.lineno, f"pieces given to {called}", text)
        elif isinstance(file := given.get("config_file"), ast.Constant):
            yield Candidate("", self.path, call.lineno, f"a file given to {called}", file=str(file.value))
        elif config is not None or "config_file" in given:
            yield Candidate("", self.path, call.lineno, f"given to {called}")

    def _assigned(self) -> list[tuple[str, ast.expr | None]]:
        return [(name, value) for node in self.tree.body for names, value in [_assigned(node)] for name in names]


def _returns_configuration(node: ast.stmt, bound: int) -> bool:
    """Whether it is a function that can be called with ``bound`` arguments alone, and returns a configuration."""
    if not isinstance(node, ast.FunctionDef):
        return False
    given = node.args
    if len(given.posonlyargs) + len(given.args) - len(given.defaults) > bound or None in given.kw_defaults:
        return False
    values = {name: value for inner in node.body for names, value in [_assigned(inner)] for name in names}
    returned = [inner.value for inner in ast.walk(node) if isinstance(inner, ast.Return)]
    return any(_is_configuration(values.get(ast.unparse(value), value)) for value in returned if value)


def _assigned(node: ast.stmt) -> tuple[list[str], ast.expr | None]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
    return [target.id for target in targets if isinstance(target, ast.Name)], value


def _is_configuration(value: ast.expr | None) -> bool:
    """A dictionary, or a call with keywords, that has ``connections`` and ``apps``."""
    if isinstance(value, ast.Dict):
        keys = {key.value for key in value.keys if isinstance(key, ast.Constant)}
    elif isinstance(value, ast.Call):
        keys = {keyword.arg for keyword in value.keywords}
    else:
        return False
    return {"connections", "apps"} <= keys


def _called(call: ast.Call) -> str:
    """The name of what is called, without the package before it."""
    text = ast.unparse(call.func)
    return next((name for name in CALLS if text == name or text.endswith(f".{name}")), "")


def _as_dictionary(given: dict[str, ast.expr]) -> str:
    modules, models = given["modules"], '{{"models": {}, "default_connection": "default"}}'
    if isinstance(modules, ast.Dict) and None not in modules.keys:
        pairs = zip(map(ast.unparse, filter(None, modules.keys)), map(ast.unparse, modules.values), strict=True)
        apps = ", ".join(f"{label}: {models.format(names)}" for label, names in pairs)
    else:
        apps = f"label: {models.format('names')} for label, names in {ast.unparse(modules)}.items()"
    return f'TORTOISE_ORM = {{"connections": {{"default": {ast.unparse(given["db_url"])}}}, "apps": {{{apps}}}}}'


def with_section(text: str, dotted: str) -> str:
    """A ``pyproject.toml`` with ``[tool.schemadrift] tortoise_orm``; everything else stays as it was written.

    Raises ``ConfigurationError`` where that cannot be done by adding a line or a section.
    """
    line = f'tortoise_orm = "{dotted}"\n'
    header = re.search(r"^\[tool\.schemadrift\][ \t]*(#.*)?\n", text, re.MULTILINE)
    if header:
        new = text[: header.end()] + line + text[header.end() :]
    else:
        gap = "" if not text else "\n" if text.endswith("\n") else "\n\n"
        new = f"{text}{gap}[tool.schemadrift]\n{line}"
    try:
        before, after = tomllib.loads(text), tomllib.loads(new)
        if after["tool"]["schemadrift"].pop("tortoise_orm") == dotted and _filled(before) == _filled(after):
            return new
    except (tomllib.TOMLDecodeError, KeyError, TypeError):
        pass
    raise ConfigurationError(
        f"{PYPROJECT} is written in a way to which nothing can be added safely",
        where=PYPROJECT,
        hint=f"add by hand: [tool.schemadrift] {line.strip()}",
    )


def _filled(document: dict[str, Any]) -> dict[str, Any]:
    """A document without tables that are empty."""
    pairs = {key: _filled(value) if isinstance(value, dict) else value for key, value in document.items()}
    return {key: value for key, value in pairs.items() if value != {}}


RUNNERS = {"uv.lock": "uv run ", "poetry.lock": "poetry run ", "pdm.lock": "pdm run "}
"""What runs a command in the environment of a project, by the file that says which tool manages it."""


def commit_hook(folder: Path) -> str:
    """A ``.pre-commit-config.yaml`` for the project in ``folder``.

    The hook is a local one, so that it works wherever the package was installed from, and always runs the version that
    the project has.
    """
    runner = next((runner for lock, runner in RUNNERS.items() if (folder / lock).is_file()), "")
    return f"""repos:
  - repo: local
    hooks:
      - id: schemadrift-snapshot
        name: schema snapshot
        entry: {runner}schemadrift snapshot --exit-code
        language: system
        pass_filenames: false
        require_serial: true
        types_or: [python, toml, sql]
"""


def ci_job(extras: str) -> str:
    """A job for GitHub Actions that starts its own server where it needs one; ``extras`` are those to install."""
    package = f"'pytest-schemadrift[{extras}]'" if extras else "pytest-schemadrift"
    return f"""name: schema drift
on: [push, pull_request]
jobs:
  drift:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with: {{python-version: "3.13"}}
      - run: pip install . {package}
      - run: pytest --schema-drift
"""


@dataclass(frozen=True, slots=True)
class _Service:
    """A container that GitHub Actions starts beside a job; ``url`` is in Tortoise's form."""

    image: str
    password: str
    port: int
    health: str
    url: str


SERVICES = {
    "postgres": _Service(
        "postgres:16",
        "POSTGRES_PASSWORD: drift, POSTGRES_DB: app",
        5432,
        "pg_isready",
        "asyncpg://postgres:drift@localhost:5432/app",
    ),
    "mysql": _Service(
        "mysql:8.4",
        "MYSQL_ROOT_PASSWORD: drift, MYSQL_DATABASE: app",
        3306,
        "'mysqladmin ping -h 127.0.0.1 -pdrift'",
        "mysql://root:drift@127.0.0.1:3306/app",
    ),
    "mariadb": _Service(
        "mariadb:11.8",
        "MARIADB_ROOT_PASSWORD: drift, MARIADB_DATABASE: app",
        3306,
        "'healthcheck.sh --connect --innodb_initialized'",
        "mysql://root:drift@127.0.0.1:3306/app",
    ),
}


def service_job(extras: str, kind: str, migrate: str) -> str:
    """As ``ci_job``, and a second job: the database that ``migrate`` brings up in a service, compared with the models.

    ``kind`` is postgres, mysql or mariadb.
    """
    service = SERVICES[kind]
    return f"""{ci_job(extras)}  migrated-database:
    runs-on: ubuntu-latest
    env:
      DATABASE_URL: {service.url}  # the variable that your settings read
    services:
      database:
        image: {service.image}
        env: {{{service.password}}}
        ports: ["{service.port}:{service.port}"]
        options: --health-cmd {service.health} --health-interval 2s --health-retries 30
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with: {{python-version: "3.13"}}
      - run: pip install . 'pytest-schemadrift[{extras}]'
      - run: {migrate}
      - run: schemadrift check --source live --format github
"""
