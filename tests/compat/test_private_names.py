"""Tortoise's insides are known in one place."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "pytest_schemadrift"
KNOWS = PACKAGE / "sources" / "orm"
OF_DRIVERS = frozenset({"_conn", "_execute"})
"""aiosqlite's own, which Tortoise uses too."""


def functions(tree: ast.AST) -> set[str]:
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def attributes(tree: ast.AST) -> dict[str, int]:
    return {node.attr: node.lineno for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


def private_names_of_tortoise() -> set[str]:
    root = Path(importlib.import_module("tortoise").__file__ or "").parent
    found: set[str] = set()
    for path in root.rglob("*.py"):
        tree = ast.parse(path.read_bytes())
        found |= functions(tree) | set(attributes(tree))
    return {name for name in found if name.startswith("_") and not name.startswith("__")} - OF_DRIVERS


def own_names(tree: ast.AST) -> set[str]:
    """What a module defines itself, and keeps in ``self``."""
    fields = {node.target.id for node in ast.walk(tree) if isinstance(node, ast.AnnAssign)
              and isinstance(node.target, ast.Name)}  # fmt: skip
    kept = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name) and node.value.id == "self"}  # fmt: skip
    return functions(tree) | fields | kept


def test_no_private_name_of_tortoise_is_used_elsewhere() -> None:
    private = private_names_of_tortoise()
    assert {"_meta", "_inited"} <= private
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        if KNOWS not in path.parents:
            tree = ast.parse(path.read_bytes())
            found |= {
                f"{path.relative_to(PACKAGE)}:{line}": name
                for name, line in attributes(tree).items()
                if name in private and name not in own_names(tree)
            }
    assert found == {}
