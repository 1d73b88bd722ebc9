"""Statements about enums, domains and sequences."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain

from pytest_schemadrift.dialects.postgres.names import read_dotted, read_identifier, string_value
from pytest_schemadrift.dialects.postgres.read.constraints import read_check
from pytest_schemadrift.dialects.postgres.read.database import Database
from pytest_schemadrift.dialects.postgres.read.defaults import check_key, domain_default_of
from pytest_schemadrift.dialects.postgres.read.indexes import read_collation
from pytest_schemadrift.dialects.postgres.read.sequences import said
from pytest_schemadrift.dialects.postgres.read.table import (
    SEQUENCE_NUMBERS,
    read_default,
    read_sequence_options,
)
from pytest_schemadrift.dialects.postgres.read.types import read_type
from pytest_schemadrift.dialects.reader import TokenStream
from pytest_schemadrift.schema.model import Check, Domain, Enum, Expression, Name, Sequence


def create_type(made: Database, stream: TokenStream) -> None:
    """``CREATE TYPE``, of which enums are expressed."""
    start = stream.position
    name = made.qualified(stream)
    if not stream.accept("AS", "ENUM"):
        stream.position = start
        made.not_expressed("type", str(name), stream, "a type that is no enum is not expressed", None)
        return
    labels = tuple(string_value(item.next().text) for item in stream.group().items())
    made.enums[name] = Enum(name, labels)


def alter_type(made: Database, stream: TokenStream) -> None:
    """``ALTER TYPE`` of an enum."""
    name = made.qualified(stream)
    enum = made.enums.get(name)
    if enum is None or stream.at("OWNER"):
        return
    if stream.accept("ADD", "VALUE"):
        stream.accept("IF", "NOT", "EXISTS")
        value, values = string_value(stream.next().text), list(enum.values)
        place = len(values)
        if stream.accept("BEFORE"):
            place = values.index(string_value(stream.next().text))
        elif stream.accept("AFTER"):
            place = values.index(string_value(stream.next().text)) + 1
        if value not in values:
            values.insert(place, value)
        made.enums[name] = replace(enum, values=tuple(values))
    elif stream.accept("RENAME", "VALUE"):
        old = string_value(stream.next().text)
        stream.expect("TO")
        new = string_value(stream.next().text)
        made.enums[name] = replace(enum, values=tuple(new if value == old else value for value in enum.values))
    elif stream.accept("RENAME", "TO"):
        _rename_type(made, name, Name(name.schema, read_identifier(stream)))
    else:
        raise stream.error("this ALTER TYPE is not understood")


def _rename_type(made: Database, old: Name, new: Name) -> None:
    made.enums[new] = replace(made.enums.pop(old), name=new)
    for column in chain.from_iterable(table.columns.values() for table in made.tables.values()):
        if column.type.removesuffix("[]") == str(old):
            column.type = str(new) + column.type[len(str(old)) :]


def create_domain(made: Database, stream: TokenStream) -> None:
    """``CREATE DOMAIN``."""
    name = made.qualified(stream)
    stream.accept("AS")
    kind = read_type(stream, made.default_schema)
    # One over another domain begins with what the default of that is at the moment (DefineDomain).
    base = next((item for item in made.domains.values() if str(item.name) == kind.replace('"', "")), None)
    default = domain_default_of(base.default.sql, kind, made.default_schema) if base and base.default else None
    domain = Domain(name, kind, default=default)
    while not stream.done:
        domain = _read_domain_part(made, stream, domain)
    made.domains[name] = domain


def alter_domain(made: Database, stream: TokenStream) -> None:
    """``ALTER DOMAIN``."""
    name = made.qualified(stream)
    domain = made.domains.get(name)
    if domain is None or stream.at("OWNER"):
        return
    if stream.accept("ADD"):
        domain = _read_domain_part(made, stream, domain)
        if stream.accept("NOT", "VALID"):
            domain = replace(domain, checks=(*domain.checks[:-1], replace(domain.checks[-1], validated=False)))
    elif stream.accept("SET", "DEFAULT"):
        default = domain_default_of(stream.text(), domain.type, made.default_schema)
        domain = replace(domain, default=default)
    elif stream.accept("DROP", "DEFAULT"):
        domain = replace(domain, default=None)
    elif stream.accept("SET", "NOT", "NULL"):
        domain = replace(domain, nullable=False)
    elif stream.accept("DROP", "NOT", "NULL"):
        domain = replace(domain, nullable=True)
    elif stream.accept("DROP", "CONSTRAINT"):
        stream.accept("IF", "EXISTS")
        gone = read_identifier(stream)
        domain = replace(domain, checks=tuple(check for check in domain.checks if check.name != gone))
    elif stream.accept("VALIDATE", "CONSTRAINT"):
        valid = read_identifier(stream)
        checks = (replace(item, validated=True) if item.name == valid else item for item in domain.checks)
        domain = replace(domain, checks=tuple(checks))
    else:
        raise stream.error("this ALTER DOMAIN is not understood")
    made.domains[name] = domain


def _read_domain_part(made: Database, stream: TokenStream, domain: Domain) -> Domain:
    constraint = read_identifier(stream) if stream.accept("CONSTRAINT") else None
    if stream.accept("NOT", "NULL"):
        return replace(domain, nullable=False)
    if stream.accept("NULL"):
        return domain
    if stream.accept("DEFAULT"):
        return replace(domain, default=domain_default_of(read_default(stream), domain.type, made.default_schema))
    if stream.accept("COLLATE"):
        return replace(domain, collation=read_collation(stream, made.default_schema))
    if stream.accept("CHECK"):
        check = read_check(stream, constraint)
        schema, name = domain.name
        check = _domain_check(
            made,
            replace(check, name=check.name or made.made_up(schema, name, "", "check", relation=False)),
            domain.type,
        )
        made.constraint_names[schema].add(check.name or "")
        return replace(domain, checks=tuple(sorted((*domain.checks, check), key=lambda item: item.name or "")))
    raise stream.error("this part of a domain is not understood")


def _domain_check(made: Database, check: Check, kind: str) -> Check:
    """A check with its key; its value is called VALUE."""
    sql = check.expression.sql
    return replace(check, expression=Expression(sql, check_key(sql, kind, made.default_schema)))


def create_sequence(made: Database, stream: TokenStream) -> None:
    """``CREATE SEQUENCE``."""
    conditional = stream.accept("IF", "NOT", "EXISTS")
    name = made.qualified(stream)
    if conditional and name in made.sequences:
        return
    made.relation_names[name.schema].add(name.name)
    made.sequences[name] = _read_sequence(made, stream, Sequence(name))


def alter_sequence(made: Database, stream: TokenStream) -> None:
    """``ALTER SEQUENCE``."""
    stream.accept("IF", "EXISTS")
    name = made.qualified(stream)
    sequence = made.find_sequence(name)
    if sequence is None:
        return  # the one behind an identity column
    if stream.accept("RENAME", "TO"):
        made.rename_sequence(name, Name(name.schema, read_identifier(stream)))
    else:
        made.sequences[name] = _read_sequence(made, stream, sequence)


def _read_sequence(made: Database, stream: TokenStream, sequence: Sequence) -> Sequence:
    """Read the options of CREATE or ALTER SEQUENCE."""
    while not stream.done:
        before = stream.position
        if stream.accept("AS"):
            sequence = replace(sequence, type=read_type(stream, made.default_schema))
        elif stream.accept("OWNED", "BY"):
            sequence = replace(sequence, owned_by=_read_owner(made, stream))
        elif stream.accept("OWNER", "TO"):
            read_identifier(stream)
        found = read_sequence_options(stream)
        if found:
            current = {name: getattr(sequence, name) for name in SEQUENCE_NUMBERS}
            values = [found.get(name, current[name]) for name in SEQUENCE_NUMBERS]
            start, increment, minimum, maximum, cache = said(sequence.type, values)
            sequence = replace(
                sequence,
                start=start,
                increment=increment,
                minimum=minimum,
                maximum=maximum,
                cache=cache,
                cycle=bool(found.get("cycle", sequence.cycle)),
            )
        if stream.position == before:
            raise stream.error("this part of a sequence is not understood")
    return sequence


def _read_owner(made: Database, stream: TokenStream) -> tuple[Name, str] | None:
    if stream.accept("NONE"):
        return None
    dotted = read_dotted(stream)
    return made.resolve(dotted[:-1]), dotted[-1]
