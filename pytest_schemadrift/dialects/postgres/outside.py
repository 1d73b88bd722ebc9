"""What a statement could reach beyond its own database, and the functions of the live one that it needs.

A PostgreSQL session cannot name another database; it leaves its own through functions of the server and of extensions
(files, other servers, other sessions), through COPY, and through objects of the whole cluster.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from pytest_schemadrift.dialects.base import Connection, LeftOut
from pytest_schemadrift.dialects.enclosure import NOT_RUN, Enclosure, Needed
from pytest_schemadrift.dialects.postgres.capabilities import major
from pytest_schemadrift.dialects.postgres.catalog.naming import Naming
from pytest_schemadrift.dialects.postgres.catalog.queries import query
from pytest_schemadrift.dialects.postgres.names import literal, quote, quote_needed, read_dotted
from pytest_schemadrift.dialects.postgres.read.tokens import tokenize
from pytest_schemadrift.dialects.reader import TokenStream
from pytest_schemadrift.errors import SchemaDriftError, Unsupported
from pytest_schemadrift.schema.capabilities import ServerInfo

_CALLS = re.compile(
    r"""(?<![\w$])(?P<name>
      dblink\w* | postgres_fdw\w* | lo_import | lo_export | pg_read_\w*file | pg_ls_\w+ | pg_stat_file
    | pg_file_\w+ | pg_logdir_ls | pg_terminate_backend | pg_cancel_backend | pg_reload_conf | pg_rotate_logfile\w*
    | pg_promote | pg_switch_wal | pg_create_restore_point | pg_(?:backup|start_backup|stop_backup)\w*
    | pg_(?:create|drop|copy)_\w*replication_slot | pg_logical_\w+ | pg_replication_origin_\w+ | pg_wal_replay_\w+
    | pg_sleep\w* | query_to_xml\w*
    | http(?:_\w+|(?="?\s*\()) | cron"?\s*\.\s*"?\w+ | aws_\w+"?\s*\.\s*"?\w+ | pg_background_\w+
    )"?\s*\(""",
    re.IGNORECASE | re.VERBOSE,
)
"""Functions that read or write files, other servers, other sessions or the whole cluster, wait, or run a text."""
_STATEMENTS = re.compile(
    r"""(?<![\w$."])(?P<name>
      COPY\s+[\w."(]+[^;]*?\s(?:FROM|TO)\s+(?:PROGRAM\s+)?' | ALTER\s+SYSTEM | LOAD\s+'
    | (?:CREATE|ALTER|DROP)\s+(?:DATABASE|ROLE|USER|GROUP|TABLESPACE|SUBSCRIPTION|SERVER|EVENT\s+TRIGGER
        |FOREIGN\s+DATA|FOREIGN\s+TABLE|(?:TRUSTED\s+|PROCEDURAL\s+)*LANGUAGE)
    | IMPORT\s+FOREIGN | (?:SET|RESET)\s+(?:LOCAL\s+|SESSION\s+)?(?:ROLE|SESSION\s+AUTHORIZATION)
    )(?![\w$])?""",
    re.IGNORECASE | re.VERBOSE,
)
_DYNAMIC = re.compile(r"(?<![\w$.\"])EXECUTE\s+(?!FUNCTION\b|PROCEDURE\b)", re.IGNORECASE)
_ESCAPED_NAME = re.compile(r"\bU&\"", re.IGNORECASE)
_ELSEWHERE = re.compile(
    r"""(?<![\w$])[Ee]'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*' | --[^\n]* | (?P<comment>/\*)
    | "(?P<name>(?:[^"]|"")*)" | (?<![\w$\x80-\U0010ffff])(?P<tag>\$(?:[^\W\d$][^\W$]*)?\$)(?P<code>.*?)(?P=tag)""",
    re.DOTALL | re.VERBOSE,
)
"""What is no code: literals, comments and names. Text between dollars may be code, so it is read as such."""
_BOUNDS = re.compile(r"/\*|\*/")
_NAME = r"""(?:"?[\w$]+"?\s*\.\s*)*"?[\w$]+"?(?=\s*\()"""
_DEFINED = re.compile(
    rf"""(?<![\w$."])(?P<before>(?:TABLE|INTO|REFERENCES|VIEW)\s+(?:IF\s+NOT\s+EXISTS\s+)?
    |(?<=\A)\s*CREATE\s+(?:UNIQUE\s+)?INDEX\s+(?:CONCURRENTLY\s+)?(?:IF\s+NOT\s+EXISTS\s+)?"?[\w$]+"?\s+ON\s+){_NAME}""",
    re.IGNORECASE | re.VERBOSE,
)
"""A name before a list of columns, which is that of a table; after any other ``ON``, it would be a call."""
_OBJECT = re.compile(
    r"\s*(?:CREATE|ALTER)\s+(?:OR\s+REPLACE\s+|UNIQUE\s+|UNLOGGED\s+|CONSTRAINT\s+|RECURSIVE\s+)*"
    r"(?P<kind>MATERIALIZED\s+VIEW|FOREIGN\s+TABLE|TABLE|VIEW|TRIGGER|FUNCTION|PROCEDURE|INDEX|DOMAIN|TYPE|POLICY|RULE|SEQUENCE)\s+"
    r"(?:CONCURRENTLY\s+|IF\s+(?:NOT\s+)?EXISTS\s+|ONLY\s+)*(?P<name>(?:\"[^\"]*\"|[\w$.])+)",
    re.IGNORECASE,
)
_MADE = r"(?P<name>(?:\"[^\"]*\"|[\w$.])+)"
_MAKES_ROUTINE = re.compile(
    rf"\s*CREATE\s+(?:OR\s+REPLACE\s+)?(?:FUNCTION|PROCEDURE|AGGREGATE)\s+{_MADE}", re.IGNORECASE
)
_MAKES_TYPE = re.compile(rf"\s*CREATE\s+(?:TYPE|COLLATION)\s+{_MADE}", re.IGNORECASE)
_SYMBOLS = re.compile(r"[-+*/<>=~!@#%^&|`?]+")
_MAKES_OBJECT = re.compile(
    rf"\s*CREATE\s+(?P<kind>OPERATOR\s+CLASS|OPERATOR|TEXT\s+SEARCH\s+(?:CONFIGURATION|DICTIONARY)|CAST)\s*"
    rf"(?:(?:[\w$\"]+\s*\.\s*)*(?P<symbols>{_SYMBOLS.pattern})|{_MADE})?",
    re.IGNORECASE,
)
_READ = frozenset(("sql", "plpgsql"))
"""Languages whose text we can read; a body in another may do anything."""
_TRUSTED = frozenset(("plperl", "pltcl", "plv8", "plrust"))
"""Languages that the server keeps inside of the database, and from writing where the transaction is read-only."""


def reaches(text: str) -> str:
    """How a text could leave its database, in words; empty where it cannot. Literals and comments run nothing."""
    text = _DEFINED.sub(r"\g<before>_", _code(text))
    if found := _said(text):
        return found
    if _ESCAPED_NAME.search(text):
        return "has names in Unicode escapes, which are not read"
    return ""


def _code(text: str) -> str:
    """A text without its comments and literals; of a quoted name no more than is read as a name."""
    pieces, at = [], 0
    while found := _ELSEWHERE.search(text, at):
        pieces.append(text[at : found.start()])
        at = found.end()
        if found["comment"]:
            at = _after_comment(text, at)
            pieces.append(" ")
        elif found["tag"]:
            pieces.append(f" {_code(found['code'])} ")
        elif found["name"] is not None:
            pieces.append(f'"{found["name"]}"' if re.fullmatch(r"[\w$]+", found["name"]) else '"_"')
        else:
            pieces.append("''" if found[0].endswith("'") else " ")
    return "".join([*pieces, text[at:]])


def _after_comment(text: str, at: int) -> int:
    """Where a comment ends whose beginning ends at ``at``; one may stand in another."""
    depth = 1
    while depth and (bound := _BOUNDS.search(text, at)):
        depth += 1 if bound[0] == "/*" else -1
        at = bound.end()
    return len(text) if depth else at


def _said(text: str) -> str:
    """How a text could leave its database if its literals were run, too."""
    if found := _CALLS.search(text):
        return f"calls {' '.join(found['name'].split())}, which reaches outside of its database"
    if found := _STATEMENTS.search(text):
        return f"has {' '.join(found['name'].split()[:2]).upper()}, which reaches outside of its database"
    return ""


async def check(sql: str) -> None:
    """Raise ``Unsupported`` for a statement that could leave its database."""
    if found := reaches(sql):
        known = _OBJECT.match(sql)
        subject = f"{known['kind'].lower()} {known['name']}".replace('"', "") if known else "a statement"
        raise Unsupported(f"{subject} {found}", sql=sql)


_TOGETHER = 50
"""Definitions in one text: the locks of their transaction are few beside what any server has room for."""


def enclosed(scratch: Connection, live: Connection, info: ServerInfo) -> Enclosure:
    """``scratch``, so that nothing leaves it, with the functions of ``live`` as they are needed."""
    lender = _Lender(live, info)
    return Enclosure(
        scratch, check, lender.needs, optional=extension_made, announce=lender.leave_to, together=_TOGETHER
    )


def extension_made(sql: str) -> str:
    """The extension that a statement creates: most tables can be compared without it."""
    made = re.match(r'CREATE EXTENSION (?:IF NOT EXISTS )?("(?:[^"]|"")+"|[\w-]+)', sql)
    return made[1].strip('"').replace('""', '"') if made else ""


_Kind = TypeVar("_Kind")


@dataclass(frozen=True, slots=True)
class _Function:
    """A function of the live database."""

    schema: str
    name: str
    arguments: str
    result: str
    language: str
    definition: str

    @property
    def place(self) -> tuple[str, str]:
        return self.schema, self.name

    @property
    def label(self) -> str:
        return f"function {self.name}({self.arguments})"

    @property
    def is_trigger(self) -> bool:
        return self.result in ("trigger", "event_trigger")

    def needed(self) -> Needed:
        """How it is made in scratch: as it is where its text is known to stay inside, else without its body."""
        if self.is_trigger:
            body = "BEGIN IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END"
            return Needed(self.key, self._with_body(f"RETURNS {self.result}", "", body))
        why = self._why_not()
        if not why:
            return Needed(self.key, self._in_its_schema(self.definition))
        signature, options = self._signature()
        said = literal(f"{self.label} {NOT_RUN}: it {why}".replace("%", "%%"))
        refusal = f"BEGIN RAISE EXCEPTION {said}; END"
        return Needed(self.key, self._with_body(signature, options, refusal), LeftOut(self.label, f"it {why}"))

    def leaves(self) -> str:
        """How it could leave its database, called where it may write nothing; texts that it runs are read, too."""
        if self.language not in _READ | _TRUSTED:
            return f"is written in {self.language}"
        return reaches(self.definition) or (_said(self.definition) if _DYNAMIC.search(self.definition) else "")

    @property
    def key(self) -> str:
        return f"{self.schema}.{self.name}({self.arguments})"

    def _why_not(self) -> str:
        if self.language not in _READ:
            return f"is written in {self.language}"
        if found := reaches(self.definition):
            return found
        if self.language == "plpgsql" and _DYNAMIC.search(self.definition):
            return "runs SQL that is made when it runs"
        return ""

    def _with_body(self, returns: str, options: str, body: str) -> str:
        name = f"{quote(self.schema)}.{quote(self.name)}"
        arguments = "" if self.is_trigger else self.arguments
        text = f"LANGUAGE plpgsql{options} AS $schemadrift${body}$schemadrift$"
        return self._in_its_schema(f"CREATE FUNCTION {name}({arguments}) {returns} {text}")

    def _in_its_schema(self, sql: str) -> str:
        return sql if self.schema == "public" else f"CREATE SCHEMA IF NOT EXISTS {quote(self.schema)}; {sql}"

    def _signature(self) -> tuple[str, str]:
        found = re.search(r"\b(IMMUTABLE|STABLE)\b", self.definition.partition(" AS $")[0])
        return f"RETURNS {self.result}", f" {found[1]}" if found else ""


def leaving(text: str, functions: Iterable[Sequence[object]]) -> str:
    """What a text calls that leaves the database, itself or through ``functions`` (rows of that query), in words."""
    if found := reaches(text):
        return found.removeprefix("calls ")
    known: dict[str, list[_Function]] = {}
    for row in functions:
        function = _Function(*map(str, row))
        known.setdefault(function.name.lower(), []).append(function)
    named, seen = _words(text) & known.keys(), set[str]()
    while named:
        seen |= named
        for function in (item for name in sorted(named) for item in known[name] if not item.is_trigger):
            if found := function.leaves():
                return f"{function.label}, which {found}"
        bodies = (item.definition for name in named for item in known[name])
        named = {word for body in bodies for word in _words(body)} & known.keys() - seen
    return ""


def _words(text: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[\w$]+", text)}


@dataclass(frozen=True, slots=True)
class _Type:
    """A type of several parts, a range or a collation of the live database."""

    schema: str
    name: str
    kind: str
    definition: str
    without: str
    """The canonical function of a range, in whose form equal ranges are stored."""

    @property
    def place(self) -> tuple[str, str]:
        return self.schema, self.name

    @property
    def key(self) -> str:
        return f"{quote(self.schema)}.{quote(self.name)}"

    @property
    def in_catalog(self) -> str:
        """The kind that a schema calls it."""
        made = self.definition.partition(f"{quote_needed(self.name)} AS ")[2]
        return "range type" if made.startswith("RANGE (") else self.kind.lower()

    def needed(self) -> Needed:
        """How it is made in scratch."""
        made = f"CREATE SCHEMA IF NOT EXISTS {quote(self.schema)}; {self.definition}"
        if not self.without:
            return Needed(self.key, made)
        what = f"the canonical function {self.without} of range {self.name}"
        return Needed(self.key, made, LeftOut(what, "it is written in C"))


@dataclass(frozen=True, slots=True)
class _Object:
    """An operator, aggregate, operator class, cast, or configuration or dictionary of text search of the live database.

    None of them has a text that runs: what they call is functions. A cast has no name.
    """

    schema: str
    name: str
    kind: str
    definition: str
    words: str
    """What stands in a text that needs it."""

    @property
    def place(self) -> tuple[str, str]:
        return self.schema, self.name

    def needed(self) -> Needed:
        """How it is made in scratch; an operator class only by a superuser."""
        made = f"CREATE SCHEMA IF NOT EXISTS {quote(self.schema)}; " if self.schema not in ("", "public") else ""
        return Needed(self.definition, made + self.definition)


class _Lender:
    """Gives a scratch database the functions, types and other objects that its statements name."""

    def __init__(self, live: Connection, info: ServerInfo) -> None:
        self.live, self.info = live, info
        self._known: dict[str, list[_Function | _Type | _Object]] | None = None
        self._lent: set[_Type] = set()
        self._own: set[tuple[str, str]] = set()
        """The functions, types and collations that the statements make themselves."""
        self._own_objects: set[tuple[str, str]] = set()
        """The kinds and names of the other objects that they make; of casts the kind alone."""

    def leave_to(self, statements: Sequence[str]) -> None:
        """Lend nothing that the statements make themselves, however it is defined there."""
        made = (_MAKES_ROUTINE.match(sql) or _MAKES_TYPE.match(sql) for sql in statements)
        self._own |= {self._place(found["name"]) for found in made if found}
        for found in filter(None, map(_MAKES_OBJECT.match, statements)):
            kind, name = " ".join(found["kind"].upper().split()), found["symbols"] or ""
            if not name and found["name"]:
                name = self._place(found["name"])[1]
            self._own_objects.add((kind, name))

    def _place(self, dotted: str) -> tuple[str, str]:
        """The schema and the name that a statement means."""
        parts = read_dotted(TokenStream(dotted, tokenize(dotted)))
        return (parts[-2] if len(parts) > 1 else self.info.default_schema), parts[-1]

    async def needs(self, sql: str) -> list[Needed]:
        """What a statement names, each after what it names itself.

        A type that the statement makes goes, where one that was lent has its name: a word may only look like a type.
        """
        if self._known is None:
            self._known = {}
            functions, types = await self._answers("functions", _Function), await self._answers("lent_types", _Type)
            objects = await self._answers("lent_objects", _Object)
            every: list[_Function | _Type] = [*functions, *types]
            for item in every:
                if item.place not in self._own:
                    self._known.setdefault(item.name.lower(), []).append(item)
            for other in objects:
                if (other.kind, other.name) not in self._own_objects and other.place not in self._own:
                    for word in sorted(_words(other.words) | set(_SYMBOLS.findall(other.words))):
                        self._known.setdefault(word, []).append(other)
        if not self._known or _MAKES_ROUTINE.match(sql):
            return []
        made = _MAKES_TYPE.match(sql)
        own = self._place(made["name"])[1].lower() if made else ""
        found = list(self._named(sql, {own} if own else set()))
        gone = [item for item in self._lent if item.name.lower() == own]
        self._lent.difference_update(gone)
        return found + [Needed(f"not {item.key}", f"DROP {item.kind} IF EXISTS {item.key}") for item in gone]

    async def _answers(self, name: str, kind: Callable[..., _Kind]) -> list[_Kind]:
        try:
            rows = await self.live.fetch(query(name, major(self.info)))
        except SchemaDriftError:
            return []  # a transaction of the user's that has failed: the statement says what it lacks
        return [kind(*map(str, row)) for row in rows]

    def _named(self, sql: str, seen: set[str]) -> Iterator[Needed]:
        assert self._known is not None
        for word in sorted((_words(sql) | set(_SYMBOLS.findall(sql))) & self._known.keys() - seen):
            seen.add(word)
            for item in self._known[word]:
                if isinstance(item, _Type):
                    self._lent.add(item)
                if not isinstance(item, _Function) or not item.is_trigger:
                    yield from self._named(item.definition, seen)
                yield replace(item.needed(), known_as=self._known_as(item))

    def _known_as(self, item: _Function | _Type | _Object) -> tuple[str, str]:
        schema, name = item.place
        shown = str(Naming.of(self.info, ()).name(schema, name))
        if isinstance(item, _Object):
            return item.kind.lower(), shown
        return ("function" if isinstance(item, _Function) else item.in_catalog), shown
