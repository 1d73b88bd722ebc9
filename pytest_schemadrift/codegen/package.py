"""Generated source as a package: a module for each schema or prefix, one for what they share, and all in ``__init__``.

Models name each other by ``"app.Model"`` and in annotations, which nobody evaluates while a module is imported. So the
modules need each other for type checkers alone, and no import goes in a circle.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pytest_schemadrift.codegen.emit import INDENT, Items, assignment, string
from pytest_schemadrift.codegen.layout import Import, Part, file_text, from_import, import_lines
from pytest_schemadrift.codegen.names import field_name, free_name, words
from pytest_schemadrift.schema.model import Name

Split = Literal["auto", "schema", "prefix", "none"]
LARGE = 100
"""Of more tables than these nobody wants one file."""
SHARED = "common"
_REST = "other"
_INIT = "__init__"


def chosen_split(split: Split, tables: Sequence[Name]) -> Split:
    """What ``auto`` means: one file up to ``LARGE`` tables; above them one for each schema, or for each prefix."""
    if split != "auto":
        return split
    if len(tables) <= LARGE:
        return "none"
    return "schema" if len({name.schema for name in tables}) > 1 else "prefix"


def modules_of(tables: Sequence[Name], split: Split) -> dict[Name, str]:
    """The module of each table. A prefix is the first word of a name; tables that are alone with theirs share one."""
    if split == "schema":
        labels = {name: name.schema or "default" for name in tables}
    else:
        labels = {name: field_name((words(name.name) or [_REST])[0]) for name in tables}
        counts = Counter(labels.values())
        labels = {name: label if counts[label] > 1 else _REST for name, label in labels.items()}
    taken, modules = {SHARED, _INIT}, dict[str, str]()
    for label in labels.values():
        if label not in modules:
            modules[label] = free_name(field_name(label), taken, "_models")
            taken.add(modules[label])
    return {name: modules[label] for name, label in labels.items()}


@dataclass(frozen=True, slots=True)
class Source:
    """What a package is made of: ``shared`` is what models use, ``models`` are in the order of the outline."""

    top: Sequence[str]
    imports: Iterable[Import]
    shared: Sequence[Part]
    models: Sequence[tuple[Name, Part]]
    annotated: bool
    tail: Sequence[str] = ()


def package(source: Source, split: Split) -> dict[str, str]:
    """The text of each file, by its name; ``__init__.py`` imports the models in the order of the outline."""
    modules = modules_of([name for name, _ in source.models], split)
    parts: dict[str, list[Part]] = {SHARED: list(source.shared)} if source.shared else {}
    for name, part in source.models:
        parts.setdefault(modules[name], []).append(part)
    homes = {name: module for module, found in parts.items() for part in found for name in _defined(part)}
    files = {f"{_INIT}.py": _init_text(source, homes)}
    for module, found in parts.items():
        files[f"{module}.py"] = _module_text(source, module, found, homes)
    return files


def _defined(part: Part) -> Iterator[str]:
    """The names that a part gives to its module."""
    for node in ast.parse("\n".join(part)).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def _init_text(source: Source, homes: Mapping[str, str]) -> str:
    names = [name for _, part in source.models for name in _defined(part)]
    exported: dict[str, list[str]] = {}
    for name in names:
        exported.setdefault(homes[name], []).append(name)
    lines = [line for module, found in exported.items() for line in from_import(f".{module}", sorted(found))]
    every = Items(tuple(string(name) for name in names), brackets=True)
    tail = [*assignment("__all__", every), *source.tail]
    return file_text(source.top, ["\n".join(lines)] if lines else [], [], tail)


def _module_text(source: Source, module: str, parts: Sequence[Part], homes: Mapping[str, str]) -> str:
    used = _Used()
    for part in parts:
        used.read("\n".join(part))
    every = used.running | used.annotating
    imports = {item for item in source.imports if (item[1] or item[0].split(".")[0]) in every}
    foreign = {name: home for name, home in homes.items() if name in every and home != module}
    needed = {(f".{home}", name) for name, home in foreign.items() if home == SHARED or name in used.running}
    watched = {(f".{home}", name) for name, home in foreign.items()} - needed
    imports |= {("typing", "TYPE_CHECKING")} if watched else set()
    blocks = ["\n".join(import_lines(imports | needed))] if imports or needed else []
    if watched:
        blocks.append("\n".join(["if TYPE_CHECKING:", *(INDENT + line for line in import_lines(watched))]))
    what = "What the models use." if module == SHARED else "Some of the models: the package says where they are from."
    return file_text([what], blocks, parts, annotated=source.annotated)


@dataclass(slots=True)
class _Used:
    """The names that source mentions: those that running it needs, and those of annotations."""

    running: set[str] = field(default_factory=set)
    annotating: set[str] = field(default_factory=set)

    def read(self, text: str) -> None:
        tree = ast.parse(text)
        notes = {id(node) for outer in _annotations(tree) for node in ast.walk(outer)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Name):
                (self.annotating if id(node) in notes else self.running).add(node.id)


def _annotations(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign | ast.arg) and node.annotation is not None:
            yield node.annotation
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns is not None:
            yield node.returns
