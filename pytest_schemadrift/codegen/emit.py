"""Python source, laid out as ``ruff format`` would leave it.

A call that does not fit into a line has each argument on a line of its own, with a trailing comma, which every
formatter keeps; strings are never broken.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from unicodedata import combining, east_asian_width

WIDTH = 88
"""The formatter's own default, in columns."""
INDENT = "    "


@dataclass(frozen=True, slots=True)
class Call:
    """``name(arguments, keyword=…)``."""

    name: str
    arguments: tuple[Node, ...] = ()
    keywords: tuple[tuple[str, Node], ...] = ()


@dataclass(frozen=True, slots=True)
class Items:
    """A tuple, or with ``brackets`` a list."""

    items: tuple[Node, ...]
    brackets: bool = False


Node = str | Call | Items
"""A Python expression: its text where it is never broken."""


def call(function: str, /, *arguments: Node, **keywords: Node | None) -> Call:
    """A call; keywords that are ``None`` are left out."""
    return Call(function, arguments, tuple((name, value) for name, value in keywords.items() if value is not None))


def given(options: Mapping[str, Node | None]) -> Iterator[tuple[str, Node]]:
    """The keywords that have a value."""
    return ((name, value) for name, value in options.items() if value is not None)


def string(text: str) -> str:
    """A string literal in the quotes that need fewer escapes, double ones first."""
    quote = "'" if text.count('"') > text.count("'") else '"'
    return quote + "".join(_letter(letter, quote) for letter in text) + quote


_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def _letter(letter: str, quote: str) -> str:
    if letter == quote:
        return f"\\{letter}"
    if letter in _ESCAPES:
        return _ESCAPES[letter]
    return letter if letter.isprintable() else repr(letter)[1:-1]


def strings(texts: Iterable[str]) -> Items:
    """A tuple of strings."""
    return Items(tuple(string(text) for text in texts))


def flat(node: Node) -> str:
    """The expression in one line."""
    if isinstance(node, str):
        return node
    opening, closing = _brackets(node)
    inner = ", ".join(prefix + flat(item) for prefix, item in _parts(node))
    return f"{opening}{inner}{_only_comma(node)}{closing}"


def _only_comma(node: Node) -> str:
    return "," if isinstance(node, Items) and len(node.items) == 1 and not node.brackets else ""


def _brackets(node: Call | Items) -> tuple[str, str]:
    if isinstance(node, Call):
        return f"{node.name}(", ")"
    return ("[", "]") if node.brackets else ("(", ")")


def _parts(node: Call | Items) -> list[tuple[str, Node]]:
    if isinstance(node, Items):
        return [("", item) for item in node.items]
    return [("", item) for item in node.arguments] + [(f"{name}=", item) for name, item in node.keywords]


def _fits(line: str) -> bool:
    """Whether a line is not too long; a wide letter of the East takes two columns."""
    if line.isascii():
        return len(line) <= WIDTH
    return sum(2 if east_asian_width(letter) in "WF" else not combining(letter) for letter in line) <= WIDTH


def lines(prefix: str, node: Node, indent: str = "", suffix: str = "") -> list[str]:
    """``prefix`` and the expression and ``suffix``, in as many lines as it needs."""
    whole = indent + prefix + flat(node) + suffix
    if _fits(whole) or isinstance(node, str) or not _parts(node):
        return [whole]
    opening, closing = _brackets(node)
    found = [indent + prefix + opening]
    for name, item in _parts(node):
        found += lines(name, item, indent + INDENT, ",")
    return [*found, indent + closing + suffix]


def assignment(target: str, value: Node, indent: str = "") -> list[str]:
    """``target = value``; a value goes into parentheses of its own where neither it nor its head fits behind."""
    head = value if isinstance(value, str) else _brackets(value)[0]
    whole = lines(f"{target} = ", value, indent)
    if _fits(f"{indent}{target} = {head}") and _fits(whole[0]):
        return whole
    inside = lines("", value, indent + INDENT)
    if not _fits(inside[0]):
        return whole
    return [f"{indent}{target} = (", *inside, f"{indent})"]


def class_lines(head: str, body: Sequence[str], indent: str = "") -> list[str]:
    """A class; the lines of its body are already indented."""
    return [f"{indent}class {head}:", *(body or [f"{indent}{INDENT}pass"])]


def docstring(text: Sequence[str]) -> list[str]:
    """A module's docstring of these lines."""
    escaped = [line.replace("\\", "\\\\").replace('"""', '\\"\\"\\"').rstrip() for line in text]
    if len(escaped) == 1:
        return [f'"""{escaped[0]}"""']
    return [f'"""{escaped[0]}', *escaped[1:], '"""']
