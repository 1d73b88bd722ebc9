"""A dialect as a value: everything the other packages ask of one kind of database."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import field
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, TypeVar

from pytest_schemadrift.errors import StatementFailed, Unsupported
from pytest_schemadrift.schema.capabilities import Capabilities, ServerInfo
from pytest_schemadrift.schema.frozen import dataclass

if TYPE_CHECKING:
    from pytest_schemadrift.dialects.at_once import Answer
    from pytest_schemadrift.dialects.counter import Counter
    from pytest_schemadrift.dialects.enclosure import Enclosure
    from pytest_schemadrift.dialects.history import DdlLog, LastChange, Touched
    from pytest_schemadrift.dialects.reader import Token
    from pytest_schemadrift.schema.changes import Change, SimpleChange
    from pytest_schemadrift.schema.model import (
        Check,
        Column,
        Exclusion,
        ForeignKey,
        Index,
        Mark,
        Name,
        PrimaryKey,
        Schema,
        Table,
    )


class Connection(Protocol):
    """A driver's connection behind one small face; it belongs to one task at a time."""

    @property
    def dialect(self) -> str:
        """``postgres``, ``mysql`` (MariaDB too, until ``read_server_info`` tells) or ``sqlite``."""

    async def fetch(self, sql: str, *arguments: object) -> list[tuple[Any, ...]]:
        """Run one query and return all of its rows. Raises ``StatementFailed``."""

    async def execute(self, sql: str) -> None:
        """Run one statement without parameters. Raises ``StatementFailed`` with the server's answer."""

    async def close(self) -> None:
        """Close it; never raises."""


class LeftOut(NamedTuple):
    """What a scratch copy does not hold as the live database has it: ``trigger x of t``, and ``why`` in a few words."""

    what: str
    why: str

    def __str__(self) -> str:
        return f"{self.what}: {self.why}"


class MissingRight(NamedTuple):
    """A right that the session's role does not have, and the ``command`` that needs it.

    ``words`` say what the role may not do; ``statement``, without its semicolon, allows it. Where no statement can,
    ``to_do`` says what to do.
    """

    command: Literal["check", "apply"]
    words: str
    statement: str
    to_do: str = ""


class Standing(NamedTuple):
    """What uses something that a plan takes away, and that a copy of the plan's tables does not show.

    ``broken`` would no longer work, in words; ``named`` are those whose text names it, perhaps for something else;
    for what is ``in_the_way`` the server refuses the plan.
    """

    broken: tuple[str, ...] = ()
    named: tuple[LeftOut, ...] = ()
    in_the_way: tuple[str, ...] = ()


class Place(NamedTuple):
    """An object: ``kind`` is relation, type, function, collation or other; ``name`` as reports have it."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Pieces:
    """What tables and views stand on that a ``Schema`` does not hold, and the order that this asks for.

    ``needs`` has tables, views, types and sequences in it, too: what must be there before each. ``missing`` are those
    that no statement is known for. ``schemas`` says where each is, ``notes`` what its statement leaves out, and
    ``before`` are the statements for a session that is to make them.
    """

    texts: Mapping[Place, str] = field(default_factory=dict)
    needs: Mapping[Place, Sequence[Place]] = field(default_factory=dict)
    schemas: Mapping[Place, str] = field(default_factory=dict)
    missing: frozenset[Place] = frozenset()
    notes: Mapping[Place, str] = field(default_factory=dict)
    before: tuple[str, ...] = ()
    around: Mapping[Place, tuple[str, str]] = field(default_factory=dict)
    """The statements around that of one object, a trigger too: the mode that a body is read and run under."""
    around_if_set: Mapping[Place, tuple[str, str]] = field(default_factory=dict)
    """Those around what has the mode of a session that nobody has set up, where the script sets another before."""
    turns: Sequence[Place] = ()
    """Triggers in the order in which they are to be made, where it is the one in which they run."""
    given: Sequence[tuple[Place, str]] = ()
    """Each object with a statement that gives it, once it is made, what no definition says: a comment, a state."""
    around_own_words: tuple[str, str] | None = None
    """The statements around tables in the server's own words, where it has any: they may refer to later ones."""
    around_keys: tuple[str, str] | None = None
    """The statements around foreign keys to what is no whole key, where the server has to be told to take them."""


async def _no_pieces(connection: Connection, info: ServerInfo) -> Pieces:
    return Pieces()


