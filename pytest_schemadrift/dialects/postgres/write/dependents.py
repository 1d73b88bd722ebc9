"""What stands on a column and in the way of its change: views, triggers, indexes and constraints (P38)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from zlib import crc32

from pytest_schemadrift.dialects.base import RenderContext
from pytest_schemadrift.dialects.postgres.names import do_block, literal, qualified, quote
from pytest_schemadrift.dialects.postgres.write import marks
from pytest_schemadrift.dialects.postgres.write.definitions import (
    check_definition,
    create_index,
    exclusion_definition,
    foreign_key_definition,
    option,
    primary_key_definition,
    unique_definition,
)
from pytest_schemadrift.dialects.postgres.write.family import children_of
from pytest_schemadrift.dialects.postgres.write.index_parts import parts_again
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.model import (
    Check,
    Column,
    Dependent,
    Exclusion,
    ForeignKey,
    Index,
    Name,
    PrimaryKey,
    Table,
    View,
    views_in_order,
)

Constraint = Index | ForeignKey | Check | Exclusion | PrimaryKey


@dataclass(frozen=True, slots=True)
class Around:
    """Statements to run before and after a change, so that nothing stands in its way and nothing is lost."""

    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()

    def __add__(self, other: Around) -> Around:
        """``other`` within ``self``."""
        return Around(self.before + other.before, other.after + self.after)


def mentions(sql: str, name: str) -> bool:
    """Whether SQL names a column, outside of its literals."""
    text = re.sub(r"'(?:[^']|'')*'", "''", sql)
    return re.search(rf"(?<![\w$]){re.escape(name)}(?![\w$])", text) is not None


def table_of_old(name: Name, context: RenderContext) -> Table | None:
    """The table as it was before the plan."""
    return context.old.table(name)


@dataclass(frozen=True, slots=True)
class _Text:
    """A statement that makes something again, and where the server has its words: ``head`` is ours, ``now`` its own.

    After a rename the words known here have names of before; so they are read again before the object is dropped.
    """

    sql: str
    now: str
    head: str = ""


class _Again:
    """Texts that are made again after the change, as they are or (where something is renamed) from the session."""

    def __init__(self, context: RenderContext) -> None:
        self.renamed = any(isinstance(change, c.RenameTable | c.RenameColumn) for change in context.changes)
        self.remembered: list[str] = []

    def __call__(self, text: _Text) -> str:
        if not self.renamed:
            return text.sql
        setting = f"schemadrift.text_{crc32(text.now.encode()):x}"  # one change may remember in several places
        self.remembered.append(f"SELECT pg_catalog.set_config({literal(setting)}, {text.now}, false)")
        head = f"{literal(text.head)} || " if text.head else ""
        return do_block(f"EXECUTE {head}pg_catalog.current_setting({literal(setting)});")


def columns_around(
    columns: Iterable[tuple[Name, str]], context: RenderContext, off: Iterable[tuple[Name, str]] = ()
) -> Around:
    """Everything that the server lets no column change under: off before, and back as it was.

    Views that read one of the columns, and those that read them, with their indexes, rules, triggers, rights and
    comments; a materialised view is filled again. Rules, policies (of other tables too) and triggers. What stands on
    the columns of ``off`` is off already, and comes back later.
    """
    places = _with_children(columns, context)
    again = _Again(context)
    gone_views, gone_parts = _standing(_with_children(off, context), context)
    views, parts = _standing(places, context)
    views = [view for view in views if view not in gone_views]
    parts = [item for item in parts if item not in gone_parts and item.owner not in {view.name for view in gone_views}]
    made = [sql for view in views for sql in _create_view(view, again, context)]
    made += [sql for item in parts for sql in _create_part(item, again, context)]
    dropped = [
        f"DROP {item.kind.upper()} {quote(item.name)} ON {qualified(item.owner)}" for item in parts if item.owner
    ]
    dropped += [f"DROP {_kind(view)} {qualified(view.name)}" for view in reversed(views)]
    around = Around((*again.remembered, *dropped), tuple(made))
    if context.old.dependents:
        return around
    for table, column in sorted(places - _with_children(off, context)):  # read from a text, where only the words tell
        around += _named_triggers(table, column, context)
    return around


_PARTS = ("rule", "policy", "trigger")


def _standing(places: set[tuple[Name, str]], context: RenderContext) -> tuple[list[View], list[Dependent]]:
    """The views on columns, each after those that it reads, and the rules, policies and triggers of all else."""
    views = _views_on(places, context) if places else []
    names = {view.name for view in views}
    parts = [
        item
        for item in context.old.dependents
        if item.kind in _PARTS
        and item.owner not in names
        and any(place in places or place[0] in names for place in item.stands_on)
    ]
    return views, parts


def _with_children(columns: Iterable[tuple[Name, str]], context: RenderContext) -> set[tuple[Name, str]]:
    """The columns, and those of the tables that inherit them."""
    places = set(columns)
    waiting = list(places)
    while waiting:
        table, column = waiting.pop()
        for child in children_of(table, context):
            if (child, column) not in places:
                places.add((child, column))
                waiting.append((child, column))
    return places


def _views_on(places: set[tuple[Name, str]], context: RenderContext) -> list[View]:
    """The views that read the columns, and those that read them, each after those that it reads."""
    befores = {change.new: change.old for change in context.changes if isinstance(change, c.RenameTable)}
    known = {item.owner: item for item in context.old.dependents if item.kind == "view"}
    chosen: list[View] = []
    for view in views_in_order(context.old.views):
        if known:
            found = known.get(view.name)
            direct = found is not None and any(place in places for place in found.stands_on)
        else:
            direct = any(
                befores.get(table, table) in view.depends_on and (befores or mentions(view.sql, column))
                for table, column in places
            )
        if direct or any(other.name in view.depends_on for other in chosen):
            chosen.append(view)
    return chosen


def _create_view(view: View, again: _Again, context: RenderContext) -> Iterator[str]:
    """A view with everything that went with it."""
    name = qualified(view.name)
    head = view.sql.partition(" AS\n")[0]
    now = f"rtrim(pg_catalog.pg_get_viewdef({literal(name)}::regclass), ';')"
    is_empty = any(mark.aspect == "without data" for mark in marks.marks_of("view", view.name, "", context))
    tail = " WITH NO DATA" if is_empty else ""
    yield again(_Text(f"{view.sql}{tail}", f"{now} || {literal(tail)}" if tail else now, f"{head} AS "))
    own = [item for item in context.old.dependents if item.owner == view.name]
    for item in own:
        if item.kind in ("index", "statistics", *_PARTS):
            yield from _create_part(item, again, context)
    if not context.old.dependents:
        yield from (trigger.sql for trigger in view.triggers)
    yield from marks.on_view(view, context)


def _create_part(item: Dependent, again: _Again, context: RenderContext) -> Iterator[str]:
    """A rule, policy, trigger, index of a view or statistics object, with what was given to it."""
    assert item.owner is not None
    owner, home, name = item.owner, f"{literal(qualified(item.owner))}::regclass", literal(item.name)
    match item.kind:
        case "rule":
            found = f"SELECT oid FROM pg_catalog.pg_rewrite WHERE ev_class = {home} AND rulename = {name}"
            yield again(_Text(item.sql, f"rtrim(pg_catalog.pg_get_ruledef(({found})), ';')"))
            yield from marks.on_rule(owner, item.name, context)
        case "trigger":
            found = f"SELECT oid FROM pg_catalog.pg_trigger WHERE tgrelid = {home} AND tgname = {name}"
            yield again(_Text(item.sql, f"pg_catalog.pg_get_triggerdef(({found}), true)"))
            yield from marks.on_trigger(owner, item.name, context)
        case "policy":
            head = item.sql[: _conditions(item.sql)]
            head = f"CREATE POLICY {quote(item.name)} ON {qualified(owner)}{head[head.rindex(' AS ') :]}"
            found = (
                "(SELECT pg_catalog.concat(' USING (' || pg_catalog.pg_get_expr(polqual, polrelid) || ')',"
                " ' WITH CHECK (' || pg_catalog.pg_get_expr(polwithcheck, polrelid) || ')')"
                f" FROM pg_catalog.pg_policy WHERE polrelid = {home} AND polname = {name})"
            )
            yield again(_Text(item.sql, found, head))
            yield from marks.on_policy(owner, item.name, context)
        case "statistics":
            found = (
                "SELECT s.oid FROM pg_catalog.pg_statistic_ext s JOIN pg_catalog.pg_namespace n"
                f" ON n.oid = s.stxnamespace WHERE {name} IN (pg_catalog.format('%I.%I', n.nspname, s.stxname),"
                " CASE WHEN pg_catalog.pg_statistics_obj_is_visible(s.oid) THEN pg_catalog.quote_ident(s.stxname) END)"
            )
            yield again(_Text(item.sql, f"pg_catalog.pg_get_statisticsobjdef(({found}))"))
            yield from marks.on_statistics(owner, item.name, context)
        case _:
            index = qualified(Name(owner.schema, item.name))
            yield again(_Text(item.sql, f"pg_catalog.pg_get_indexdef({literal(index)}::regclass)"))
            yield from marks.on_index(owner, item.name, context)


def _conditions(sql: str) -> int:
    """Where the conditions begin in a policy's statement; its roles are before them."""
    found = re.search(r" (USING|WITH CHECK) \(", sql)
    return found.start() if found else len(sql)


