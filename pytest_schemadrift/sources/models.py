"""The schema that the models want, as DDL from Tortoise's own generator; no database is ever asked.

::

    with load_models(config) as loaded:
        source = model_ddl(loaded, "default")
    source.sql                      everything, for the reader
    source.script([Name("", "a")])  what a scratch database needs for these tables, statement by statement in order
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from types import ModuleType
from typing import TYPE_CHECKING, Any

from pytest_schemadrift.core.config.settings import nearest
from pytest_schemadrift.core.config.tortoise import TortoiseConfig, import_module, one_line, put_on_path
from pytest_schemadrift.errors import ConfigurationError, DriverMissing, ModelsUnavailable
from pytest_schemadrift.schema.model import Name, UnsupportedObject
from pytest_schemadrift.sources.locations import Declaration, Origin, Origins

if TYPE_CHECKING:
    from tortoise.backends.base.client import BaseDBAsyncClient
    from tortoise.context import TortoiseContext
    from tortoise.models import Model

    from pytest_schemadrift.sources.orm.generator import ModelGenerator

__all__ = ["LoadedModels", "ModelSource", "Origin", "Origins", "TableDDL", "load_models", "model_ddl"]


@dataclass(frozen=True, slots=True)
class TableDDL:
    """One table's DDL as Tortoise writes it: ``statements`` create the table, then its indexes and comments.

    ``schema`` is ``""`` for the connection's default one. ``afterwards`` holds the foreign keys that close a cycle:
    they can be executed once all tables exist. ``model`` is ``app.Model``, or ``app.Model.field`` for the table of a
    many-to-many field. ``references`` are the tables that must exist first.
    """

    schema: str
    table: str
    statements: tuple[str, ...]
    model: str
    afterwards: tuple[str, ...] = ()
    references: tuple[Name, ...] = ()
    position: int = 0
    """Its place in the order of creation, among ``statements`` and ``others`` together."""

    @property
    def name(self) -> Name:
        """The table as the rest of the house names it."""
        return Name(self.schema, self.table)

    @property
    def sql(self) -> str:
        """What creates it, without ``afterwards``."""
        return "\n".join(self.statements)

    @property
    def text(self) -> str:
        """All of it, for the reader and for a cache's key."""
        return "\n".join((*self.statements, *self.afterwards))


@dataclass(frozen=True, slots=True)
class ModelSource:
    """What the models of one connection want.

    ``statements`` are the tables to compare, in an order that can be executed: a table comes after those it refers
    to, and of a cycle the closing foreign keys are ``afterwards``. ``others`` are tables that are not compared but
    that foreign keys may need in a scratch database: unmanaged ones (``managed = False`` in ``Meta``; their names are
    ``unmanaged``) and those left out by ``apps`` or ``models``. ``preamble`` creates the schemas. ``problems`` is what
    the models say and the dialect cannot; ``notices`` is what people should know but is no drift.
    """

    connection: str
    dialect: str
    preamble: tuple[str, ...]
    statements: tuple[TableDDL, ...]
    others: tuple[TableDDL, ...]
    unmanaged: tuple[str, ...]
    problems: tuple[UnsupportedObject, ...]
    notices: tuple[str, ...]
    origins: Origins = field(repr=False, compare=False)

    @property
    def sql(self) -> str:
        """The DDL of all tables to compare, for the reader."""
        return "\n".join((*self.preamble, *(table.text for table in self.statements)))

    def script(self, tables: Iterable[Name] | None = None) -> tuple[str, ...]:
        """The DDL that creates these tables (all of ``statements`` where none are given) and all that they refer to.

        One statement each, executable one after the other.
        """
        every = {table.name: table for table in (*self.others, *self.statements)}
        waiting = list(tables) if tables is not None else [table.name for table in self.statements]
        wanted: set[Name] = set()
        while waiting:
            name = waiting.pop()
            if name in every and name not in wanted:
                wanted.add(name)
                waiting.extend(every[name].references)
        chosen = sorted((every[name] for name in wanted), key=lambda table: table.position)
        return (
            *self.preamble,
            *(sql for table in chosen for sql in table.statements),
            *(sql for table in chosen for sql in table.afterwards),
        )


