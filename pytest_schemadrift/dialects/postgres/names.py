"""Names: how PostgreSQL folds, cuts, quotes and makes them up."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from pytest_schemadrift.dialects.reader import QUOTED, STRING, Token, TokenStream
from pytest_schemadrift.schema.name import Name

NAME_BYTES = 63
"""``NAMEDATALEN - 1``: longer identifiers are cut with no more than a NOTICE."""


def words(text: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(text.split())


_UPPER_TO_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*\Z")

RESERVED = words(
    """
    all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both case
    cast char character check coalesce collate collation column concurrently constraint create cross current_catalog
    current_date current_role current_schema current_time current_timestamp current_user dec decimal default
    deferrable desc distinct do else end except exists extract false fetch float for foreign freeze from full grant
    greatest group grouping having ilike in initially inner inout int integer intersect interval into is isnull join
    json json_array json_arrayagg json_exists json_object json_objectagg json_query json_scalar json_serialize
    json_table json_value lateral leading least left like limit localtime localtimestamp merge_action national
    natural nchar none normalize not notnull null nullif numeric offset on only or order out outer overlaps overlay
    placing position precision primary real references returning right row select session_user setof similar
    smallint some substring symmetric system_user table tablesample then time timestamp to trailing treat trim true
    union unique user using values varchar variadic verbose when where window with xmlattributes xmlconcat
    xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable
    """
)
"""Words that ``quote_ident`` quotes: every keyword that is not "unreserved" (appendix C of the documentation)."""


def cut(name: str) -> str:
    """The identifier as the server keeps it: at most 63 bytes, never half a character."""
    encoded = name.encode()
    return name if len(encoded) <= NAME_BYTES else encoded[:NAME_BYTES].decode(errors="ignore")


def lower(name: str) -> str:
    """ASCII letters in lower case; in UTF-8 databases the server leaves all others as they are."""
    return name.translate(_UPPER_TO_LOWER)


def fold(token: Token) -> str:
    """The identifier that a token stands for: unquoted ones in lower case (P42)."""
    return cut(token.text if token.kind == QUOTED else lower(token.text))


def quote(name: str) -> str:
    """An identifier between double quotes."""
    return '"' + name.replace('"', '""') + '"'


def quote_needed(name: str) -> str:
    """An identifier as the server prints it: quoted only where it must be."""
    return name if _PLAIN.match(name) and name not in RESERVED else quote(name)


def next_value(sequence: Name) -> str:
    """The default of a column that takes its numbers from the sequence, as the server prints it."""
    parts = [quote_needed(part) for part in (sequence.schema, sequence.name) if part]
    return f"nextval({printed_literal('.'.join(parts))}::regclass)"


def qualified(name: Name) -> str:
    """A name in SQL, always quoted, its schema before it unless it is the connection's default one."""
    return f"{quote(name.schema)}.{quote(name.name)}" if name.schema else quote(name.name)


def literal(text: str) -> str:
    """A string literal to write, which means the same whatever ``standard_conforming_strings`` is.

    Where that is off, a backslash in a plain literal escapes what follows it, a quote too (documentation, "String
    Constants with C-Style Escapes"): there we write ``E'…'``.
    """
    if "\\" in text:
        return "E" + printed_literal(text.replace("\\", "\\\\"))
    return printed_literal(text)


def printed_literal(text: str) -> str:
    """A string literal as the server prints it in expressions where ``standard_conforming_strings`` is on."""
    return "'" + text.replace("'", "''") + "'"


def do_block(body: str, declare: str = "") -> str:
    """PL/pgSQL as a statement, whatever dollars are in it."""
    tag = "$$"
    while tag in declare + body:
        tag = "$schemadrift$" if tag == "$$" else f"{tag[:-1]}_$"
    return f"DO {tag}{f'DECLARE {declare} ' if declare else ''}BEGIN {body} END{tag}"


def columns_text(columns: Iterable[str]) -> str:
    """Quoted column names, separated by commas."""
    return ", ".join(map(quote, columns))


def read_identifier(stream: TokenStream) -> str:
    """Read one identifier, folded. Raises ``DDLSyntaxError`` where something else comes."""
    token = stream.peek()
    text = stream.identifier()
    if token is not None and token.kind == STRING:
        raise stream.error(f"expected a name, found {text!r}")
    return cut(text) if token is not None and token.kind == QUOTED else cut(lower(text))


def read_dotted(stream: TokenStream) -> list[str]:
    """Read ``a.b.c`` as folded identifiers."""
    parts = [read_identifier(stream)]
    while stream.accept("."):
        parts.append(read_identifier(stream))
    return parts


def string_value(text: str) -> str:
    """The value of a string literal in any of its spellings: ``'…'``, ``E'…'``, ``U&'…'``, ``$tag$…$tag$``."""
    if text[0] == "$":
        tag = text.index("$", 1) + 1
        return text[tag:-tag]
    start = text.index("'")
    body = text[start + 1 : -1].replace("''", "'")
    prefix = text[:start].upper()
    if prefix == "E":
        return _unescape(body)
    if prefix == "U&":
        return re.sub(r"\\(?:\+([0-9a-fA-F]{6})|([0-9a-fA-F]{4}))", lambda m: chr(int(m[1] or m[2], 16)), body)
    return body


_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{1,3})|(.))", re.DOTALL)
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def _unescape(body: str) -> str:
    def value(match: re.Match[str]) -> str:
        number = match[1] or match[2] or match[3]
        if number:
            return chr(int(number, 16))
        return chr(int(match[4], 8)) if match[4] else _ESCAPED.get(match[5], match[5])

    return _ESCAPE.sub(value, body)


def made_up(first: str, second: str, label: str, *taken: Collection[str]) -> str:
    """The name that the server makes up for an unnamed constraint, index or sequence (P19).

    As ``makeObjectName`` and ``ChooseRelationName`` do: the longer of both parts loses bytes first, a number follows
    the label where the name is taken.
    """
    attempt = 0
    while True:
        name = _joined(first, second, f"{label}{attempt or ''}")
        if not any(name in names for names in taken):
            return name
        attempt += 1


def _joined(first: str, second: str, label: str) -> str:
    head, tail = first.encode(), second.encode()
    room = NAME_BYTES - len(label.encode()) - 1 - (1 if second else 0)
    while len(head) + len(tail) > room:
        if len(head) > len(tail):
            head = head[:-1]
        else:
            tail = tail[:-1]
    parts = [head.decode(errors="ignore"), *([tail.decode(errors="ignore")] if second else []), label]
    return "_".join(parts)


def column_part(columns: Sequence[str]) -> str:
    """The middle of a made-up name: the columns, cut where they grow longer than a name may be."""
    text = ""
    for column in columns:
        text = f"{text}_{column}" if text else column
        if len(text.encode()) >= NAME_BYTES:
            break
    return text