def statistics_again(table: Name, column: str, context: RenderContext, off: Collection[Dependent] = ()) -> Around:
    """The extended statistics that go with a column, made again; those that are ``off`` come back later."""
    again = _Again(context)
    made = [
        sql
        for item in context.old.dependents
        if item.kind == "statistics" and item.owner == table and (table, column) in item.stands_on and item not in off
        for sql in _create_part(item, again, context)
    ]
    return Around(tuple(again.remembered), tuple(made))


def statistics_around(item: Dependent, context: RenderContext) -> Around:
    """Extended statistics off before, and made again after."""
    assert item.owner is not None
    again = _Again(context)
    made = tuple(_create_part(item, again, context))
    return Around((*again.remembered, f"DROP STATISTICS {item.name}"), made)


def targets_again(table: Name, column: str, context: RenderContext) -> list[str]:
    """The statistics targets that the server forgets when it rebuilds indexes and statistics of a column."""
    found = []
    on_it = [item for item in kept(table, context) if isinstance(item, Index) and stands_on(item, column)]
    for before, name in names_before(table, on_it, context).items():
        found += marks.index_targets(table, name, context, was=before)
    for other in context.old.dependents:
        if other.kind == "statistics" and other.owner == table and (table, column) in other.stands_on:
            found += marks.statistics_targets(table, other.name, context)
    return found