# ---------------------------------------------------------------------------------------------------------------------
# Loading
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LoadedModels:
    """Models with their relations resolved; alive only inside ``with load_models(…)``."""

    config: TortoiseConfig
    notices: tuple[str, ...]
    _context: TortoiseContext = field(repr=False)

    def models(self, connection: str) -> tuple[type[Model], ...]:
        """The models of every app on that connection, in Tortoise's order. Raises ``ConfigurationError``."""
        self.config.connection(connection)
        every = self._context.apps.get_models_iterable() if self._context.apps else ()
        return tuple(model for model in every if model._meta.default_connection == connection)

    def make_queryable(self) -> None:
        """Let the models make queries, as after ``Tortoise.init``: migrations may."""
        if self._context.apps:
            self._context.apps._build_initial_querysets()

    async def close_connections(self) -> None:
        """Close what queries of the models have opened."""
        await self._context.connections.close_all(discard=True)

    def client(self, connection: str) -> BaseDBAsyncClient:
        """Tortoise's client of that connection, which connects to nothing until a query is made."""
        settings = self.config.connection(connection)
        try:
            return self._context.connections.get(connection)
        except ImportError as error:
            extra = "psycopg" if settings.engine.endswith("psycopg") else f"pytest-schemadrift[{settings.dialect}]"
            raise DriverMissing(
                f"the driver of connection {connection!r} is not installed: {one_line(error)}",
                where=self.config.origin,
                hint=f"pip install {extra}",
            ) from None
        except Exception as error:  # of the client's constructor, which takes the credentials as they are
            raise ConfigurationError(
                f"Tortoise refuses the settings of connection {connection!r}: {one_line(error)}",
                where=self.config.origin,
                hint="correct its credentials or URL",
            ) from None


@contextmanager
def load_models(config: TortoiseConfig) -> Iterator[LoadedModels]:
    """Import the models and resolve their relations, as ``Tortoise.init`` does, without any connection.

    Tortoise keeps much of its state in the model classes (their app, connection, table name, resolved relations). On
    leaving, all of it is as it was, so a test suite that uses Tortoise itself does not notice. Raises
    ``ModelsUnavailable`` with the reason in one line: a module that cannot be imported, a model that Tortoise refuses.
    """
    put_on_path(config.project_dir)
    modules = {label: [_module(entry, label, config) for entry in app.modules] for label, app in config.apps.items()}
    from tortoise.context import TortoiseContext

    context = TortoiseContext()
    with _unchanged_models(), context:
        notices = _resolve(context, config, modules)
        yield LoadedModels(config, notices, context)


def _module(entry: object, label: str, config: TortoiseConfig) -> ModuleType:
    if isinstance(entry, ModuleType):
        return entry
    return import_module(str(entry), f"{config.origin}, app {label!r}")


def _resolve(
    context: TortoiseContext, config: TortoiseConfig, modules: Mapping[str, list[ModuleType]]
) -> tuple[str, ...]:
    """What ``TortoiseContext.init(init_connections=False)`` does, without its changes to the environment's time zone
    and to the global router. Returns what Tortoise warned of."""
    from tortoise import Tortoise
    from tortoise.apps import Apps

    settings = config.tortoise
    context.connections._init_config(settings["connections"])
    context._use_tz, context._timezone = config.use_tz, config.timezone
    apps = {label: {**app, "models": modules[label]} for label, app in settings["apps"].items()}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            context._apps = Apps(apps, context.connections, Tortoise.table_name_generator, validate_connections=False)
        except Exception as error:
            raise ModelsUnavailable(
                f"Tortoise refuses the models: {one_line(error)}",
                where=config.origin,
                hint="correct the models: Tortoise.init() fails with them too",
            ) from None
    context._inited = True
    for model in context._apps.get_models_iterable():
        _assert_complete(model)
    return tuple(str(warning.message) for warning in caught)


def _assert_complete(model: type[Model]) -> None:
    """An earlier ``Tortoise.init`` of this process that failed half-way leaves relations out and never adds them."""
    missing = [
        name for name in model._meta.fk_fields | model._meta.o2o_fields if f"{name}_id" not in model._meta.fields
    ]
    if missing:
        raise ModelsUnavailable(
            f"{model._meta.full_name}.{min(missing)} was left unresolved by an earlier Tortoise.init() that failed",
            hint="correct that error first; it is shown where Tortoise is initialised",
        )


