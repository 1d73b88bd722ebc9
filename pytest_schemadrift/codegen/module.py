"""A module of generated source: its docstring, its imports in order, and its parts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from textwrap import wrap

from pytest_schemadrift.codegen.emit import INDENT, WIDTH, docstring
from pytest_schemadrift.codegen.helpers import Helper
from pytest_schemadrift.codegen.sql import Sql
from pytest_schemadrift.schema.model import Name, Schema, Table

Progress = Callable[[int, int], None]
"""Called with the number of models that are done and that of all."""


def silent(done: int, total: int) -> None:
    """Nobody watches."""


@dataclass(frozen=True, slots=True)
class Header:
    """What the top of the file says: where the models come from (without a password) and how to make them again."""

    database: str
    server: str
    command: str


@dataclass(frozen=True, slots=True)
class Job:
    """What a style is given to write: tables of a schema, of which the ``unmanaged`` are looked at and never made."""

    schema: Schema
    tables: Sequence[Table]
    sql: Sql
    header: Header
    unmanaged: frozenset[Name] = frozenset()
    app: str = "models"
    not_expressed: Sequence[str] = ()
    progress: Progress = silent


@dataclass(frozen=True, slots=True)
class Written:
    """The source of a module with so many ``models``, and what of the database it does not express, a sentence each."""

    text: str
    not_expressed: tuple[str, ...]
    models: int


@dataclass(slots=True)
class Module:
    """A module in the making; ``imports`` are (module, name) pairs, the name empty for ``import module``."""

    header: Header
    imports: set[tuple[str, str]] = field(default_factory=set)
    not_expressed: list[str] = field(default_factory=list)
    annotated: bool = True
    """Whether its classes are annotated with each other's names."""
    remarks: list[str] = field(default_factory=list)
    """Sentences for the top of the file."""

    def use(self, module: str, name: str) -> None:
        """Import a name."""
        self.imports.add((module, name))

    def bring(self, helpers: Iterable[Helper]) -> list[list[str]]:
        """The lines of each helper; what they import is imported."""
        found = []
        for helper in helpers:
            self.imports.update(helper.imports)
            found.append(helper.source.rstrip("\n").split("\n"))
        return found

    def written(self, parts: Iterable[Sequence[str]], models: int, tail: Sequence[str] = ()) -> Written:
        """The whole text: each of ``parts`` is the lines of one top-level object."""
        blocks = ["\n".join(part) for part in parts]
        top = "\n".join(docstring(self._top()))
        imports = "\n".join(_import_lines(self.imports))
        text = f"{top}\n" + ("\nfrom __future__ import annotations\n" if self.annotated else "")
        text += f"\n{imports}\n" if imports else ""
        text += "".join(f"\n\n{block.rstrip()}\n" for block in blocks)
        text += "\n" + "\n".join(tail) + "\n" if tail else ""
        return Written(text, tuple(self.not_expressed), models)

    def _top(self) -> list[str]:
        head = self.header
        lines = [
            f"The database {head.database} as models, from {head.server}.",
            "",
            "Written by:",
            f"    {head.command}",
        ]
        lines += ["", *self.remarks] if self.remarks else []
        if self.not_expressed:
            lines += ["", "Not expressed:"]
            for item in self.not_expressed:
                lines += wrap(item, WIDTH, initial_indent="- ", subsequent_indent="  ", break_on_hyphens=False)
        return lines


def _import_lines(imports: Iterable[tuple[str, str]]) -> list[str]:
    """Sorted as isort does: the standard library first, the rest after an empty line."""
    by_module: dict[str, set[str]] = {}
    for module, name in imports:
        by_module.setdefault(module, set()).add(name)
    found: list[str] = []
    for standard in (True, False):
        chosen = [module for module in by_module if (module.split(".")[0] in _STANDARD) == standard]
        lines = [f"import {module}" for module in sorted(chosen) if "" in by_module[module]]
        for module in sorted(chosen, key=str.lower):
            names = sorted(by_module[module] - {""}, key=_import_order)
            lines += _from_import(module, names) if names else []
        if lines:
            found += ["", *lines] if found else lines
    return found


_STANDARD = frozenset({"collections", "datetime", "decimal", "enum", "typing", "uuid"})


def _import_order(name: str) -> tuple[int, str]:
    """Constants, then classes, then the rest."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[0].isupper() else 2
    return kind, name


def _from_import(module: str, names: Sequence[str]) -> list[str]:
    line = f"from {module} import {', '.join(names)}"
    if len(line) <= WIDTH:
        return [line]
    return [f"from {module} import (", *(f"{INDENT}{name}," for name in names), ")"]
