"""Mutants of a module's source: one small change each, of the kinds that a tired programmer makes."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass

_OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}


@dataclass(frozen=True)
class Mutant:
    """A changed module; ``line`` is where, ``what`` says it in words."""

    line: int
    what: str
    tree: ast.Module


Edit = Callable[[ast.AST], ast.AST | None]


def mutants(source: str) -> Iterator[Mutant]:
    """Every mutant of a module, in the order of its lines."""
    tree = ast.parse(source)
    parents = {child: parent for parent in ast.walk(tree) for child in ast.iter_child_nodes(parent)}
    places = [node for node in ast.walk(tree) if hasattr(node, "lineno") and _inside_a_function(node, parents)]
    places.sort(key=lambda node: (node.lineno, node.col_offset))
    numbers = {node: number for number, node in enumerate(ast.walk(tree))}
    for node in places:
        for what, edit in _edits(node, parents[node]):
            yield Mutant(node.lineno, what, _edited(tree, numbers[node], edit))


def _inside_a_function(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> bool:
    """Tables of constants and signatures are left alone; so are docstrings and annotations."""
    while node in parents:
        parent = parents[node]
        if isinstance(parent, ast.arguments | ast.AnnAssign | ast.ClassDef) and not isinstance(node, ast.FunctionDef):
            return False
        if isinstance(parent, ast.FunctionDef | ast.AsyncFunctionDef):
            if node is parent.returns or node in parent.decorator_list:
                return False
            return isinstance(node, ast.stmt)
        node = parent
    return False


def _edits(node: ast.AST, parent: ast.AST) -> Iterator[tuple[str, Edit]]:
    match node:
        case ast.Compare(ops=[operator]) if type(operator) in _OPPOSITE:
            other = _OPPOSITE[type(operator)]
            yield f"{type(operator).__name__} -> {other.__name__}", _set("ops", [other()])
        case ast.BoolOp():
            other_op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
            yield f"{type(node.op).__name__} -> {type(other_op).__name__}", _set("op", other_op)
        case ast.UnaryOp(op=ast.Not()):
            yield "not x -> x", lambda found: found.operand  # type: ignore[attr-defined]
        case ast.BinOp() if type(node.op) in _ARITHMETIC:
            other_arithmetic = _ARITHMETIC[type(node.op)]
            yield f"{type(node.op).__name__} -> {other_arithmetic.__name__}", _set("op", other_arithmetic())
        case ast.Constant(value=bool()):
            yield f"{node.value} -> {not node.value}", _set("value", not node.value)
        case ast.Constant(value=int()) if not isinstance(parent, ast.FormattedValue):
            yield f"{node.value} -> {node.value + 1}", _set("value", node.value + 1)  # type: ignore[operator]
        case ast.Constant(value=str()) if node.value and not isinstance(parent, ast.Expr):
            yield f"{node.value[:40]!r} -> ''", _set("value", "")  # type: ignore[index]
        case ast.If() | ast.IfExp():
            for value in (True, False):
                yield f"if … -> if {value}", _set("test", ast.Constant(value))
        case ast.Expr(value=ast.Call() | ast.Yield() | ast.YieldFrom() | ast.Await()) | ast.AugAssign():
            yield "statement left out", lambda found: ast.Pass()
        case ast.Continue():
            yield "continue -> break", lambda found: ast.Break()
        case ast.comprehension(ifs=[_, *_]):
            yield "condition left out", _set("ifs", [])
        case _:
            return


def _set(name: str, value: object) -> Edit:
    def edit(node: ast.AST) -> None:
        setattr(node, name, value)

    return edit


def _edited(tree: ast.Module, number: int, edit: Edit) -> ast.Module:
    copy = deepcopy(tree)
    target = next(node for place, node in enumerate(ast.walk(copy)) if place == number)
    replacement = edit(target)
    if replacement is not None:
        replacement = ast.copy_location(replacement, target)
        for parent in ast.walk(copy):
            for name, value in ast.iter_fields(parent):
                if value is target:
                    setattr(parent, name, replacement)
                elif isinstance(value, list) and any(item is target for item in value):
                    value[:] = [replacement if item is target else item for item in value]
    return ast.fix_missing_locations(copy)
