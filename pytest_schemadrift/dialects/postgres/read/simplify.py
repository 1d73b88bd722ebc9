"""What the server adds to an expression when it prints one, taken away: each rule says why both mean the same."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from pytest_schemadrift.dialects.postgres.names import words
from pytest_schemadrift.dialects.postgres.read.tree import COMPARISONS, Columns, Node
from pytest_schemadrift.dialects.postgres.read.types import base_type

_TEXTS = frozenset(["text", "character varying"])
_INT4 = range(-(2**31), 2**31)
_INT8 = range(-(2**63), 2**63)
_WHOLE = frozenset(["smallint", "integer", "bigint"])
_ARITHMETIC = frozenset("+-*/%")
_TEXT_COMPARISONS = (
    COMPARISONS
    | words("~~ !~~ ~~* !~~* ~ !~ ~* !~*")
    | {"= any", "<> all", "<> any", "= all", "~~ any", "~~* any", "is distinct from", "is not distinct from"}
)
_TEXT_RESULT = words(
    """
    lower upper btrim ltrim rtrim substr substring overlay left right replace md5 initcap reverse normalize
    """
)
"""Functions of ``pg_catalog`` that take text and give text."""
_TEXT_ARGUMENTS = _TEXT_RESULT | words(
    """
    length octet_length is_normalized to_tsvector date_trunc split_part strpos position starts_with
    jsonb_extract_path jsonb_extract_path_text json_extract_path json_extract_path_text regexp_replace to_char to_date
    to_timestamp date_part timezone encode decode
    """
)
"""Functions of ``pg_catalog`` to which a varchar column or an untyped literal goes as text."""
_NOW = {
    "date": "current_date",
    "time without time zone": "localtime",
    "time with time zone": "current_time",
    "timestamp without time zone": "localtimestamp",
    "timestamp with time zone": "current_timestamp",
}
"""What ``'now'::text`` is as one of these types. Before 10 the server kept ``current_date`` and its like as such casts,
and so does every database that has come from there."""
_PRECISE = re.compile(r"(time|timestamp)\((\d)\)")
_MOST_PRECISE = "6"
_ALIKE = {"user": "current_user", "current_role": "current_user", "current_catalog": "current_database"}
"""Words that have the value of another one (documentation, 9.27), or of the function of that name."""
_SAME_CALL = {"char_length": "length", "character_length": "length"}
"""Functions that are another one by a second name (documentation, 9.4)."""
_NORMAL_FORM = frozenset(["normalize", "is_normalized"])
_VALUES = frozenset(["current_user", "session_user", "current_schema"])
"""Functions that have the value of the word of that name; before 10 the server printed them for it."""
_FIRST_ARGUMENTS = {"to_tsvector": "regconfig", "nextval": "regclass", "currval": "regclass", "to_tsquery": "regconfig"}
"""Functions whose first argument, where it is an untyped literal, can only have this type."""


def simplify(node: Node, columns: Columns) -> Node:
    """The tree without what the server adds when it prints an expression."""
    parts = tuple(simplify(part, columns) for part in node.parts)
    node = Node(node.kind, node.text, parts)
    if node.kind in ("and", "or"):
        return _flat(node)
    if node.kind == "word" and node.text in _ALIKE:
        return Node("call" if node.text == "current_catalog" else "word", _ALIKE[node.text])
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
    if inner == _NOW_TEXT and (moment := _moment(kind)) is not None:
        return moment
    if inner.kind == "cast" and kind == "text" and inner.text == "character varying" and _is_string(inner.parts[0]):
        return Node("cast", "text", inner.parts)  # varchar without a length and text are the same bytes
    if inner.kind == "array" and kind.endswith("[]") and all(_is_constant(part) for part in inner.parts):
        # A cast of an ARRAY[…] is a cast of each element (documentation, 4.2.9 and 4.2.12).
        return Node("array", kind if not inner.parts else "", _cast_each(inner.parts, kind[:-2], columns))
    if inner.kind == "name" and columns.get(plain_name(inner.text)) == kind:
        return inner
    if inner.kind == "number" and kind == _number_type(inner.text):
        return inner
    if inner.kind == "string" and (kind in _WHOLE or kind in ("numeric", "double precision")):
        number = _number(inner.text)
        if number is not None and _number_type(number) == kind:
            return Node("number", number)
        if number is not None and (kind != "double precision" or Decimal(number)):  # its -0 is none of a number
            return Node("cast", kind, (Node("number", number),))
    return node


_NOW_TEXT = Node("cast", "text", (Node("string", "now"),))


def _moment(kind: str) -> Node | None:
    """The word for the time of the transaction in a type; ``None`` of all others. One with a precision is called."""
    precision = _PRECISE.match(kind)
    word = _NOW.get(_PRECISE.sub(r"\1", kind))
    if word is None or precision is None or precision[2] == _MOST_PRECISE:
        return Node("word", word) if word else None
    return Node("call", word, (Node("number", precision[2]),))


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


def plain_name(name: str) -> str:
    """The name that a node of a name stands for, without its quotes."""
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def _type_of(node: Node, columns: Columns) -> str:
    """The base type of a part where it is plain to see, else an empty text."""
    if node.kind == "name":
        kind = base_type(columns.get(plain_name(node.text), ""))
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
    right = _beside_any(operator, left, right, columns)
    left, right = _elements(left, columns), _elements(right, columns)
    if operator in ("=", "<>") and (truth := _truth(operator, left, right, columns)) is not None:
        return truth
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
    return Node("operator", operator, (left, right))


def _truth(operator: str, left: Node, right: Node, columns: Columns) -> Node | None:
    """``b = true`` is ``b``, and ``b = false`` is ``NOT b``, where b is a boolean: NULL of NULL, too."""
    if left.kind == "word":
        left, right = right, left
    if right.kind != "word" or right.text not in ("true", "false") or not _is_boolean(left, columns):
        return None
    return left if (right.text == "true") == (operator == "=") else Node("operator", "not", (left,))


def _is_boolean(node: Node, columns: Columns) -> bool:
    compared = node.kind == "operator" and node.text in COMPARISONS
    return compared or node.kind in ("and", "or") or _type_of(node, columns) == "boolean"


def _beside_any(operator: str, left: Node, right: Node, columns: Columns) -> Node:
    """An untyped literal that ``= ANY`` looks into: an array of what stands before it (documentation, 10.2)."""
    kind = _type_of(left, columns) if operator.endswith((" any", " all")) and _is_string(right) else ""
    return Node("cast", f"{'text' if kind in _TEXTS else kind}[]", (right,)) if kind else right


def _elements(node: Node, columns: Columns) -> Node:
    """The literal of an array as the ARRAY[…] of its elements (documentation, 8.15.2)."""
    if node.kind != "cast" or not node.text.endswith("[]"):
        return node
    inner = _elements(node.parts[0], columns)
    if inner.kind == "array":
        return _cast(Node("cast", node.text, (inner,)), columns)
    if not _is_string(inner) or node.text == "box[]" or not _ARRAY_LITERAL.match(inner.text):
        return node
    found = _ELEMENT.findall(inner.text)
    values = [re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL) if text[0] == '"' else text for text in found]
    null = Node("word", "null")
    parts = [
        null if text.upper() == "NULL" else Node("string", value) for text, value in zip(found, values, strict=True)
    ]
    return Node("array", node.text if not parts else "", _cast_each(parts, node.text[:-2], columns))


_ELEMENT = re.compile(r'"(?:[^"\\]|\\.)*"|[^\s",{}\\]+(?:[ ]+[^\s",{}\\]+)*', re.DOTALL)
_ARRAY_LITERAL = re.compile(rf"\{{\s*(?:(?:{_ELEMENT.pattern})\s*(?:,\s*(?:{_ELEMENT.pattern})\s*)*)?\}}\Z", re.DOTALL)
"""An array of one dimension whose bounds are not said."""


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
        if (
            node.kind == "cast"
            and node.text == kind
            and (kind == "bigint" or (kind == "smallint" and not numbers_only))
        ):
            # The integer operators of two types mean what those of one do; smallint alone has another result.
            return (
                node.parts[0] if _type_of(node.parts[0], columns) == "integer" and _is_number(node.parts[0]) else node
            )
        return node if numbers_only or _is_constant(other) else _without_cast(node, kind)

    return bare(left, right, kinds[1]), bare(right, left, kinds[0])


def _of_dates(parts: tuple[Node, ...], columns: Columns) -> tuple[Node, ...]:
    """Four dates without the cast to what the server compares them as, which was printed before 14."""
    kind = "timestamp with time zone"
    bare = [part.parts[0] if part.kind == "cast" and part.text == kind else part for part in parts]
    return tuple(bare) if all(_type_of(part, columns) == "date" for part in bare) else parts


def _call(node: Node, columns: Columns) -> Node:
    name, parts = _SAME_CALL.get(node.text, node.text), node.parts
    if name in _NORMAL_FORM and len(parts) == 1:
        parts = (*parts, Node("string", "NFC"))  # unless said otherwise (documentation, 9.4)
    if name == "overlaps":
        parts = _of_dates(parts, columns)
    if name in ("now", "transaction_timestamp") and not parts:
        return Node("word", "current_timestamp")  # three names of one value (documentation, 9.9.5)
    if name in _VALUES and not parts:
        return Node("word", name)
    if name in _NOW.values() and parts == (Node("number", _MOST_PRECISE),):
        return Node("word", name)  # as precise as it is without (documentation, 9.9.5)
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
