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
def test_a_match_that_is_left_open_says_why() -> None:
    """Over kinds of things a match ends with ``assert_never``, for the type checker to name it when there is one more.

    Elsewhere its last case raises, or a comment beside it says why whatever comes is answered rightly.
    """
    silent = []
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text()
        lines = text.splitlines()
        for node in ast.walk(ast.parse(text)):
            if not isinstance(node, ast.Match):
                continue
            *kinds, last = node.cases
            open_ = isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None and last.guard is None
            by_kind = any(isinstance(part, ast.MatchClass) for case in kinds for part in ast.walk(case.pattern))
            told = isinstance(last.body[-1], ast.Raise) or "assert_never(" in ast.unparse(last)
            if open_ and by_kind and not told and "  # " not in lines[last.pattern.lineno - 1]:
                silent.append(f"{path.relative_to(PACKAGE)}:{last.pattern.lineno}")
    assert silent == []