class _PartsOfChanges:
    """The simple changes of a plan, once somebody has asked: no field, and so no part of the value."""

    __slots__ = ("_parts",)
    _parts: tuple[SimpleChange, ...]


@dataclass(frozen=True, slots=True)
class RenderContext(_PartsOfChanges):
    """What a renderer may need beyond the change: both whole schemas, the server's facts, and the whole plan.

    ``old`` has the accepted renames applied; ``changes`` are all changes of the plan in their order.
    """

    old: Schema
    new: Schema
    info: ServerInfo
    capabilities: Capabilities
    changes: tuple[Change, ...] = ()

    @property
    def parts(self) -> tuple[SimpleChange, ...]:
        """All changes in their order, those that were folded into one each by itself."""
        try:
            return self._parts
        except AttributeError:
            from pytest_schemadrift.schema.changes import simple_changes  # noqa: PLC0415

            found = tuple([part for change in self.changes for part in simple_changes(change)])
            object.__setattr__(self, "_parts", found)
            return found


@dataclass(frozen=True, slots=True)
class Patience:
    """How many seconds a session waits for a ``lock``, and lets a ``statement`` run; 0 stands for ever."""

    lock: float = 10.0
    statement: float = 0.0


@asynccontextmanager
async def _nobody_else(
    connection: Connection, info: ServerInfo, seconds: float, schemas: frozenset[str] | None
) -> AsyncIterator[None]:
    """Where the transaction of a plan is itself the lock."""
    yield


async def _nothing_held(connection: Connection, tables: Collection[Name]) -> None:
    """Where a transaction keeps others from changing a table, or nothing could."""


async def _nobody_known(connection: Connection, info: ServerInfo) -> str:
    """Where a server cannot say who holds a lock."""
    return ""


async def inserted(scratch: Connection, sql: str, rows: Iterable[tuple[object, ...]]) -> int:
    """Run an INSERT for every row, and return for how many it succeeded."""
    number = 0
    for row in rows:
        try:
            await scratch.fetch(sql, *row)
        except StatementFailed:
            continue
        number += 1
    return number


async def _no_counters(
    connection: Connection, info: ServerInfo, tables: Collection[Name] | None
) -> AsyncIterator[Counter]:
    nothing: tuple[Counter, ...] = ()
    for counter in nothing:
        yield counter


async def _none_missing(connection: Connection, schema: Schema) -> tuple[str, ...]:
    return ()


async def _unrelated(one: Connection, other: Connection) -> bool | None:
    return False


async def _all_allowed(connection: Connection, info: ServerInfo, tables: Collection[Name]) -> tuple[MissingRight, ...]:
    return ()


async def _all_seen(connection: Connection, table: Name) -> bool:
    return True


async def _looked(connection: Connection, sql: str) -> list[tuple[Any, ...]]:
    return await connection.fetch(sql)


async def _not_set(connection: Connection, info: ServerInfo, counter: Counter) -> bool:
    return False


async def _none_compiled(connection: Connection, schema: Schema) -> frozenset[str]:
    return frozenset()


async def _nothing_known(
    connection: Connection, info: ServerInfo, what: Sequence[Touched], log: DdlLog | None
) -> dict[Touched, tuple[LastChange, ...]]:
    return {}


async def _nothing_stands(connection: Connection, info: ServerInfo, changes: Sequence[Change]) -> Standing:
    return Standing()


async def _nothing_to_repeat(connection: Connection, info: ServerInfo, tables: Collection[Name]) -> tuple[Mark, ...]:
    return ()


async def _no_rows(live: Connection, scratch: Connection, table: Table, limit: int) -> int:
    return 0


IsKnown = Callable[[str], bool]
"""Whether the schema that a digest of catalog rows stands for is known, so that nobody need make it."""

Meanwhile = Callable[[], None]
"""What the caller has to do before it can say what is known: done while the server works, where that can be."""


def nothing_meanwhile() -> None:
    """The caller has everything already."""


R = TypeVar("R", bound=tuple[Any, ...])


def rows_of(kind: type[R], answer: Sequence[Iterable[Any]]) -> list[R]:
    """The rows of one query as its named tuples, which ``_make`` would count one by one.

    Raises ``TypeError`` where the first has another number of values: query and tuple were not changed together.
    """
    fields: tuple[str, ...] = kind._fields  # type: ignore[attr-defined]
    if answer and len(tuple(answer[0])) != len(fields):
        raise TypeError(f"{kind.__name__} has {len(fields)} fields, the query answers {len(tuple(answer[0]))}")
    make: Callable[[Iterable[Any]], R] = partial(tuple.__new__, kind)
    return list(map(make, answer))