_MUTABLE = (dict, set, list)


@contextmanager
def _unchanged_models() -> Iterator[None]:
    """Put every model class back as it was found, its fields included; while it is open, no model has an app yet.

    (A class whose app was set by an earlier ``Tortoise.init`` would be passed over in an app of another name.)
    """
    from tortoise.models import Model

    metas = [(cls._meta, _slots(cls._meta)) for cls in _subclasses(Model)]
    fields = [(item, dict(vars(item))) for meta, _ in metas for item in meta.fields_map.values()]
    for cls in _subclasses(Model):
        cls._meta.app = getattr(cls.__dict__.get("Meta"), "app", None)
    try:
        yield
    finally:
        for meta, values in metas:
            for name, value in values.items():
                setattr(meta, name, value)
        for item, attributes in fields:
            vars(item).clear()
            vars(item).update(attributes)


def _slots(meta: Any) -> dict[str, Any]:
    """The attributes of a ``MetaInfo``; containers are copied, because Tortoise changes them in place."""
    values = {name: getattr(meta, name) for name in type(meta).__slots__ if hasattr(meta, name)}
    return {name: value.copy() if isinstance(value, _MUTABLE) else value for name, value in values.items()}


def _subclasses(cls: type[Model]) -> list[type[Model]]:
    found, waiting = {}, [cls]
    while waiting:
        for sub in waiting.pop().__subclasses__():
            if sub not in found:
                found[sub] = True
                waiting.append(sub)
    return list(found)


# ---------------------------------------------------------------------------------------------------------------------
# DDL
# ---------------------------------------------------------------------------------------------------------------------


def model_ddl(
    loaded: LoadedModels,
    connection: str,
    *,
    apps: Collection[str] | None = None,
    models: Collection[str] | None = None,
    server_version: str = "",
) -> ModelSource:
    """The DDL of one connection's models; ``apps`` and ``models`` (``Model`` or ``app.Model``) choose what is compared.

    ``server_version`` is the server's own version text where it is known: MariaDB needs other SQL than MySQL in
    places. Raises ``ModelsUnavailable`` for models that no server could hold, ``ConfigurationError`` for an unknown
    connection, app or model, ``Unsupported`` for another kind of database, ``DriverMissing``.
    """
    dialect = loaded.config.connection(connection).dialect
    return _Writer(loaded, connection, dialect, server_version).source(_selection(loaded, connection, apps, models))


def _selection(
    loaded: LoadedModels, connection: str, apps: Collection[str] | None, names: Collection[str] | None
) -> frozenset[type[Model]]:
    """The models that are to be compared; an app or model that is on another connection simply selects nothing here."""
    chosen = loaded.models(connection)
    every = [model for name in loaded.config.connections for model in loaded.models(name)]
    if apps is not None:
        _assert_known("app", apps, loaded.config.apps, loaded.config)
        chosen = tuple(model for model in chosen if model._meta.app in apps)
    if names is not None:
        known = {model._meta.full_name for model in every} | {model.__name__ for model in every}
        _assert_known("model", names, known, loaded.config)
        chosen = tuple(m for m in chosen if m.__name__ in names or m._meta.full_name in names)
    return frozenset(chosen)


def _assert_known(kind: str, names: Iterable[str], known: Collection[str], config: TortoiseConfig) -> None:
    for name in names:
        if name not in known:
            raise ConfigurationError(f"there is no {kind} {name!r}", where=config.origin, hint=nearest(name, known))


@dataclass
class _Through:
    """One many-to-many field that has a table of its own."""

    model: type[Model]
    field_name: str
    name: Name

    @property
    def field(self) -> Any:
        return self.model._meta.fields_map[self.field_name]

    @property
    def label(self) -> str:
        return f"{self.model._meta.full_name}.{self.field_name}"