def _kind(view: View) -> str:
    return "MATERIALIZED VIEW" if view.materialized else "VIEW"


def _named_triggers(table: Name, column: str, context: RenderContext) -> Around:
    """Triggers with the column in their definition: ``UPDATE OF column``, or in WHEN."""
    found = table_of_old(table, context)
    named = [trigger for trigger in (found.triggers if found else ()) if mentions(_head(trigger.sql), column)]
    return Around(
        tuple(f"DROP TRIGGER {quote(trigger.name)} ON {qualified(table)}" for trigger in named),
        tuple(trigger.sql for trigger in named),
    )


def _head(sql: str) -> str:
    """A trigger's definition without the name of its function."""
    return re.split(r"\bEXECUTE\b", sql, flags=re.IGNORECASE)[0]


def survivors(table: Name, context: RenderContext) -> list[Constraint]:
    """The keys, indexes and constraints of a table that are there before the plan and after it, just the same."""
    old, new = table_of_old(table, context), context.new.table(table)
    if old is None or new is None:
        return []
    found: list[Constraint] = []
    if old.primary_key is not None and old.primary_key == new.primary_key:
        found.append(old.primary_key)
    found += [index for index in old.indexes if index in new.indexes]
    found += [check for check in old.checks if check in new.checks]
    found += [item for item in old.exclusions if item in new.exclusions]
    found += [key for key in old.foreign_keys if key in new.foreign_keys]
    return found


