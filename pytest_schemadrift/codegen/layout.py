"""A file of generated source: its docstring, its imports in order, and its parts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pytest_schemadrift.codegen.emit import INDENT, WIDTH, docstring

Import = tuple[str, str]
"""(module, name), the name empty for ``import module``."""
Part = Sequence[str]
"""The lines of one top-level object."""


def file_text(
    top: Sequence[str],
    imports: Sequence[str],
    parts: Iterable[Part],
    tail: Sequence[str] = (),
    *,
    annotated: bool = False,
) -> str:
    """The text of a file; ``imports`` are blocks, and ``annotated`` says that annotations name what comes later."""
    text = "\n".join(docstring(top)) + "\n"
    text += "\nfrom __future__ import annotations\n" if annotated else ""
    text += "".join(f"\n{block}\n" for block in imports)
    text += "".join("\n\n" + "\n".join(part).rstrip() + "\n" for part in parts)
    return text + ("\n" + "\n".join(tail) + "\n" if tail else "")


def import_lines(imports: Iterable[tuple[str, str]]) -> list[str]:
    """Sorted as isort does: the standard library, the rest, and the package's own, with empty lines between."""
    by_module: dict[str, set[str]] = {}
    for module, name in imports:
        by_module.setdefault(module, set()).add(name)
    found: list[str] = []
    for place in range(3):
        chosen = [module for module in by_module if _place(module) == place]
        lines = [f"import {module}" for module in sorted(chosen) if "" in by_module[module]]
        for module in sorted(chosen, key=str.lower):
            names = sorted(by_module[module] - {""}, key=_import_order)
            lines += from_import(module, names) if names else []
        if lines:
            found += ["", *lines] if found else lines
    return found


def _place(module: str) -> int:
    return 2 if module.startswith(".") else 0 if module.split(".", maxsplit=1)[0] in _STANDARD else 1


_STANDARD = frozenset({"collections", "datetime", "decimal", "enum", "typing", "uuid"})


def _import_order(name: str) -> tuple[int, str]:
    """Constants, then classes, then the rest."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[0].isupper() else 2
    return kind, name


def from_import(module: str, names: Sequence[str]) -> list[str]:
    """An import of names, a line each where one line is too short for all."""
    line = f"from {module} import {', '.join(names)}"
    if len(line) <= WIDTH:
        return [line]
    return [f"from {module} import (", *(f"{INDENT}{name}," for name in names), ")"]
