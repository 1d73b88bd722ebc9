"""The renames that a person has answered: which of them are still to be done, and what names mean with them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from pytest_schemadrift.core.config.settings import nearest
from pytest_schemadrift.errors import ConfigurationError
from pytest_schemadrift.planning.letters import EXACT, Letters
from pytest_schemadrift.planning.normalize import respelled
from pytest_schemadrift.planning.renames import parse_rename
from pytest_schemadrift.planning.resolve import Resolution, resolution
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.changes import Rename, RenameColumn, RenameEnumValue, RenameTable
from pytest_schemadrift.schema.evolve import evolve
from pytest_schemadrift.schema.model import Name, Schema


def resolution_with_renames(live: Schema, info: ServerInfo, answers: Sequence[str], wanted: Schema) -> Resolution:
    """What unqualified names mean in a database. A table that gets a new name keeps its schema.

    Where the new name is there, the answer was heeded: what has the old name further on is another table.
    """
    names = resolution(live, info)
    if not names:
        return names
    there, known = {table.name for table in live.tables}, {table.name for table in (*live.tables, *wanted.tables)}
    written = {names.relation(table.name) for table in wanted.tables}
    moved = {}
    for answer in answers:
        rename = parse_rename(answer, known)
        if isinstance(rename, RenameTable):
            old, new = names.relation(rename.old), Name("", rename.new.name)
            if old.schema in info.search_path and old in there - written and new in written - there:
                moved[new] = Name(old.schema, new.name)
    return replace(names, relations=names.relations | moved)


def accepted_renames(
    answers: Sequence[str],
    old: Schema,
    new: Schema,
    resolved: Resolution | None = None,
    letters: Letters = EXACT,
) -> list[Rename]:
    """The answered renames that are still to be done: the old name is there and the new one is not.

    Tables come first, and each before what needs its new name to be free (``b=c`` before ``a=b``). A column's table
    goes by its old or its new name, ``resolved`` says what unqualified ones mean, and ``letters`` what their case is to
    the server. Raises ``ConfigurationError`` for an answer that is malformed.
    """
    new = respelled(old, new, letters)
    known = {table.name for schema in (old, new) for table in schema.tables}
    read = [_read_rename(answer, known, old, resolved or Resolution()) for answer in answers]
    waiting = [_spelled(rename, old, new, letters) for rename in read]
    waiting.sort(key=lambda rename: not isinstance(rename, RenameTable))
    accepted: list[Rename] = []
    names: dict[Name, Name] = {}
    while ready := next((item for item in waiting if _is_due(_in_table(item, names), old, new)), None):
        waiting.remove(ready)
        rename = _in_table(ready, names)
        accepted.append(rename)
        old = evolve(old, [rename])
        if isinstance(rename, RenameTable):
            names[rename.old] = rename.new
    return accepted


def _read_rename(answer: str, known: Collection[Name], old: Schema, resolved: Resolution) -> Rename:
    rename = parse_rename(answer, known)
    if rename is None:
        raise ConfigurationError(
            f"{answer!r} is not a rename",
            hint="write table.old=new for a column, old=new for a table, enum.old=new for an enum's value",
        )
    enums = {enum.name for enum in old.enums} - {*known}
    if isinstance(rename, RenameTable):
        return RenameTable(resolved.relation(rename.old), resolved.relation(rename.new))
    table, enum = resolved.relation(rename.table), resolved.types.get(rename.table, rename.table)
    if enum in enums and table not in known:
        return RenameEnumValue(enum, rename.old, rename.new)
    return replace(rename, table=table)


def _spelled(rename: Rename, old: Schema, new: Schema, letters: Letters) -> Rename:
    """A rename with its names as the two sides spell them, where their case is nothing to the server.

    Tables of both have one spelling already (``respelled``).
    """
    olds, news = ([table.name for table in schema.tables] for schema in (old, new))
    if isinstance(rename, RenameTable):
        return RenameTable(letters.known(rename.old, olds), letters.known(rename.new, news))
    if isinstance(rename, RenameEnumValue):
        return rename
    name = letters.known(rename.table, olds)
    name = name if name in olds else letters.known(rename.table, news)
    before, after = old.table(name), new.table(name)
    return RenameColumn(
        name,
        letters.known_part(rename.old, [column.name for column in before.columns] if before else ()),
        letters.known_part(rename.new, [column.name for column in after.columns] if after else ()),
    )


def refuse_what_names_nothing(
    answers: Sequence[str],
    accepted: Sequence[Rename],
    live: Schema,
    new: Schema,
    resolved: Resolution,
    letters: Letters = EXACT,
) -> None:
    """Raise ``ConfigurationError`` for an answer just given that is neither to be done nor done: a name is wrong.

    Passed over in silence it would be drop and add, of which the answer was to keep the values.
    """
    new = respelled(live, new, letters)
    start = evolve(live, accepted)
    names = {change.old: change.new for change in accepted if isinstance(change, RenameTable)}
    known = {table.name for schema in (live, new) for table in schema.tables}
    for answer in answers:
        rename = _in_table(_spelled(_read_rename(answer, known, live, resolved), live, new, letters), names)
        if rename in accepted or isinstance(rename, RenameEnumValue):
            continue
        if isinstance(rename, RenameTable):
            stays = rename.old.schema == rename.new.schema  # of a table further on in the search path it was not said
            if stays and start.table(rename.old) and start.table(rename.new) and new.table(rename.new):
                raise ConfigurationError(
                    f"--rename {answer}: the database has {rename.new} too",
                    hint=f"look at both; what is wanted of {rename.old} has to be copied by hand",
                )
            continue
        table, target = start.table(rename.table), new.table(rename.table)
        if table is None or target is None:
            continue  # of another connection
        there = {column.name for column in table.columns}
        if rename.old in there and target.column(rename.old) is None:
            why = f"has {rename.new} too" if rename.new in there else f"has no {rename.new} in the models"
            by_hand = f"look at both; what is wanted of {rename.old} has to be copied by hand"
            free = {column.name for column in target.columns} - there
            raise ConfigurationError(
                f"--rename {answer}: {table.name} {why}",
                hint=nearest(rename.new, free) if free else by_hand,
            )
        if not there & {rename.old, rename.new}:
            raise ConfigurationError(
                f"--rename {answer}: {table.name} has no column {rename.old}", hint=nearest(rename.old, there)
            )


def _in_table(rename: Rename, names: Mapping[Name, Name]) -> Rename:
    """The rename of a column in its table as that is called after the tables' own renames."""
    if isinstance(rename, RenameColumn) and rename.table in names:
        return replace(rename, table=names[rename.table])
    return rename


def _is_due(rename: Rename, old: Schema, new: Schema) -> bool:
    before: Collection[object]
    after: Collection[object]
    match rename:
        case RenameTable():
            before, after = {table.name for table in old.tables}, {table.name for table in new.tables}
        case RenameEnumValue():
            before, after = (
                {value for enum in schema.enums if enum.name == rename.enum for value in enum.values}
                for schema in (old, new)
            )
        case RenameColumn():
            before, after = (
                {column.name for table in schema.tables if table.name == rename.table for column in table.columns}
                for schema in (old, new)
            )
    return rename.old in before and rename.new not in before and rename.new in after