def stands_on(item: Constraint | Dependent, column: str) -> bool:
    """Whether a key, index or constraint, or extended statistics, has to do with a column."""
    match item:
        case Dependent():
            return any(place[1] == column for place in item.stands_on)
        case PrimaryKey():
            return column in item.columns
        case Index():
            return (
                column in item.columns
                or column in item.include
                or any(mentions(text, column) for text in expressions_of(item))
            )
        case ForeignKey():
            return column in item.columns
        case Check():
            return mentions(item.expression.sql, column)
        case Exclusion():
            return mentions(item.definition.sql, column)


def expressions_of(item: Constraint | Dependent) -> list[str]:
    """The SQL of every expression in it."""
    match item:
        case Dependent():
            return [item.sql.partition(" ON ")[2]]
        case Index():
            found = [part.expression.sql for part in item.parts if part.expression]
            return [*found, item.where.sql] if item.where else found
        case Check():
            return [item.expression.sql]
        case Exclusion():
            return [item.definition.sql]
        case PrimaryKey() | ForeignKey():
            return []


def drop_statement(table: Name, item: Constraint) -> str:
    """The statement that takes it off."""
    if isinstance(item, Index) and not item.constraint:
        return f"DROP INDEX {qualified(Name(table.schema, item.name or ''))}"
    return f"ALTER TABLE {qualified(table)} DROP CONSTRAINT {quote(item.name or '')}"


def recreate(table: Name, item: Constraint, context: RenderContext) -> list[str]:
    """The statements that put it back, with what was given to it."""
    parts = parts_again(table, {item.name: item.name} if item.name else {}, context)
    return [_create_statement(table, item), *given_to(table, item, context), *parts]


def given_to(table: Name, item: Constraint, context: RenderContext) -> list[str]:
    """What a key, index or constraint that is recreated had: comments, marks, targets."""
    found = []
    if isinstance(item, Index | PrimaryKey | Exclusion) and item.name:
        before = _under_another_name(table, item, context)
        if before is not None:
            found += _settings_of(table, item.name, before, item)
            found += marks.on_index(table, item.name, context, was=before.name or "")
            found += parts_again(table, {before.name or "": item.name}, context)
        else:
            found += marks.on_index(table, item.name, context, item if isinstance(item, Index) else None)
    if isinstance(item, Index) and item.comment:
        found.append(f"COMMENT ON INDEX {qualified(Name(table.schema, item.name or ''))} IS {literal(item.comment)}")
    if item.name and not (isinstance(item, Index) and not item.constraint):
        found += marks.on_constraint(table, item.name, context)
    return found


def _under_another_name(
    table: Name, item: Index | PrimaryKey | Exclusion, context: RenderContext
) -> Index | PrimaryKey | Exclusion | None:
    """The index, or the constraint with one, that a plan makes again with another name, as it is before."""
    old, new = context.old.table(table), context.new.table(table)
    if old is None or new is None:
        return None
    before, after = ({other.name: other for other in _with_index(table)} for table in (old, new))
    shape = _but_for_name(item)

    def has(items: Mapping[str | None, Index | PrimaryKey | Exclusion], name: str | None) -> bool:
        return name in items and _but_for_name(items[name]) == shape

    if has(before, item.name):
        return None
    return next((other for name, other in before.items() if has(before, name) and not has(after, name)), None)


def names_before(table: Name, items: Iterable[Constraint], context: RenderContext) -> dict[str, str]:
    """The names of indexes and constraints before the plan, and those that they get."""
    found = {}
    for item in items:
        if item.name:
            renamed = isinstance(item, Index | PrimaryKey | Exclusion) and _under_another_name(table, item, context)
            found[(renamed and renamed.name) or item.name] = item.name
    return found