class _Writer:
    """Writes the DDL of one connection; lives for one call of ``model_ddl``."""

    def __init__(self, loaded: LoadedModels, connection: str, dialect: str, server_version: str) -> None:
        from pytest_schemadrift.sources.orm.generator import generator_for

        self.loaded, self.connection, self.dialect = loaded, connection, dialect
        client = loaded.client(connection)
        self.generator: ModelGenerator = generator_for(client.schema_generator)(client)
        self.generator.mariadb = "mariadb" in server_version.lower()
        self.models = loaded.models(connection)
        self.problems: list[UnsupportedObject] = []
        self.notices: list[str] = []
        self.declarations: dict[Name, Declaration] = {}

    def source(self, selected: frozenset[type[Model]]) -> ModelSource:
        by_table = self._tables()
        references = {name: self._references(model) for name, model in by_table.items()}
        order, postponed = _executable_order(references)
        throughs = self._through_tables(by_table, order)
        compared: list[TableDDL] = []
        others: list[TableDDL] = []
        if self.dialect == "sqlite":  # which cannot add a key to a table, and lets a key refer to a table to come
            postponed = dict.fromkeys(order, frozenset())
        for name in order:
            model = by_table[name]
            ddl = self._table(name, model, tuple(references[name]), postponed[name], len(compared) + len(others))
            (compared if model in selected and _managed(model) else others).append(ddl)
        for through in throughs:
            ddl = self._through(through, len(compared) + len(others))
            managed = _managed(through.model) or _managed(through.field.related_model)
            (compared if through.model in selected and managed else others).append(ddl)
        return ModelSource(
            connection=self.connection,
            dialect=self.dialect,
            preamble=self._preamble(order),
            statements=tuple(compared),
            others=tuple(others),
            unmanaged=tuple(str(name) for name, model in sorted(by_table.items()) if not _managed(model)),
            problems=tuple(self.problems),
            notices=tuple(self.notices),
            origins=Origins(self.declarations, self.loaded.config.project_dir),
        )

    def _name(self, model: type[Model], table: str = "") -> Name:
        """SQLite has no schemas: Tortoise leaves them out there."""
        schema = "" if self.dialect == "sqlite" else model._meta.schema or ""
        return Name(schema, table or model._meta.db_table)

    def _tables(self) -> dict[Name, type[Model]]:
        """The models by table. Of several models of one table the only managed one counts."""
        found: dict[Name, type[Model]] = {}
        for model in self.models:
            name = self._name(model)
            other = found.get(name)
            if other is not None and _managed(other) and _managed(model):
                raise ModelsUnavailable(
                    f"{other._meta.full_name} and {model._meta.full_name} have the same table {str(name)!r}",
                    where=self.loaded.config.origin,
                    hint="give each its own Meta.table, or set managed = False in the Meta of one of them",
                )
            if other is None or _managed(model):
                found[name] = model
        return found

    def _references(self, model: type[Model]) -> dict[Name, list[str]]:
        """Referenced table -> the columns that refer to it."""
        meta, found = model._meta, dict[Name, list[str]]()
        for field_name in sorted(meta.fk_fields | meta.o2o_fields):
            relation: Any = meta.fields_map[field_name]
            column = meta.fields_db_projection.get(f"{field_name}_id")
            if column is None:  # Tortoise (1.1) copies the key from a field that has no column itself
                self.notices.append(
                    f"{meta.full_name}.{field_name} has no column: Tortoise gives none to a key that refers to "
                    f"{relation.related_model._meta.full_name}, whose primary key is a one-to-one field"
                )
            elif relation.db_constraint:
                self._assert_same_connection(f"{meta.full_name}.{field_name}", relation.related_model)
                found.setdefault(self._name(relation.related_model), []).append(column)
        return found

    def _assert_same_connection(self, who: str, related: type[Model]) -> None:
        if related._meta.default_connection != self.connection:
            raise ModelsUnavailable(
                f"{who} on connection {self.connection!r} refers to {related._meta.full_name} on "
                f"{related._meta.default_connection!r}: a foreign key cannot leave its database",
                where=self.loaded.config.origin,
                hint="set db_constraint=False on the field, or put both apps on one connection",
            )

    def _table(
        self, name: Name, model: type[Model], references: Iterable[Name], postponed: Collection[str], position: int
    ) -> TableDDL:
        made = self.generator.table(model, postponed)
        meta = model._meta
        self.problems += [
            UnsupportedObject(problem.kind, problem.name, problem.reason, table=name) for problem in made.problems
        ]
        self.notices += made.notices
        fields = {column: field_name for field_name, column in meta.fields_db_projection.items()}
        for key in meta.fk_fields | meta.o2o_fields:
            if column := meta.fields_db_projection.get(f"{key}_id"):
                fields[column] = key
        self.declarations[name] = Declaration(model, meta.full_name, fields)
        return TableDDL(
            schema=name.schema,
            table=name.name,
            statements=made.statements,
            model=meta.full_name,
            afterwards=made.afterwards,
            references=tuple(sorted(references)),
            position=position,
        )

    def _through_tables(self, by_table: Mapping[Name, type[Model]], order: Sequence[Name]) -> list[_Through]:
        """The many-to-many fields that have a table of their own, one for each table."""
        taken = {name.name for name in by_table}  # Tortoise compares without the schema (_get_m2m_tables)
        found: dict[Name, _Through] = {}
        for table in order:
            model = by_table[table]
            for field_name in sorted(model._meta.m2m_fields):
                relation: Any = model._meta.fields_map[field_name]
                if relation._generated or relation.through in taken:
                    continue
                through = _Through(model, field_name, self._name(model, relation.through))
                if relation.db_constraint:
                    self._assert_same_connection(through.label, relation.related_model)
                if through.name in found:
                    self._shared(found[through.name], through)
                else:
                    found[through.name] = through
        return list(found.values())

    def _shared(self, first: _Through, second: _Through) -> None:
        """Two fields with one table (tortoise-orm#1323): Tortoise creates the first and keeps both links in it."""
        texts = {self.generator.through_table(item.model, item.field_name) for item in (first, second)}
        if len(texts) > 1:
            raise ModelsUnavailable(
                f"{first.label} and {second.label} want different tables of the same name {str(first.name)!r}",
                where=self.loaded.config.origin,
                hint="give each its own through=…, or make one the related_name of the other",
            )
        self.notices.append(
            f"{first.label} and {second.label} share the table {first.name}: each sees the other's rows"
        )

    def _through(self, through: _Through, position: int) -> TableDDL:
        relation = through.field
        sides = (through.model, relation.related_model)
        columns = dict.fromkeys((relation.backward_key, relation.forward_key), through.field_name)
        model = through.model._meta.full_name
        self.declarations[through.name] = Declaration(through.model, model, columns, through.field_name)
        return TableDDL(
            schema=through.name.schema,
            table=through.name.name,
            statements=self.generator.through_table(through.model, through.field_name),
            model=through.label,
            references=tuple(sorted({self._name(side) for side in sides})) if relation.db_constraint else (),
            position=position,
        )

    def _preamble(self, order: Iterable[Name]) -> tuple[str, ...]:
        schemas = sorted({name.schema for name in order if name.schema})
        created = (self.generator._get_schema_create_sql(schema, safe=True) for schema in schemas)
        return tuple(sql for sql in created if sql)


