"""The page about the architecture names functions and packages that are there, and all packages."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "pytest_schemadrift"
PAGE = (ROOT / "docs" / "architecture.md").read_text()


@pytest.mark.parametrize("reference", sorted(set(re.findall(r"`([\w/]+\.py:\w+)`", PAGE))))
def test_a_step_names_what_is_there(reference: str) -> None:
    path, _, name = reference.partition(":")
    tree = ast.parse((PACKAGE / path).read_text())
    names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)}
    assert name in names


def test_every_package_has_its_line() -> None:
    table = PAGE.partition("## The packages")[2].partition("### Inside a dialect")[0]
    found = {name.rstrip("/") for name in re.findall(r"`(\w+/?)`", table)}
    there = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert there - {"__init__", "__main__"} <= found
