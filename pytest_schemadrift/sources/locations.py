"""Where in the project's source a table or a column is declared, found only when somebody asks."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from dataclasses import field
from functools import lru_cache
from pathlib import Path

from pytest_schemadrift.schema.frozen import dataclass
from pytest_schemadrift.schema.name import Name


@dataclass(frozen=True, slots=True)
class Origin:
    """A line of a model: ``path`` is relative to the project where it lies inside it, ``line`` is 1-based.

    ``model`` is ``app.Model``; ``field`` is ``""`` where the line is the class itself.
    """

    path: str
    line: int
    model: str
    field: str = ""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class Declaration:
    """What declares a table: a model class, or (with ``through``) a many-to-many field of it.

    ``fields`` maps the table's columns to the attribute names that people wrote (``author_id`` -> ``author``).
    """

    model: type
    label: str
    fields: Mapping[str, str]
    through: str = ""


@dataclass(frozen=True, slots=True)
class Origins(Mapping[tuple[Name, str | None], Origin]):
    """(table, column or ``None``) -> ``Origin``; source files are parsed on the first look-up, each of them once.

    A table that is asked for without its schema (or with another one) is found too if its name is unique.
    """

    declarations: Mapping[Name, Declaration]
    project_dir: Path
    _by_bare_name: dict[str, list[Name]] = field(default_factory=dict, repr=False, compare=False)

    def __getitem__(self, key: tuple[Name, str | None]) -> Origin:
        table, column = key
        declaration = self.declarations.get(table) or self._lenient(table.name)
        if declaration is None or (column is not None and column not in declaration.fields):
            raise KeyError(key)
        attribute = declaration.through or (declaration.fields[column] if column is not None else "")
        found = _find(declaration.model, attribute)
        if found is None:
            raise KeyError(key)
        path, line = found
        return Origin(_shown(path, self.project_dir), line, declaration.label, attribute)

    def __iter__(self) -> Iterator[tuple[Name, str | None]]:
        for table, declaration in self.declarations.items():
            yield table, None
            for column in declaration.fields:
                yield table, column

    def __len__(self) -> int:
        return sum(1 + len(declaration.fields) for declaration in self.declarations.values())

    def _lenient(self, bare: str) -> Declaration | None:
        if not self._by_bare_name:
            for name in self.declarations:
                self._by_bare_name.setdefault(name.name, []).append(name)
        names = self._by_bare_name.get(bare, [])
        return self.declarations[names[0]] if len(names) == 1 else None


def _shown(path: str, project_dir: Path) -> str:
    try:
        return Path(path).resolve().relative_to(project_dir).as_posix()
    except ValueError:
        return path


def _find(model: type, attribute: str) -> tuple[str, int] | None:
    """The place of the attribute in the class or the ancestor that assigns it; else of the class itself."""
    if attribute:
        for ancestor in model.__mro__:
            source = _class_source(ancestor)
            if source is not None and attribute in source[1].attributes:
                return source[0], source[1].attributes[attribute]
    source = _class_source(model)
    return (source[0], source[1].line) if source else None


@dataclass(frozen=True, slots=True)
class _Class:
    line: int
    attributes: Mapping[str, int]


def _class_source(cls: type) -> tuple[str, _Class] | None:
    """The file of a class and what it says there; ``None`` for classes that were not written in a file."""
    path = getattr(sys.modules.get(cls.__module__), "__file__", None)
    if not path or not path.endswith(".py"):
        return None
    found = _classes(path).get(cls.__qualname__)
    return (path, found) if found else None


@lru_cache(maxsize=4096)
def _classes(path: str) -> Mapping[str, _Class]:
    """The classes of a source file by qualified name; of two with one name the last, as Python has it."""
    try:
        tree = ast.parse(Path(path).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return {}
    found: dict[str, _Class] = {}
    _collect(tree.body, "", found)
    return found


def _collect(body: list[ast.stmt], prefix: str, found: dict[str, _Class]) -> None:
    for statement in body:
        if isinstance(statement, ast.ClassDef):
            qualified = prefix + statement.name
            found[qualified] = _Class(statement.lineno, dict(_assignments(statement.body)))
            _collect(statement.body, qualified + ".", found)
        elif isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            _collect(statement.body, f"{prefix}{statement.name}.<locals>.", found)
        else:  # if, try, with: their bodies belong to the same scope
            for block in ("body", "orelse", "finalbody"):
                _collect(getattr(statement, block, []), prefix, found)


def _assignments(body: list[ast.stmt]) -> Iterator[tuple[str, int]]:
    for statement in body:
        if isinstance(statement, ast.Assign):
            yield from ((target.id, statement.lineno) for target in statement.targets if isinstance(target, ast.Name))
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            yield statement.target.id, statement.lineno
        elif isinstance(statement, ast.If | ast.Try | ast.With):
            for block in ("body", "orelse", "finalbody"):
                yield from _assignments(getattr(statement, block, []))