def kept(table: Name, context: RenderContext) -> list[Constraint]:
    """``survivors``, and what has an index that gets another name, under that."""
    new = context.new.table(table)
    others = _with_index(new) if new is not None else []
    return [*survivors(table, context), *(item for item in others if _under_another_name(table, item, context))]


def _with_index(table: Table) -> list[Index | PrimaryKey | Exclusion]:
    return [*([table.primary_key] if table.primary_key is not None else []), *table.indexes, *table.exclusions]


def _but_for_name(item: Index | PrimaryKey | Exclusion) -> Index | PrimaryKey | Exclusion:
    if isinstance(item, Index):
        return replace(item, name=None, comment=None, options=())
    return replace(item, name=None, options=())


def _settings_of(
    table: Name, name: str, before: Index | PrimaryKey | Exclusion, item: Index | PrimaryKey | Exclusion
) -> list[str]:
    """The storage parameters of an index that gets another name, where nobody wants others."""
    said = option(before.options, "with")
    if not said or option(item.options, "with"):
        return []
    return [f"ALTER INDEX {qualified(Name(table.schema, name))} SET ({said})"]


def _create_statement(table: Name, item: Constraint) -> str:
    match item:
        case Index() if not item.constraint:
            return create_index(table, item)
        case Index():
            definition = unique_definition(item)
        case PrimaryKey():
            definition = primary_key_definition(item)
        case ForeignKey():
            definition = foreign_key_definition(item)
        case Check():
            definition = check_definition(item)
        case Exclusion():
            definition = exclusion_definition(item)
    return f"ALTER TABLE {qualified(table)} ADD {definition}"


def foreign_keys_around(change: c.AlterColumnType, context: RenderContext) -> Around:
    """Foreign keys whose other side changes its type in this plan too: off before the first, back after the last.

    Between two kinds of type the server has no comparison, so the key could not stand while only one side is done.
    """
    retyped = [(part.table, part.old.name) for part in context.parts if isinstance(part, c.AlterColumnType)]
    here = (change.table, change.old.name)
    before, after = [], []
    for table in context.old.tables:
        wanted = context.new.table(table.name)
        for key in table.foreign_keys:
            if change.table not in (table.name, key.ref_table):  # of nearly all keys
                continue
            sides = [(table.name, column) for column in key.columns]
            sides += [(key.ref_table, column) for column in key.ref_columns]
            if here not in sides or wanted is None or key not in wanted.foreign_keys:
                continue
            involved = [side for side in retyped if side in sides]
            both = {side[0] == table.name for side in involved} == {True, False} or key.ref_table == table.name
            if not both or len(involved) < 2:
                continue
            if involved[0] == here:
                before.append(drop_statement(table.name, key))
            if involved[-1] == here:
                after += recreate(table.name, key, context)
    return Around(tuple(before), tuple(after))


def foreign_keys_of_type(
    used_by: Iterable[tuple[Name, Column]], recreated: Iterable[tuple[Name, str]], context: RenderContext
) -> Around:
    """Foreign keys between columns of a type that is replaced: no key stands while one side has the old type.

    A key of this moment has the name that it is to have, because constraints are renamed before types are replaced.
    One on a column that is ``recreated`` goes and comes with that.
    """
    retyped, computed = {(table, column.name) for table, column in used_by}, set(recreated)
    added = [(part.table, part.foreign_key) for part in context.changes if isinstance(part, c.AddForeignKey)]
    around = Around()
    for table in context.new.tables:
        if context.old.table(table.name) is None:
            continue
        for key in table.foreign_keys:
            sides = {(table.name, column) for column in key.columns}
            sides |= {(key.ref_table, column) for column in key.ref_columns}
            if sides & retyped and not sides & computed and (table.name, key) not in added:
                around += Around((drop_statement(table.name, key),), tuple(recreate(table.name, key, context)))
    return around