@dataclass(frozen=True, slots=True)
class Form:
    """One statement of a lock-friendly (online) way to make a change.

    ``transactional`` is false where it cannot run in a transaction (CONCURRENTLY). ``cleanup`` are statements that
    remove what a failed attempt leaves behind. ``instead`` are the forms to try, in order, where the server raises
    ``FormRefused`` (MySQL: an ALGORITHM that it does not support here). ``spares`` names the hazards of the change that
    this form does not have.
    """

    sql: str
    transactional: bool = False
    cleanup: tuple[str, ...] = ()
    instead: tuple[str, ...] = ()
    spares: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Misfit:
    """Rows whose value a new type does not take as it is: ``words`` says it of them, ``condition`` finds them.

    They ``block`` the change where it is sure to fail because of them.
    """

    words: str
    condition: str
    blocks: bool = False


_LENGTH = re.compile(r"(?:character varying|character|varchar|char|varbinary|binary)\((\d+)\)")


def length_in(type_: str) -> int | None:
    """The length that a type of text or bytes is limited to."""
    found = _LENGTH.fullmatch(type_.lower())
    return int(found[1]) if found else None


Digests = Callable[["Connection", ServerInfo, Sequence[str]], AsyncGenerator[dict[str, str | None], None]]
"""(connection, facts, names) -> for each, some names after the other, a text that is another one where ``dump`` of it
alone would give another ``Schema``, or the server would say something else of it; ``None`` where that cannot be told
this way. Raises ``StatementFailed``."""


@dataclass(frozen=True, slots=True)
class Namespaces:
    """Schemas within one database, where a kind of database has them: each may belong to another tenant."""

    names: Callable[[Connection, ServerInfo], Awaitable[list[str]]]
    """Those that are not the server's own."""
    path: Callable[[Sequence[str]], str]
    """The schemas that a session looks in, in this order, as a connection's setting has them."""
    set_path: Callable[[Sequence[str]], str]
    """The statement that makes a session look in them."""
    sets_path: Callable[[str], bool]
    """Whether a statement is one of those."""
    reading: Callable[[Connection, Sequence[str]], AbstractAsyncContextManager[None]]
    """Within it, the connection reads one snapshot, looks in these schemas, and changes nothing that stays."""
    digests: Digests
    """Those of schemas."""


def _no_exclusion(exclusion: Exclusion) -> str:
    raise Unsupported("exclusion constraints are PostgreSQL's alone")


