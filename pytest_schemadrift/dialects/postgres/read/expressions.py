"""Expressions: read into small trees, so that what the server adds when it prints one can be taken away again.

The server prints ``status IN ('a', 'b')`` as ``((status)::text = ANY ((ARRAY['a'::character varying,
'b'::character varying])::text[]))``, and prints that text, fed back, differently again (P15, P16). ``key_of`` gives
one text for all of these. It undoes only what is sure: each rule says why both spellings mean the same on every
server. What is not understood keeps the plain key of its tokens, and is then at worst suspected of being different.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import NamedTuple

from pytest_schemadrift.dialects.postgres.names import fold, lower, printed_literal, quote_needed, string_value, words
from pytest_schemadrift.dialects.postgres.read.types import INTERVAL_FIELDS, base_type, read_type
from pytest_schemadrift.dialects.reader import (
    NUMBER,
    QUOTED,
    STRING,
    SYMBOL,
    WORD,
    Token,
    TokenStream,
    expression_key,
    tokenize,
)
from pytest_schemadrift.errors import DDLSyntaxError
from pytest_schemadrift.schema.model import Expression

Columns = Mapping[str, str]
"""The columns of the table that an expression is about: name -> canonical type."""


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


class _NotUnderstood(Exception):
    """The reader met a form that it has no tree for."""


def expression_of(sql: str, columns: Columns, default_schema: str) -> Expression:
    """An expression of a table: a CHECK, an index key or predicate, a generated column."""
    return Expression(sql, key_of(sql, columns, default_schema))


def key_of(sql: str, columns: Columns, default_schema: str) -> str:
    """The comparable text of an expression; ``columns`` are those of its table."""
    names = _names(sql, default_schema)
    return _key_of(sql, default_schema, tuple((name, columns[name]) for name in names if name in columns))


@lru_cache(maxsize=4096)
def _key_of(sql: str, default_schema: str, columns: tuple[tuple[str, str], ...]) -> str:
    tree = read(sql, default_schema)
    return plain_key(sql) if tree is None else text_of(simplify(tree, dict(columns)))


@lru_cache(maxsize=4096)
def _names(sql: str, default_schema: str) -> tuple[str, ...]:
    """The names in an expression: of all columns, only their types can change what it means."""
    tree = read(sql, default_schema)
    found: dict[str, None] = {}
    waiting = [tree] if tree else []
    while waiting:
        node = waiting.pop()
        if node.kind == "name":
            found[_plain(node.text)] = None
        waiting.extend(node.parts)
    return tuple(found)


def plain_key(sql: str) -> str:
    """The comparable text of what has no tree: its tokens."""
    return expression_key(tokenize(sql, "postgres"), fold_identifier=lower)


@lru_cache(maxsize=4096)
def read(sql: str, default_schema: str) -> Node | None:
    """The tree of an expression, ``None`` where a form in it is not understood."""
    reader = _Reader(sql, default_schema)
    try:
        tree = reader.expression(0)
    except (_NotUnderstood, DDLSyntaxError, IndexError):
        return None
    return tree if reader.done else None


# ---------------------------------------------------------------------------------------------------------------------
# Reading
# ---------------------------------------------------------------------------------------------------------------------

_OR, _AND, _NOT, _IS, _COMPARE, _RANGE, _OTHER, _SUM, _PRODUCT, _POWER, _AT, _COLLATE, _UNARY, _POSTFIX = range(1, 15)
"""Binding powers, weakest first (chapter "Operator Precedence" of the documentation, since 9.5)."""

_OPERATOR_LETTERS = frozenset("+-*/<>=~!@#%^&|`?")
_COMPARISONS = frozenset(["=", "<", ">", "<=", ">=", "<>"])
_MATCHES = {"LIKE": "~~", "ILIKE": "~~*"}
_WORDS = words(
    """
    true false null current_timestamp current_date current_time localtime localtimestamp current_user session_user
    user current_role current_schema current_catalog
    """
)
"""Words that are values; with a precision in parentheses they are calls."""
_SPECIAL_CALLS = words(
    """
    overlay position substring trim extract exists select grouping xmlelement normalize json json_object json_array
    json_value json_query json_exists xmlparse xmlserialize
    """
)
"""Functions whose arguments may be written with words between them."""


class _Reader(TokenStream):
    """A precedence climber over the tokens of one expression."""

    def __init__(self, sql: str, default_schema: str) -> None:
        super().__init__(sql, tokenize(sql, "postgres"))
        self.default_schema = default_schema

    def expression(self, power: int) -> Node:
        left = self.prefix()
        while (found := self.infix(left, power)) is not None:
            left = found
        return left

    def prefix(self) -> Node:
        if self.accept("NOT"):
            return Node("operator", "not", (self.expression(_NOT),))
        operator = self.operator()
        if operator in ("+", "-"):
            operand = self.expression(_UNARY)
            if operator == "-" and operand.kind == "number" and not operand.text.startswith("-"):
                return Node("number", "-" + operand.text)
            return operand if operator == "+" else Node("operator", "-", (operand,))
        if operator:
            return Node("operator", operator, (self.expression(_OTHER),))
        return self.primary()

    def operator(self) -> str:
        """Read one operator: neighbouring symbols are one, as the server's own reader has it."""
        text, end = "", -1
        while (token := self.peek()) is not None and token.kind == SYMBOL:
            if not set(token.text) <= _OPERATOR_LETTERS or (text and token.start != end):
                break
            if text and token.text in ("+", "-") and not set(text) & set("~!@#%^&|`?"):
                break  # ``a = -1`` without spaces: an operator ends in + or - only with one of these letters in it
            text, end = text + token.text, token.end
            self.position += 1
        return "<>" if text == "!=" else text

    def primary(self) -> Node:
        token = self.next()
        if token.upper == "(":
            return self.parenthesised()
        if token.kind == STRING:
            return self.string(token)
        if token.kind == NUMBER or token.upper == ".":
            return self.number(token)
        if token.kind not in (WORD, QUOTED):
            raise _NotUnderstood(token.text)
        if token.kind == WORD:
            special = self.special(token)
            if special is not None:
                return special
        return self.name_or_call(token)

    def parenthesised(self) -> Node:
        if self.at("SELECT") or self.at("WITH"):
            raise _NotUnderstood("subquery")
        parts = [self.expression(0)]
        while self.accept(","):
            parts.append(self.expression(0))
        self.expect(")")
        return parts[0] if len(parts) == 1 else Node("row", "", tuple(parts))

    @staticmethod
    def string(token: Token) -> Node:
        if token.text[0] in "bB":
            return Node("cast", '"bit"', (Node("string", token.text[2:-1]),))
        if token.text[0] in "xX":
            bits = "".join(f"{int(digit, 16):04b}" for digit in token.text[2:-1])
            return Node("cast", '"bit"', (Node("string", bits),))
        return Node("string", string_value(token.text))

    def number(self, token: Token) -> Node:
        text, end = token.text, token.end
        while (more := self.peek()) is not None and more.start == end and more.kind in (NUMBER, WORD):
            if more.kind == WORD and not more.text.startswith("_"):
                break
            text, end = text + more.text, more.end
            self.position += 1
        return number_node(text.replace("_", ""))

    def special(self, token: Token) -> Node | None:
        """Forms that begin with a word of their own; ``None`` where the word is a name."""
        word = token.upper
        if word == "CASE":
            return self.case()
        if word == "CAST" and self.accept("("):
            inner = self.expression(0)
            self.expect("AS")
            cast = Node("cast", read_type(self, self.default_schema), (inner,))
            self.expect(")")
            return cast
        if word == "ARRAY" and self.accept("["):
            return Node("array", "", tuple(self.listed("]")))
        if word == "ROW" and self.accept("("):
            return Node("row", "", tuple(self.listed(")")))
        if word == "EXTRACT" and self.at("("):
            return self.extract()
        value = lower(token.text)
        if value in _WORDS and not self.at("(") and not self.at("."):
            return Node("word", value)
        return self.typed_literal()

    def typed_literal(self) -> Node | None:
        """``interval '1 day'``, ``double precision '1'``: a type and a string right after it."""
        second, third = self.peek(), self.peek(1)
        double = second is not None and second.upper == "PRECISION" and third is not None and third.kind == STRING
        if not double and (second is None or second.kind != STRING):
            return None
        self.position -= 1
        kind = read_type(self, self.default_schema)
        text = string_value(self.next().text)
        following = self.peek()
        if following is not None and following.upper in INTERVAL_FIELDS:
            raise _NotUnderstood("interval with fields")
        return Node("cast", kind, (Node("string", text),))

    def extract(self) -> Node:
        self.expect("(")
        field = self.next()
        self.expect("FROM")
        value = self.expression(0)
        self.expect(")")
        name = string_value(field.text) if field.kind == STRING else field.text
        return Node("other", "extract(" + lower(name) + " {})", (value,))

    def listed(self, end: str) -> Iterator[Node]:
        if self.accept(end):
            return
        while True:
            yield self.expression(0)
            if self.accept(end):
                return
            self.expect(",")

    def arguments(self) -> list[Node]:
        """The arguments of a call; ``VARIADIC ARRAY[a, b]`` is ``a, b`` (documentation, 36.5.6)."""
        if self.accept(")"):
            return []
        found: list[Node] = []
        while True:
            spread = self.accept("VARIADIC")
            argument = self.expression(0)
            if spread and argument.kind != "array":
                raise _NotUnderstood("variadic")
            found += argument.parts if spread else (argument,)
            if self.accept(")"):
                return found
            self.expect(",")

    def case(self) -> Node:
        template, parts = "case", []
        if not self.at("WHEN"):
            template += " {}"
            parts.append(self.expression(0))
        while self.accept("WHEN"):
            parts.append(self.expression(0))
            self.expect("THEN")
            parts.append(self.expression(0))
            template += " when {} then {}"
        # No ELSE is ELSE NULL, and so the server prints it.
        parts.append(self.expression(0) if self.accept("ELSE") else Node("word", "null"))
        self.expect("END")
        return Node("other", template + " else {} end", tuple(parts))

    def name_or_call(self, token: Token) -> Node:
        names = [_shown(token)]
        while self.accept("."):
            if self.at("*"):
                raise _NotUnderstood("*")
            names.append(_shown(self.next()))
        if not self.at("("):
            return Node("name", ".".join(names))
        if names[0] in _SPECIAL_CALLS:
            raise _NotUnderstood(names[0])
        self.expect("(")
        if len(names) == 2 and names[0] == "pg_catalog":
            names = names[1:]  # searched first unless the search path names it, and then a function is ours to qualify
        call = Node("call", ".".join(names), tuple(self.arguments()))
        if self.at("FILTER") or self.at("OVER") or self.at("WITHIN"):
            raise _NotUnderstood("aggregate")
        return call

    def infix(self, left: Node, power: int) -> Node | None:
        """``left`` with the operator that follows and its right side, ``None`` where it binds less than ``power``."""
        if self.at("::"):
            self.position += 1
            return Node("cast", read_type(self, self.default_schema), (left,))
        if self.accept("["):
            index = self.expression(0)
            self.expect("]")
            return Node("other", "{} [{}]", (left, index))
        for phrase, strength, build in _INFIX_WORDS:
            if self.at(*phrase):
                if strength <= power:
                    return None
                self.position += len(phrase)
                return build(self, left)
        return self.infix_operator(left, power)

    def infix_operator(self, left: Node, power: int) -> Node | None:
        start = self.position
        operator = self.operator()
        strength = _strength(operator)
        if not operator or strength <= power:
            self.position = start
            return None
        some = self.accept_any("ANY", "SOME", "ALL")
        if some:
            self.expect("(")
            if self.at("SELECT"):
                raise _NotUnderstood("subquery")
            right = self.expression(0)
            self.expect(")")
            return Node("operator", f"{operator} {'all' if some == 'ALL' else 'any'}", (left, right))
        return Node("operator", operator, (left, self.expression(strength)))

    def between(self, left: Node, negated: bool) -> Node:
        if self.accept("SYMMETRIC"):
            raise _NotUnderstood("symmetric")
        low = self.expression(_RANGE)
        self.expect("AND")
        high = self.expression(_RANGE)
        if negated:
            return Node("or", "", (_compare("<", left, low), _compare(">", left, high)))
        return Node("and", "", (_compare(">=", left, low), _compare("<=", left, high)))

    def within(self, left: Node, negated: bool) -> Node:
        self.expect("(")
        if self.at("SELECT"):
            raise _NotUnderstood("subquery")
        members = tuple(self.listed(")"))
        if len(members) == 1:
            return _compare("<>" if negated else "=", left, members[0])
        return _compare("<> all" if negated else "= any", left, Node("array", "", members))

    def matching(self, left: Node, operator: str) -> Node:
        right = self.expression(_RANGE)
        if self.at("ESCAPE"):
            raise _NotUnderstood("escape")
        return Node("operator", operator, (left, right))

    def distinct(self, left: Node, words: str) -> Node:
        return Node("operator", words, (left, self.expression(_IS)))

    def collated(self, left: Node) -> Node:
        parts = [fold(self.next())]
        while self.accept("."):
            parts.append(fold(self.next()))
        return Node("other", "{} collate " + quote_needed(parts[-1]), (left,))


