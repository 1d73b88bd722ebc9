"""The page about the architecture names what is there, all packages, and the steps of a check in their order."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path
from types import FrameType

import pytest

from tests.harness import typed
from tests.test_cli import DRIFTED, Project

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "pytest_schemadrift"
PAGE = (ROOT / "docs" / "architecture.md").read_text()


@pytest.mark.parametrize("reference", sorted(set(re.findall(r"`([\w/]+\.py:\w+)`", PAGE))))
def test_a_step_names_what_is_there(reference: str) -> None:
    path, _, name = reference.partition(":")
    tree = ast.parse((PACKAGE / path).read_text())
    names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)}
    assert name in names


def test_a_check_takes_the_steps_in_the_order_of_the_page(tmp_path: Path) -> None:
    project = Project(tmp_path, "shop_by_steps")
    project.database(DRIFTED)  # a table with a drift: one in sync would end a check at step 10
    taken: dict[str, None] = {}

    def called(frame: FrameType, event: str, _: object) -> None:
        path = frame.f_code.co_filename
        if event == "call" and path.startswith(f"{PACKAGE}/"):
            taken.setdefault(f"{path[len(f'{PACKAGE}/') :]}:{frame.f_code.co_name}")

    before = sys.getprofile()
    sys.setprofile(called)
    try:
        finished = typed(tmp_path, "check", environment={"SCHEMADRIFT_VALUE_CACHE_DIR": str(tmp_path / "cache")})
    finally:
        sys.setprofile(before)
    assert finished.returncode == 1, finished.stderr
    steps = re.findall(r"^\| \d+ \| `([\w/]+\.py:\w+)`", PAGE, re.MULTILINE)
    assert steps == [step for step in taken if step in steps]


def test_every_package_has_its_line() -> None:
    table = PAGE.partition("## The packages")[2].partition("### Inside a dialect")[0]
    found = {name.rstrip("/") for name in re.findall(r"`(\w+/?)`", table)}
    there = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert there - {"__init__", "__main__"} <= found
