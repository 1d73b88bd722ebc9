"""Where a domain stands so that the server cannot check a new rule of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pytest_schemadrift.dialects.base import RenderContext
from pytest_schemadrift.dialects.postgres.read.tokens import tokenize
from pytest_schemadrift.dialects.reader import TokenStream
from pytest_schemadrift.errors import Unsupported
from pytest_schemadrift.schema.model import Domain, Name, Schema

_Parts = Mapping[str, list[str]]


def is_over(domain: Domain, base: Domain) -> bool:
    """Whether a domain is made of another one itself, and not of an array of it."""
    return _bare(str(base.name)) == _bare(domain.type) and not domain.type.endswith("[]")


def refuse_where_held(domain: Name, context: RenderContext) -> None:
    """Raise ``Unsupported`` where a column holds a domain in an array or among the parts of its type.

    The server checks a new rule on every value, which it cannot do there (ALTER DOMAIN, Notes).
    """
    parts = dict([*_members(context.old), *_members(context.new)])
    domains = {_bare(str(item.name)): item.type for item in (*context.old.domains, *context.new.domains)}
    for table in context.new.tables:
        for column in table.columns:
            how = _how_held(_bare(str(domain)), column.type, parts, domains)
            if how:
                raise Unsupported(
                    f"{domain}: the domain takes no new rule while {table.name}.{column.name} {how}",
                    hint="add the CHECK as NOT VALID, or give the column another type first",
                )


def _how_held(domain: str, type_: str, parts: _Parts, domains: Mapping[str, str]) -> str:
    """How a type holds the domain otherwise than as its value, in words, or nothing."""
    waiting, seen = [(type_, "")], {""}
    while waiting:
        text, how = waiting.pop()
        name = _bare(text)
        if text.endswith("[]"):
            how = how or ("is an array of it" if name == domain else "holds it in an array")
        if name == domain:
            if how:
                return how
        elif name in domains:
            waiting.append((domains[name], how))
        elif name in parts and name not in seen:
            seen.add(name)
            waiting += [(part, f"has it in its type {name}") for part in parts[name]]
    return ""


def _members(schema: Schema) -> Iterator[tuple[str, list[str]]]:
    """The types of the parts of each type of several parts, and of each table, which is such a type, too."""
    for table in schema.tables:
        yield _bare(str(table.name)), [column.type for column in table.columns]
    for item in schema.unsupported:
        if item.kind == "type" and item.sql.startswith("CREATE TYPE"):
            stream = TokenStream(item.sql, tokenize(item.sql))
            stream.text_until(lambda rest: rest.at("AS"))
            if stream.accept("AS") and stream.at("("):
                yield item.name, [_type_of(member) for member in stream.group().items()]


def _type_of(member: TokenStream) -> str:
    member.next()
    return member.text_until(lambda rest: rest.at("COLLATE"))


def _bare(type_: str) -> str:
    return re.sub(r'(\[\])+$|"', "", type_)