def _shown(token: Token) -> str:
    """A name as the server prints it; a bare word is no quoted one, even where it is a keyword (``coalesce``)."""
    return quote_needed(fold(token)) if token.kind == QUOTED else fold(token)


def _refuse() -> Node:
    raise _NotUnderstood


def _compare(operator: str, left: Node, right: Node) -> Node:
    return Node("operator", operator, (left, right))


def _strength(operator: str) -> int:
    if operator in _COMPARISONS:
        return _COMPARE
    return {"+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT, "%": _PRODUCT, "^": _POWER}.get(operator, _OTHER)


def _joined(kind: str, strength: int) -> Callable[[_Reader, Node], Node]:
    return lambda reader, left: Node(kind, "", (left, reader.expression(strength)))


def _tested(words: str) -> Callable[[_Reader, Node], Node]:
    return lambda reader, left: Node("other", "{} " + words, (left,))


_INFIX_WORDS: list[tuple[tuple[str, ...], int, Callable[[_Reader, Node], Node]]] = [
    (("OR",), _OR, _joined("or", _OR)),
    (("AND",), _AND, _joined("and", _AND)),
    (("IS", "NOT", "NULL"), _IS, _tested("is not null")),
    (("IS", "NULL"), _IS, _tested("is null")),
    (("NOTNULL",), _IS, _tested("is not null")),
    (("ISNULL",), _IS, _tested("is null")),
    (("IS", "NOT", "TRUE"), _IS, _tested("is not true")),
    (("IS", "TRUE"), _IS, _tested("is true")),
    (("IS", "NOT", "FALSE"), _IS, _tested("is not false")),
    (("IS", "FALSE"), _IS, _tested("is false")),
    (("IS", "NOT", "DISTINCT", "FROM"), _IS, lambda reader, left: reader.distinct(left, "is not distinct from")),
    (("IS", "DISTINCT", "FROM"), _IS, lambda reader, left: reader.distinct(left, "is distinct from")),
    (("NOT", "BETWEEN"), _RANGE, lambda reader, left: reader.between(left, True)),
    (("BETWEEN",), _RANGE, lambda reader, left: reader.between(left, False)),
    (("NOT", "IN"), _RANGE, lambda reader, left: reader.within(left, True)),
    (("IN",), _RANGE, lambda reader, left: reader.within(left, False)),
    (("NOT", "LIKE"), _RANGE, lambda reader, left: reader.matching(left, "!~~")),
    (("LIKE",), _RANGE, lambda reader, left: reader.matching(left, "~~")),
    (("NOT", "ILIKE"), _RANGE, lambda reader, left: reader.matching(left, "!~~*")),
    (("ILIKE",), _RANGE, lambda reader, left: reader.matching(left, "~~*")),
    (
        ("AT", "TIME", "ZONE"),
        _AT,
        lambda reader, left: Node("call", "timezone", (reader.expression(_AT), left)),
    ),
    (("COLLATE",), _COLLATE, lambda reader, left: reader.collated(left)),
]

_INT4 = range(-(2**31), 2**31)
_INT8 = range(-(2**63), 2**63)


def number_node(text: str) -> Node:
    """A numeric constant; one with an exponent has the type numeric, whatever its value (``1e3``)."""
    plain = text.lower()
    if plain.startswith(("0x", "0o", "0b")):
        return Node("number", str(int(plain, 0)))
    try:
        value = Decimal(plain)
    except InvalidOperation:
        raise _NotUnderstood(text) from None
    shown = format(value, "f")
    whole = "e" in plain and "." not in shown
    return Node("cast", "numeric", (Node("number", shown),)) if whole else Node("number", shown)


# ---------------------------------------------------------------------------------------------------------------------
# Writing
# ---------------------------------------------------------------------------------------------------------------------


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


# ---------------------------------------------------------------------------------------------------------------------
# Simplifying
# ---------------------------------------------------------------------------------------------------------------------

_TEXTS = frozenset(["text", "character varying"])
_WHOLE = frozenset(["smallint", "integer", "bigint"])
_ARITHMETIC = frozenset("+-*/%")
_TEXT_COMPARISONS = (
    _COMPARISONS
    | words("~~ !~~ ~~* !~~* ~ !~ ~* !~*")
    | {"= any", "<> all", "<> any", "= all", "~~ any", "~~* any", "is distinct from", "is not distinct from"}
)
_TEXT_RESULT = words(
    """
    lower upper btrim ltrim rtrim substr left right replace md5 initcap reverse
    """
)
"""Functions of ``pg_catalog`` that take text and give text."""
_TEXT_ARGUMENTS = _TEXT_RESULT | words(
    """
    length char_length character_length octet_length to_tsvector date_trunc split_part strpos starts_with
    jsonb_extract_path jsonb_extract_path_text json_extract_path json_extract_path_text regexp_replace to_char to_date
    to_timestamp date_part timezone encode decode
    """
)
"""Functions of ``pg_catalog`` to which a varchar column or an untyped literal goes as text."""
_FIRST_ARGUMENTS = {"to_tsvector": "regconfig", "nextval": "regclass", "currval": "regclass", "to_tsquery": "regconfig"}
"""Functions whose first argument, where it is an untyped literal, can only have this type."""


def simplify(node: Node, columns: Columns) -> Node:
    """The tree without what the server adds when it prints an expression."""
    parts = tuple(simplify(part, columns) for part in node.parts)
    node = Node(node.kind, node.text, parts)
    if node.kind in ("and", "or"):
        return _flat(node)
    if node.kind == "cast":
        return _cast(node, columns)
    if node.kind == "call":
        return _call(node, columns)
    if node.kind == "operator" and len(parts) == 2:
        return _operation(node, columns)
    return node


def _flat(node: Node) -> Node:
    """``(a AND b) AND c`` is ``a AND b AND c``."""
    parts: list[Node] = []
    for part in node.parts:
        parts.extend(part.parts if part.kind == node.kind else (part,))
    return Node(node.kind, "", tuple(parts))


def _cast(node: Node, columns: Columns) -> Node:
    kind, inner = node.text, node.parts[0]
    if inner.kind == "cast" and kind == "text" and inner.text == "character varying" and _is_string(inner.parts[0]):
        return Node("cast", "text", inner.parts)  # varchar without a length and text are the same bytes
    if inner.kind == "array" and kind.endswith("[]") and all(_is_constant(part) for part in inner.parts):
        # A cast of an ARRAY[…] is a cast of each element (documentation, 4.2.9 and 4.2.12).
        return Node("array", kind if not inner.parts else "", _cast_each(inner.parts, kind[:-2], columns))
    if inner.kind == "name" and columns.get(_plain(inner.text)) == kind:
        return inner
    if inner.kind == "number" and kind == _number_type(inner.text):
        return inner
    if inner.kind == "string" and kind in ("integer", "bigint", "numeric"):
        number = _number(inner.text)
        if number is not None and _number_type(number) == kind:
            return Node("number", number)
        if number is not None:
            return Node("cast", kind, (Node("number", number),))
    return node


def _cast_each(parts: Sequence[Node], kind: str, columns: Columns) -> tuple[Node, ...]:
    return tuple(_cast(Node("cast", kind, (part,)), columns) for part in parts)


def _is_string(node: Node) -> bool:
    return node.kind == "string"


def _is_number(node: Node) -> bool:
    return node.kind == "number" or (node.kind == "cast" and node.text == "numeric" and _is_number(node.parts[0]))


def _is_constant(node: Node) -> bool:
    return node.kind in ("string", "number") or (node.kind == "cast" and _is_constant(node.parts[0]))


def _number(text: str) -> str | None:
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        return None
    return format(value, "f") if value.is_finite() else None


def _number_type(text: str) -> str:
    """The type that the server gives a bare numeric constant (documentation, 4.1.2.6)."""
    if "." in text:
        return "numeric"
    value = int(text)
    return "integer" if value in _INT4 else "bigint" if value in _INT8 else "numeric"


def _plain(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def _type_of(node: Node, columns: Columns) -> str:
    """The base type of a part where it is plain to see, else an empty text."""
    if node.kind == "name":
        kind = base_type(columns.get(_plain(node.text), ""))
        return "bpchar" if kind == "character" else kind
    if node.kind == "cast":
        return base_type(node.text)
    if node.kind == "number":
        return _number_type(node.text)
    if node.kind == "call" and node.text in _TEXT_RESULT:
        return "text"
    if node.kind == "call" and node.text == "coalesce" and node.parts:
        return _type_of(node.parts[0], columns)
    if node.kind == "operator" and node.text in ("->>", "#>>"):
        return "text"
    if node.kind == "operator" and node.text == "||":
        typed = {_type_of(part, columns) for part in node.parts if not _is_string(part)}
        return "text" if typed and typed <= _TEXTS else ""
    if node.kind == "operator" and node.text in _ARITHMETIC and len(node.parts) == 2:
        kinds = {_type_of(part, columns) for part in node.parts}
        if "numeric" in kinds and kinds <= {"numeric", *_WHOLE}:
            return "numeric"
        return kinds.pop() if len(kinds) == 1 else ""
    return ""


def _as_text(node: Node, columns: Columns) -> Node:
    """What an operand of type text was before the server cast it: a varchar goes as text where text is wanted."""
    if node.kind == "cast" and node.text == "text" and _type_of(node.parts[0], columns) == "character varying":
        return node.parts[0]
    return node


def _without_cast(node: Node, kind: str) -> Node:
    """A literal whose type follows from what it stands next to: ``'x'::kind`` is ``'x'``."""
    if node.kind == "cast" and node.text == kind and _is_string(node.parts[0]):
        return node.parts[0]
    if node.kind == "array":
        return Node("array", node.text, tuple(_without_cast(part, kind) for part in node.parts))
    return node


def _operation(node: Node, columns: Columns) -> Node:
    operator, (left, right) = node.text, node.parts
    if operator in ("->", "->>", "?"):
        return Node("operator", operator, (left, _without_cast(right, "text")))
    if operator in _TEXT_COMPARISONS:
        bare = _as_text(left, columns), _as_text(right, columns)
        if any(_type_of(part, columns) in _TEXTS and not _is_constant(part) for part in bare):
            # varchar has no comparison operators of its own: it, and the literal beside it, are compared as text.
            return Node("operator", operator, (_without_cast(bare[0], "text"), _without_cast(bare[1], "text")))
        if operator.endswith((" any", " all")) and right.kind == "name":
            element = _type_of(right, columns).removesuffix("[]")
            return Node("operator", operator, (_without_cast(left, element), right))
        return Node("operator", operator, _beside(left, right, columns))
    if operator == "||":
        return _concatenation(left, right, columns)
    if operator in _ARITHMETIC:
        return Node("operator", operator, _beside(left, right, columns, numbers_only=True))
    return node


def _concatenation(left: Node, right: Node, columns: Columns) -> Node:
    """Of two texts, one a literal without a type: it is taken for a text as well (documentation, 10.2)."""
    bare = _as_text(left, columns), _as_text(right, columns)
    kinds = {_type_of(part, columns) for part in bare if not _is_constant(part)}
    if kinds and kinds <= _TEXTS:
        return Node("operator", "||", (_without_cast(bare[0], "text"), _without_cast(bare[1], "text")))
    return Node("operator", "||", (left, right))


def _beside(left: Node, right: Node, columns: Columns, *, numbers_only: bool = False) -> tuple[Node, Node]:
    """Two operands without the casts that bring one of them to the type of the other.

    An untyped literal takes the type of what it is compared with, and a whole number that of a numeric or floating
    one (documentation, 10.2).
    """
    kinds = _type_of(left, columns), _type_of(right, columns)

    def bare(node: Node, other: Node, kind: str) -> Node:
        if not kind:
            return node
        if node.kind == "cast" and node.text == kind and kind in ("numeric", "double precision"):
            inner = node.parts[0]
            if _type_of(inner, columns) in _WHOLE or (kind == "double precision" and _is_number(inner)):
                return inner
        return node if numbers_only or _is_constant(other) else _without_cast(node, kind)

    return bare(left, right, kinds[1]), bare(right, left, kinds[0])


def _call(node: Node, columns: Columns) -> Node:
    name, parts = node.text, node.parts
    if name in ("now", "transaction_timestamp") and not parts:
        return Node("word", "current_timestamp")  # three names of one value (documentation, 9.9.5)
    if name == "coalesce" and parts:
        kind = _type_of(parts[0], columns)
        return Node("call", name, (parts[0], *(_without_cast(part, kind) for part in parts[1:]))) if kind else node
    if name in _FIRST_ARGUMENTS and (len(parts) > 1 or name in ("nextval", "currval")):
        parts = (_without_cast(parts[0], _FIRST_ARGUMENTS[name]), *parts[1:])
    if name == "setweight" and len(parts) == 2:
        parts = (parts[0], _without_cast(parts[1], '"char"'))
    if name in _TEXT_ARGUMENTS:
        parts = tuple(_without_cast(_as_text(part, columns), "text") for part in parts)
    return Node("call", name, parts)