@dataclass(frozen=True, slots=True)
class Parts:
    """Parts of CREATE TABLE as a dialect writes them, for who writes the rest in other words."""

    column_type: Callable[[Table, Column, ServerInfo], str]
    """All that stands between a column's name and its NOT NULL: type, collation, expression, identity."""
    primary_key: Callable[[Table, PrimaryKey], str]
    unique: Callable[[Index, ServerInfo], str]
    check: Callable[[Check], str]
    foreign_key: Callable[[ForeignKey], str]
    exclusion: Callable[[Exclusion], str] = _no_exclusion
    """Raises ``Unsupported`` where there is no such thing."""
    table_options: Callable[[Table, ServerInfo, str], str] = lambda table, info, charset: ""
    """What follows the closing parenthesis, but for the default collation of ``charset``."""
    options_apart: bool = False
    """What a table is beyond an ordinary one is said by statements after CREATE TABLE."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """One kind of database. There are four of them; a fifth is a package beside these (CONTRIBUTING.md)."""

    name: str
    capabilities: Callable[[ServerInfo], Capabilities]
    default_info: ServerInfo
    """What is assumed where no server was asked (the newest supported version)."""
    parse: Callable[[str, ServerInfo], Schema]
    """DDL text -> normalised ``Schema``; what cannot be read is in its ``unsupported``. Raises ``DDLSyntaxError``."""
    render: Callable[[Change, RenderContext], tuple[str, ...]]
    """The statements of one change, without semicolons. Raises ``Unsupported``."""
    connect: Callable[[str, float], Awaitable[Connection]]
    """(url, timeout in seconds) -> connection. Raises ``ConnectionFailed``, ``DriverMissing``."""
    wrap: Callable[[object], Connection]
    """A raw driver connection of the user's behind our face; closing the result leaves the raw one open."""
    read_server_info: Callable[[Connection], Awaitable[ServerInfo]]
    dump: Callable[[Connection, ServerInfo, Sequence[Name] | None], Awaitable[Schema]]
    """The live schema, of all tables or of those named; a fixed number of read-only queries."""
    dump_unless_known: Callable[
        [Connection, ServerInfo, IsKnown | None, Meanwhile], Awaitable[tuple[str, Schema | None]]
    ]
    """As ``dump``, with a digest of all rows that the schema is made of; ``None`` where that is known.

    The last argument is called once, before it is asked whether a digest is known, and that before the schema is made.
    Rows are read but once where no digest can be known (``None``) and that makes a difference. Equal digests of one
    server, by all that it says of itself but the database's name, promise equal schemas; an empty one promises nothing.
    """
    open_scratch: Callable[[Connection, str, ServerInfo], AbstractAsyncContextManager[Enclosure]]
    """(live connection, its url, facts) -> an empty throw-away database on that server, of the same defaults (charset,
    collation, extensions), which nothing leaves; dropped on leaving. Raises ``Unsupported`` where none can be had."""
    quote: Callable[[str], str]  # an identifier
    literal: Callable[[str], str]
    """A string literal."""
    parts: Callable[[], Parts]
    """The parts of CREATE TABLE; a call, for few commands need them."""
    tokenize: Callable[[str], list[Token]]
    """A text's tokens, without comments. Raises ``DDLSyntaxError``."""
    split: Callable[[str, ServerInfo], list[str]]
    """A script's statements, without semicolons. Raises ``DDLSyntaxError``."""
    view_columns: Callable[[ServerInfo], str]
    """The query for the columns of views (and of SQLite's virtual tables): schema, relation, name, type, nullable."""
    misfits: Callable[[str, str, str, ServerInfo], tuple[Misfit, ...]]
    """(column in SQL, its name, its new type, facts) -> which rows that type does not take as they are."""
    size: Callable[[Connection, ServerInfo, Name], Awaitable[tuple[int | None, int] | None]]
    """About how many rows and bytes a table has, where the server knows without counting."""
    told_at_once: Callable[[Answer], tuple[ServerInfo, str]] | None = None
    """What ``read_server_info`` and the digest of ``dump_unless_known`` are, of what ``dialects.ask_at_once`` got."""
    missing_rights: Callable[[Connection, ServerInfo, Collection[Name]], Awaitable[tuple[MissingRight, ...]]] = field(
        default=_all_allowed
    )
    """The rights that a check needs, or a change of these tables, and this role does not have."""
    identity: Callable[[], str] = field(default=str)
    """The query for what one server answers and no other; empty where the name of a database says all."""
    related: Callable[[Connection, Connection], Awaitable[bool | None]] = field(default=_unrelated)
    """Whether two servers of different identities hold the same databases, as a primary and its replica do; ``None``
    where nobody can tell."""
    namespaces: Namespaces | None = None
    """Schemas within a database; ``None`` where a schema is the database."""
    digests: Digests | None = None
    """Those of databases of one server; ``None`` where a connection sees its own database alone."""
    table_case: str = ""
    """The server's setting that says whether the case of tables' names counts; empty where no setting does."""
    oldest: tuple[int, ...] = ()
    """The first version that this was written for; older servers may answer queries otherwise."""
    prologue: Callable[[RenderContext], tuple[str, ...]] = field(default=lambda context: ())
    """Statements to run before those of ``context.changes`` (SQLite: foreign keys off, one transaction)."""
    epilogue: Callable[[RenderContext], tuple[str, ...]] = field(default=lambda context: ())
    """Statements to run after them; they make the plan fail where it left rows without parents."""
    open_scratch_elsewhere: Callable[[Connection, str, ServerInfo], AbstractAsyncContextManager[Enclosure]] | None = (
        field(default=None)
    )
    """(live connection, URL of a server that was started for it, facts of the live server) -> as ``open_scratch``, on
    that other server; ``None`` where a scratch database needs no server."""
    render_online: Callable[[Change, RenderContext], tuple[Form, ...] | None] = field(
        default=lambda change, context: None
    )
    """The change in lock-friendly statements; ``None`` where its usual form is as good as any."""
    copy_rows: Callable[[Connection, Connection, Table, int], Awaitable[int]] = field(default=_no_rows)
    """(live, scratch, table, limit) -> how many of the first rows were copied into the scratch database's table."""
    standing: Callable[[Connection, ServerInfo, Sequence[Change]], Awaitable[Standing]] = field(default=_nothing_stands)
    """What uses a table or column that these changes take away, where the server looks only when it runs."""
    marks: Callable[[Connection, ServerInfo, Collection[Name]], Awaitable[tuple[Mark, ...]]] = field(
        default=_nothing_to_repeat
    )
    """What of these live tables is not in ``dump``, because only a plan has to know it: the server forgets it where a
    definition is rewritten."""
    pieces: Callable[[Connection, ServerInfo], Awaitable[Pieces]] = field(default=_no_pieces)
    """What the tables of this live database stand on, for who makes them in an empty one."""
    last_changes: Callable[
        [Connection, ServerInfo, Sequence[Touched], DdlLog | None], Awaitable[dict[Touched, tuple[LastChange, ...]]]
    ] = field(default=_nothing_known)
    """When these were changed last, as far as the server or a log of the user's knows. Raises ``StatementFailed``."""
    triggers_that_compile: Callable[[Connection, Schema], Awaitable[frozenset[str]]] = field(default=_none_compiled)
    """``trigger x of t`` for those of a schema's triggers whose whole bodies can be compiled, without running them."""
    with_alike: Callable[[Schema, Schema], Schema] = field(default=lambda old, new: new)
    """The new schema, with the old spelling of expressions that are known to mean the same: where nothing is respelled
    by the server."""
    be_patient: Callable[[Patience, ServerInfo], tuple[str, ...]] = field(default=lambda patience, info: ())
    """The statements that limit how long a session waits."""
    alone: Callable[[Connection, ServerInfo, float, frozenset[str] | None], AbstractAsyncContextManager[None]] = field(
        default=_nobody_else
    )
    """(connection, facts, seconds to wait, the schemas to change or ``None`` for all) -> a block in which no other
    schemadrift changes them. Raises ``Busy``."""
    keeps_session: Callable[[Connection], bool] = field(default=lambda connection: True)
    """Whether what a connection sets or locks is there in its next transaction, too; not through some poolers."""
    session_lines: Callable[[Sequence[str], ServerInfo, Schema], tuple[str, ...]] = field(default=lambda *of: ())
    """The SET statements that these statements, which change a schema, need before them in a shell, whose session may
    be set otherwise."""
    literal_lines: Callable[[Sequence[str], ServerInfo], tuple[str, ...]] = field(default=lambda statements, info: ())
    """Those among them that a literal needs, whatever database a text is made for."""
    who_holds: Callable[[Connection, ServerInfo], Awaitable[str]] = field(default=_nobody_known)
    """The sessions that a lock timeout may have waited for, in words; empty where that cannot be known."""
    missing_extensions: Callable[[Connection, Schema], Awaitable[tuple[str, ...]]] = field(default=_none_missing)
    """The extensions that would give a database what a schema uses and the database does not have."""
    look: Callable[[Connection, str], Awaitable[list[tuple[Any, ...]]]] = field(default=_looked)
    """The answer to a query over rows of tables, whose own functions (of row security, of casts) may not write
    meanwhile. Raises ``StatementFailed``."""
    sees_every_row: Callable[[Connection, Name], Awaitable[bool]] = field(default=_all_seen)
    """Whether a query of this role sees all rows of a table."""
    hold_definitions: Callable[[Connection, Collection[Name]], Awaitable[None]] = field(default=_nothing_held)
    """Let nobody else change the definition of these tables until the transaction ends, where it does not do so."""
    keep_writers_out: Callable[[Name], tuple[str, ...]] = field(default=lambda table: ())
    """What keeps others from writing to a table until the transaction ends, where the transaction does not do so."""
    counters: Callable[[Connection, ServerInfo, Collection[Name] | None], AsyncIterator[Counter]] = field(
        default=_no_counters
    )
    """What numbers the rows (of these tables, else of all), each with what the rows say; a query for each."""
    set_counter: Callable[[Connection, ServerInfo, Counter], Awaitable[bool]] = field(default=_not_set)
    """Set a counter to the number that it should give next; false where it moved meanwhile. Raises
    ``StatementFailed``."""


def without_path(session: Sequence[str], dialect: Dialect) -> tuple[str, ...]:
    """The statements that a session needs, but for that which says in which schemas it looks."""
    namespaces = dialect.namespaces
    return tuple(line for line in session if namespaces is None or not namespaces.sets_path(line))


@asynccontextmanager
async def closing(connection: Connection) -> AsyncIterator[Connection]:
    """Close ``connection`` on leaving, whatever happened."""
    try:
        yield connection
    finally:
        await connection.close()
