"""Expressions: a key by which the server's spelling and a person's spelling of the same thing compare equal.

The server stores expressions printed from its own tree: every sub-expression in parentheses, names in backticks,
literals with the character set of whoever created them. So we read an expression into a tree by the operator
precedence of the manual ("Operator Precedence") and print the tree in one way. What cannot be read keeps the plain
key of its tokens: it then compares equal only to the same tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from pytest_schemadrift.dialects.mysql.names import is_string, literal, string_value
from pytest_schemadrift.dialects.mysql.read.tokens import tokenize
from pytest_schemadrift.dialects.reader import NUMBER, QUOTED, STRING, WORD, Token, expression_key, strip_parentheses
from pytest_schemadrift.errors import DDLSyntaxError
from pytest_schemadrift.schema.model import Expression

SAFE_INTRODUCERS = frozenset({"_UTF8MB4", "_UTF8MB3", "_UTF8", "_LATIN1", "_ASCII"})
"""Introducers that the server adds by itself, from the connection of whoever created the object."""

_FUNCTIONS = {
    "lcase": "lower",
    "ucase": "upper",
    "substring": "substr",
    "mid": "substr",
    "character_length": "char_length",
    "octet_length": "length",
    "current_timestamp": "now",
    "localtime": "now",
    "localtimestamp": "now",
    "current_date": "curdate",
    "current_time": "curtime",
    "power": "pow",
    "ceil": "ceiling",
    "day": "dayofmonth",
}
"""Synonyms by the manual; the server prints one of them."""
_NILADIC = frozenset({"CURRENT_TIMESTAMP", "LOCALTIME", "LOCALTIMESTAMP", "CURRENT_DATE", "CURRENT_TIME"})
_NILADIC |= {"CURRENT_USER", "UTC_DATE", "UTC_TIME", "UTC_TIMESTAMP"}
_RESERVED = frozenset(
    [
        "AND",
        "AS",
        "BETWEEN",
        "BY",
        "CASE",
        "CAST",
        "COLLATE",
        "CONVERT",
        "DEFAULT",
        "DISTINCT",
        "DIV",
        "ELSE",
        "END",
        "EXISTS",
        "FOR",
        "FROM",
        "IN",
        "INTERVAL",
        "IS",
        "LIKE",
        "MATCH",
        "MEMBER",
        "MOD",
        "NOT",
        "OR",
        "OVER",
        "REGEXP",
        "RLIKE",
        "SELECT",
        "SOUNDS",
        "THEN",
        "USING",
        "WHEN",
        "WHERE",
        "XOR",
    ]
)
_COMPARISONS = {"=": "=", "<=>": "<=>", ">=": ">=", ">": ">", "<=": "<=", "<": "<", "<>": "<>", "!=": "<>"}
_BINARY: tuple[dict[str, str], ...] = (
    {"|": "|"},
    {"&": "&"},
    {"<<": "<<", ">>": ">>"},
    {"+": "+", "-": "-"},
    {"*": "*", "/": "/", "%": "%", "MOD": "%", "DIV": "div"},
    {"^": "^"},
)
"""Left-associative operators from the loosest to the tightest."""


class Node(NamedTuple):
    """One node of an expression: ``kind`` is an operator, ``call``, ``name``, ``string``, ``number``…"""

    kind: str
    text: str = ""
    children: tuple[Node, ...] = ()

    def key(self) -> str:
        """The one way in which this tree is printed."""
        if self.kind == "string":
            return literal(self.text)
        if self.kind == "name":
            return f"`{self.text}`"
        inside = ", ".join(child.key() for child in self.children)
        return f"{self.text}({inside})" if self.children or self.kind == "call" else self.text


class _Unreadable(Exception):
    """The expression has a form that this reader does not know."""


class _Reader:
    """Recursive descent over tokens; raises ``_Unreadable`` on anything unknown."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.position = 0

    def peek(self, ahead: int = 0) -> Token | None:
        index = self.position + ahead
        return self.tokens[index] if index < len(self.tokens) else None

    def at(self, *words: str) -> bool:
        first = self.position
        if first + len(words) > len(self.tokens):
            return False
        return all(self.tokens[first + place].upper == word for place, word in enumerate(words))

    def accept(self, *words: str) -> bool:
        if self.at(*words):
            self.position += len(words)
            return True
        return False

    def expect(self, *words: str) -> None:
        if not self.accept(*words):
            raise _Unreadable

    def next(self) -> Token:
        token = self.peek()
        if token is None:
            raise _Unreadable
        self.position += 1
        return token

    def whole(self) -> Node:
        node = self.disjunction()
        if self.position != len(self.tokens):
            raise _Unreadable
        return node

    def disjunction(self) -> Node:
        return self.chain("or", ("OR", "||"), self.exclusive)

    def exclusive(self) -> Node:
        node = self.conjunction()
        while self.accept("XOR"):
            node = Node("binary", "xor", (node, self.conjunction()))
        return node

    def conjunction(self) -> Node:
        return self.chain("and", ("AND", "&&"), self.negation)

    def chain(self, name: str, words: tuple[str, ...], part: Callable[[], Node]) -> Node:
        """``a AND b AND c``: grouping makes no difference, so the parts are kept in one flat node."""
        parts = [part()]
        while any(self.accept(word) for word in words):
            parts.append(part())
        if len(parts) == 1:
            return parts[0]
        flat: list[Node] = []
        for item in parts:
            flat += item.children if item.kind == name else (item,)
        return Node(name, name, tuple(flat))

    def negation(self) -> Node:
        if self.accept("NOT"):
            return Node("not", "not", (self.negation(),))
        return self.comparison()

    def comparison(self) -> Node:
        node = self.binary(0)
        while True:
            token = self.peek()
            if token is None:
                return node
            if token.upper in _COMPARISONS and token.upper:
                self.position += 1
                node = Node("binary", _COMPARISONS[token.upper], (node, self.binary(0)))
            elif self.accept("IS"):
                negated = self.accept("NOT")
                word = self.next().upper
                if word not in ("NULL", "TRUE", "FALSE", "UNKNOWN"):
                    raise _Unreadable
                node = self.maybe_not(Node("is", f"is {word.lower()}", (node,)), negated)
            else:
                negated = self.at("NOT")
                if negated:
                    self.position += 1
                found = self.predicate(node)
                if found is None:
                    if negated:
                        raise _Unreadable
                    return node
                node = self.maybe_not(found, negated)

    def maybe_not(self, node: Node, negated: bool) -> Node:
        return Node("not", "not", (node,)) if negated else node

    def predicate(self, left: Node) -> Node | None:
        if self.accept("IN"):
            self.expect("(")
            return Node("in", "in", (left, *self.arguments()))
        if self.accept("BETWEEN"):
            low = self.binary(0)
            self.expect("AND")
            return Node("between", "between", (left, low, self.binary(0)))
        if self.accept("LIKE"):
            pattern = self.binary(0)
            escape = (self.binary(0),) if self.accept("ESCAPE") else ()
            return Node("like", "like", (left, pattern, *escape))
        if self.accept("REGEXP") or self.accept("RLIKE"):
            return Node("call", "regexp_like", (left, self.binary(0)))
        return None

    def binary(self, level: int) -> Node:
        if level == len(_BINARY):
            return self.unary()
        node = self.binary(level + 1)
        while True:
            token = self.peek()
            if token is None or token.upper not in _BINARY[level] or not token.upper:
                return node
            self.position += 1
            node = Node("binary", _BINARY[level][token.upper], (node, self.binary(level + 1)))

    def unary(self) -> Node:
        if self.accept("-"):
            operand = self.unary()
            if operand.kind == "number" and not operand.text.startswith("-"):
                return Node("number", "-" + operand.text)
            return Node("unary", "-", (operand,))
        if self.accept("+"):
            return self.unary()
        if self.accept("~"):
            return Node("unary", "~", (self.unary(),))
        if self.accept("!"):
            return Node("not", "not", (self.unary(),))
        if self.accept("INTERVAL"):
            amount = self.disjunction()
            return Node("interval", "interval " + self.next().upper.lower(), (amount,))
        node = self.primary()
        while True:
            if self.accept("COLLATE"):
                node = Node("collate", "collate " + self.next().text.lower(), (node,))
            elif self.at("->") or self.at("->>"):
                unquoted = self.next().upper == "->>"
                node = Node("call", "json_extract", (node, self.primary()))
                node = Node("call", "json_unquote", (node,)) if unquoted else node
            else:
                return node

    def primary(self) -> Node:
        token = self.next()
        if token.upper == "(":
            node = self.disjunction()
            self.expect(")")
            return node
        if token.kind == NUMBER:
            return Node("number", token.text.lower())
        if token.kind == STRING:
            return self.string(token)
        if token.kind == QUOTED:
            return self.column(token)
        if token.kind == WORD:
            return self.word(token)
        raise _Unreadable

    def string(self, token: Token) -> Node:
        if not is_string(token.text):
            return Node("bits", token.text.lower())
        value = string_value(token.text)
        while (more := self.peek()) is not None and more.kind == STRING and is_string(more.text):
            value += string_value(self.next().text)
        return Node("string", value)

    def word(self, token: Token) -> Node:
        following = self.peek()
        word = token.upper
        if word.startswith("_") and following is not None and following.kind == STRING:
            text = self.string(self.next())
            if word not in SAFE_INTRODUCERS or not (text.text.isascii() or word.startswith("_UTF8")):
                return Node("call", word.lower(), (text,))
            return text
        if word in ("NULL", "TRUE", "FALSE"):
            return Node("constant", word.lower())
        if word == "CASE":
            return self.case()
        if word in ("DATE", "TIME", "TIMESTAMP") and following is not None and following.kind == STRING:
            return Node("call", word.lower() + " literal", (self.string(self.next()),))
        if following is not None and following.upper == "(" and (word not in _RESERVED or word == "MOD"):
            self.position += 1
            name = _FUNCTIONS.get(word.lower(), word.lower())
            arguments = self.arguments()
            if name in ("now", "curtime") and [item.key() for item in arguments] == ["0"]:
                arguments = ()
            return Node("binary", "%", arguments) if name == "mod" else Node("call", name, arguments)
        if word in ("CAST", "CONVERT"):
            return self.cast(word)
        if word in _NILADIC:
            return Node("call", _FUNCTIONS.get(word.lower(), word.lower()))
        if word in _RESERVED:
            raise _Unreadable
        return self.column(token)

    def column(self, token: Token) -> Node:
        name = token.text.lower()
        while self.at("."):
            self.position += 1
            name = f"{name}`.`{self.next().text.lower()}"
        if self.at("("):
            raise _Unreadable  # a stored function, which the server would refuse here
        return Node("name", name)

    def arguments(self) -> tuple[Node, ...]:
        """The arguments up to and with the closing parenthesis; the opening one was read."""
        if self.accept(")"):
            return ()
        found = [self.disjunction()]
        while self.accept(","):
            found.append(self.disjunction())
        self.expect(")")
        return tuple(found)

    def cast(self, word: str) -> Node:
        self.expect("(")
        value = self.disjunction()
        if word == "CONVERT" and self.accept("USING"):
            charset = self.next().text.lower()
            self.expect(")")
            return Node("cast", f"convert using {charset}", (value,))
        self.expect("AS" if word == "CAST" else ",")
        words, depth = [], 0
        while depth or not self.at(")"):
            token = self.next()
            depth += (token.upper == "(") - (token.upper == ")")
            words.append(token.text.lower())
        self.expect(")")
        return Node("cast", "cast as " + _cast_type(words), (value,))

    def case(self) -> Node:
        parts: list[Node] = [] if self.at("WHEN") else [Node("call", "value", (self.disjunction(),))]
        while self.accept("WHEN"):
            condition = self.disjunction()
            self.expect("THEN")
            parts.append(Node("call", "when", (condition, self.disjunction())))
        if self.accept("ELSE"):
            parts.append(Node("call", "else", (self.disjunction(),)))
        self.expect("END")
        return Node("case", "case", tuple(parts))


