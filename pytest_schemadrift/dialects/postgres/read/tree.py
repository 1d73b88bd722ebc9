"""Expressions as small trees, and the one text of a tree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from pytest_schemadrift.dialects.postgres.names import printed_literal

Columns = Mapping[str, str]
"""The columns of the table that an expression is about: name -> canonical type."""

COMPARISONS = frozenset(["=", "<", ">", "<=", ">=", "<>"])


class Node(NamedTuple):
    """A part of an expression. ``kind`` says what it is, ``text`` what is written, ``parts`` what is within.

    ====================  ==============================  =======================
    kind                  text                            parts
    ====================  ==============================  =======================
    string, number, word  the value                       none
    name                  the column, quoted if needed    none
    call                  the function                    arguments
    cast                  the type                        what is cast
    operator              the operator                    one or two operands
    and, or, array, row                                   elements
    other                 a template with ``{}`` holes    what fills the holes
    ====================  ==============================  =======================
    """

    kind: str
    text: str
    parts: tuple[Node, ...] = ()


def text_of(node: Node) -> str:
    """One text for a tree; every operation stands in parentheses, and a name never right before one."""
    kind, text, parts = node
    if kind == "string":
        return printed_literal(text)
    if not parts and kind in ("number", "word", "name"):
        return text
    inner = [text_of(part) for part in parts]
    if kind == "call":
        return f"{text}({', '.join(inner)})"
    if kind == "cast":
        return f"{inner[0]}::{text}"
    if kind == "operator":
        return f"({text} {inner[0]})" if len(inner) == 1 else f"({inner[0]} {text} {inner[1]})"
    if kind in ("and", "or"):
        return "(" + f" {kind} ".join(inner) + ")"
    if kind == "array":
        return f"array[{', '.join(inner)}]"
    if kind == "row":
        return f"row({', '.join(inner)})"
    return "(" + text.format(*inner) + ")"
