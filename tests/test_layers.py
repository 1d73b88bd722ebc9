"""What the import contract cannot say: no modules import each other in a circle, and where dialects are named."""

from __future__ import annotations

import ast
import re
from graphlib import TopologicalSorter
from pathlib import Path

import grimp
import pytest

PACKAGE = Path(__file__).parents[1] / "pytest_schemadrift"


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Imports inside of functions count; those for the type checker alone do not. A circle raises ``CycleError``."""
    graph = grimp.build_graph("pytest_schemadrift", exclude_type_checking_imports=True)
    imports = {name: graph.find_modules_directly_imported_by(name) for name in graph.modules}
    assert len(list(TopologicalSorter(imports).static_order())) == len(imports)


MAY_NAME_DIALECTS = ("dialects/", "servers/", "sources/orm/", "core/config/")
"""Where a kind of database is the matter at hand: its own package, its server, Tortoise's engines, URLs."""

LEFT = {
    "cli/group.py": 1,
    "codegen/django.py": 3,
    "codegen/django_types.py": 3,
    "codegen/enums.py": 2,
    "codegen/keys.py": 2,
    "codegen/sql.py": 1,
    "codegen/tortoise.py": 7,
    "codegen/tortoise_relations.py": 2,
    "codegen/tortoise_types.py": 5,
    "commands/databases.py": 1,
    "commands/migrate.py": 3,
    "commands/project.py": 1,
    "commands/reverse.py": 3,
    "commands/snapshot.py": 2,
    "commands/tenants/find.py": 1,
    "plugin/databases.py": 1,
    "plugin/run.py": 1,
    "planning/script.py": 2,
    "sources/structure.py": 1,
}
"""Comparisons with the name of a dialect that are yet to become answers of ``Dialect``; a number only ever falls."""

_COMPARED = re.compile(
    r"(?:==|!=|\bin) \(?\"(?:postgres|mysql|mariadb|sqlite)\"|case \"(?:postgres|mysql|mariadb|sqlite)\""
)


def test_no_other_module_asks_which_dialect_it_is() -> None:
    grown = {}
    for path in PACKAGE.rglob("*.py"):
        name = path.relative_to(PACKAGE).as_posix()
        number = len(_COMPARED.findall(path.read_text()))
        if number > LEFT.get(name, 0) and not name.startswith(MAY_NAME_DIALECTS):
            grown[name] = number
    assert grown == {}, "ask the Dialect or its Capabilities"


@pytest.mark.slow
def test_a_match_that_is_left_open_says_why_and_nothing_comes_in_the_order_of_a_set() -> None:
    """Two things that each module is read for, once.

    Over kinds of things a match ends with ``assert_never``, for the type checker to name it when there is one more.
    Elsewhere its last case raises, or a comment beside it says why whatever comes is answered rightly.

    The order of a set is another one in each run: reports, plans and exports of one database would differ, once in a
    while. A variable that holds a set is not seen here.
    """
    silent, shuffled = list[str](), list[str]()
    for path in PACKAGE.rglob("*.py"):
        name, text = path.relative_to(PACKAGE), path.read_text()
        lines = text.splitlines()
        any_order: set[ast.AST] = set()
        for node in ast.walk(ast.parse(text)):  # a call comes before its arguments
            if isinstance(node, ast.Match):
                silent += [f"{name}:{node.lineno}"] if _is_silent(node, lines) else []
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in WITHOUT_ORDER:
                any_order.update(node.args)
            elif node not in any_order:
                shuffled += [f"{name}:{part.lineno}" for part in _in_order(node) if _is_set(part)]
    assert silent == []
    assert shuffled == [], "sort it, or keep the order of what it is made of: dict.fromkeys()"


def _is_silent(node: ast.Match, lines: list[str]) -> bool:
    *kinds, last = node.cases
    open_ = isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None and last.guard is None
    by_kind = any(isinstance(part, ast.MatchClass) for case in kinds for part in ast.walk(case.pattern))
    told = isinstance(last.body[-1], ast.Raise) or "assert_never(" in ast.unparse(last)
    return open_ and by_kind and not told and "  # " not in lines[last.pattern.lineno - 1]


WITHOUT_ORDER = {"all", "any", "frozenset", "len", "max", "min", "set", "sorted", "sum"}
"""What makes the same of a set in any order."""


def _in_order(node: ast.AST) -> list[ast.expr]:
    """What a node goes through from the first to the last."""
    match node:
        case ast.For():
            return [node.iter]
        case ast.ListComp() | ast.GeneratorExp():
            return [part.iter for part in node.generators]
        case ast.Call(func=ast.Name(id="tuple" | "list") | ast.Attribute(attr="join" | "fromkeys" | "extend")):
            return node.args[:1]
        case ast.List() | ast.Tuple():
            return [part.value for part in node.elts if isinstance(part, ast.Starred)]
        case _:  # a set or a dict made of it has no order that anything is shown in
            return []


def _is_set(node: ast.expr) -> bool:
    match node:
        case ast.Set() | ast.SetComp() | ast.Call(func=ast.Name(id="set" | "frozenset")):
            return True
        case ast.BinOp(op=ast.Sub() | ast.BitAnd() | ast.BitOr() | ast.BitXor()):
            return any(_is_set(side) or _is_keys(side) for side in (node.left, node.right))
        case _:  # perhaps a variable
            return False


def _is_keys(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "keys"