def _cast_type(words: list[str]) -> str:
    """A utf8mb4 connection makes ``char(20) charset utf8mb4`` of ``char(20)``; integers lose a redundant word."""
    text = " ".join(words)
    for suffix in (" charset utf8mb4", " character set utf8mb4"):
        text = text.removesuffix(suffix)
    return {"signed integer": "signed", "unsigned integer": "unsigned", "integer": "signed"}.get(text, text)


def read(tokens: list[Token]) -> Node | None:
    """The tree of an expression, or ``None`` where its form is not known to us."""
    try:
        return _Reader(strip_parentheses(tokens)).whole()
    except (_Unreadable, RecursionError):
        return None


def key_of(tokens: list[Token]) -> str:
    """The key of an expression: that of its tree, else that of its tokens."""
    node = read(tokens)
    return node.key() if node is not None else "text " + expression_key(tokens)


@lru_cache(maxsize=4096)
def make_expression(sql: str) -> Expression:
    """An ``Expression`` from text, shown without the introducers and backslashes that only the catalog has."""
    try:
        tokens = tokenize(sql)
    except DDLSyntaxError:
        return Expression(sql, "text " + sql)
    return Expression(without_introducers(sql, tokens), key_of(tokens))


def without_introducers(sql: str, tokens: Iterable[Token]) -> str:
    """Drop ``_utf8mb4`` and its like in front of literals: the connection that runs the DDL supplies its own."""
    tokens = list(tokens)
    pieces: list[str] = []
    done = tokens[0].start if tokens else 0
    for token, following in pairwise(tokens):
        if token.upper in SAFE_INTRODUCERS and following.kind == STRING and is_string(following.text):
            if not (following.text.isascii() or token.upper.startswith("_UTF8")):
                continue
            pieces.append(sql[done : token.start])
            done = following.start
    pieces.append(sql[done : tokens[-1].end] if tokens else sql)
    return "".join(pieces)