def _managed(model: type[Model]) -> bool:
    """``class Meta: managed = False``, as Django writes it. Tortoise (1.1) passes over what it does not know there."""
    return bool(getattr(model.__dict__.get("Meta"), "managed", True))


def _executable_order(
    references: Mapping[Name, Mapping[Name, Collection[str]]],
) -> tuple[list[Name], dict[Name, frozenset[str]]]:
    """The tables in an order in which they can be created, and per table the columns whose keys must come later.

    The order is that of ``generate_schemas``: always the first table of which all references exist. Where there is
    none, which is where Tortoise gives up (a cycle), the first one is taken and its open references are postponed.
    """
    names = list(references)
    place = {name: number for number, name in enumerate(names)}
    open_references = {name: {r for r in references[name] if r != name and r in place} for name in names}
    referrers: dict[Name, list[Name]] = {name: [] for name in names}
    for name, needed in open_references.items():
        for other in needed:
            referrers[other].append(name)
    ready = [place[name] for name in names if not open_references[name]]
    heapify(ready)
    order: list[Name] = []
    postponed: dict[Name, frozenset[str]] = dict.fromkeys(names, frozenset[str]())
    done: set[Name] = set()
    rest = iter(names)
    while len(order) < len(names):
        if ready:
            name = names[heappop(ready)]
        else:
            name = next(name for name in rest if name not in done)
            columns = (references[name][other] for other in open_references[name])
            postponed[name] = frozenset(column for group in columns for column in group)
        order.append(name)
        done.add(name)
        for referrer in referrers[name]:
            open_references[referrer].discard(name)
            if not open_references[referrer] and referrer not in done:
                heappush(ready, place[referrer])
    return order, postponed
