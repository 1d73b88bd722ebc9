"""Who the tenants of a connection are, and the project as one of them sees it."""

from __future__ import annotations

import asyncio
import inspect
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from pytest_schemadrift.commands.project import CheckOptions, Project, open_connection, with_urls
from pytest_schemadrift.core.aside import printed_aside
from pytest_schemadrift.core.config.settings import PYPROJECT, TenantSettings, expand_environment, nearest
from pytest_schemadrift.core.config.tortoise import import_module, one_line
from pytest_schemadrift.core.config.urls import (
    ENDS_URL,
    ENGINES,
    ConnectionSettings,
    assert_readable,
    connection_from_url,
    database_in,
    database_name,
    database_url,
    default_schema,
)
from pytest_schemadrift.dialects import get_dialect
from pytest_schemadrift.dialects.base import Namespaces
from pytest_schemadrift.errors import ConfigurationError, StatementFailed, mask
from pytest_schemadrift.shown import reason

if TYPE_CHECKING:
    from pytest_schemadrift.sources.scratch import LiveServer


@dataclass(frozen=True, slots=True)
class Tenant:
    """One tenant of a connection: ``url`` is its database, ``schema`` its own PostgreSQL schema where it has one.

    The URL may hold a password: it is shown nowhere. Where ``problem`` is, there is none, and nobody can look at it.
    """

    connection: str
    name: str
    url: str = field(repr=False)
    schema: str = ""
    problem: ConfigurationError | None = field(default=None, repr=False, compare=False)


def connections_with_tenants(project: Project, chosen: Sequence[str]) -> tuple[str, ...]:
    """The chosen connections that have tenants, else all that have. Raises ``ConfigurationError`` where none has."""
    configured = project.settings.tenants
    for name in (*configured, *chosen):
        project.tortoise.connection(name)
    wanted = set(configured) & set(chosen or configured)
    names = tuple(name for name in project.tortoise.connections if name in wanted)
    if not names:
        raise ConfigurationError(
            "no connection has tenants",
            where=f"{PYPROJECT} [tool.schemadrift.tenants]",
            hint=_example(project),
        )
    return names


def _example(project: Project) -> str:
    """What to write for the first connection, in a form that its server has."""
    name, connection = next(iter(project.tortoise.connections.items()))
    schemas = get_dialect(connection.dialect).namespaces is not None
    key = 'schemas = "tenant_*"' if schemas else 'urls = "tenants.txt" (lines: name = url)'
    return f"list them, for example [tool.schemadrift.tenants.{name}] {key}"


async def find_tenants(
    project: Project,
    connection: str,
    timeout: float,  # noqa: ASYNC109
    server: LiveServer | None = None,
) -> list[Tenant]:
    """The tenants of a connection in the order of their names; ``timeout`` is in seconds, for connecting.

    The configured database is asked, where it has to be, over a connection of its own unless ``server`` is it.

    Who is named twice for one place is one tenant. What is wrong with one of them is its ``problem``, which hides no
    other. Raises ``ConfigurationError`` where there are none, and where something is wrong with each.
    """
    settings = project.settings.tenants[connection]
    place = f"{PYPROJECT} [tool.schemadrift.tenants.{connection}]"
    asked = nullcontext(server) if server is not None else open_connection(project, connection, timeout)
    if settings.schemas:
        found = await _from_schemas(settings, namespaces_of(project.tortoise.connection(connection)), asked)
    elif settings.query:
        found = await _from_query(settings, place, asked)
    elif settings.urls:
        found = await asyncio.to_thread(_from_file, project, settings)
    else:
        found = await _from_callable(connection, settings)
    named: dict[str, dict[Tenant, str]] = defaultdict(dict)
    for entry in found:
        tenant = _tenant(project, connection, entry, entry.place or place)
        named[tenant.name].setdefault(tenant, entry.place or place)
    if not named:
        raise ConfigurationError(
            "there is no tenant",
            where=place,
            hint="correct the setting that finds them: a check of no tenant proves nothing",
        )
    tenants = [next(iter(same)) if len(same) == 1 else _twice(connection, name, same) for name, same in named.items()]
    problems = [tenant.problem for tenant in tenants if tenant.problem is not None]
    if len(problems) == len(tenants):
        raise problems[0]
    return sorted(tenants, key=lambda tenant: tenant.name)


def _twice(connection: str, name: str, named: Mapping[Tenant, str]) -> Tenant:
    """What stands for tenants of one name in different places; ``named`` says where they stand."""
    problem = ConfigurationError(
        f"two tenants have the name {name!r}",
        where=" and ".join(dict.fromkeys(islice(named.values(), 2))),
        hint="give each a name of its own: name = url",
    )
    return Tenant(connection, name, "", problem=problem)


def chosen_tenants(tenants: Sequence[Tenant], patterns: Sequence[str]) -> list[Tenant]:
    """The tenants that one of these names or shell patterns names, all without any.

    What is a tenant's name means that tenant alone, though it may have the characters of a pattern. Raises
    ``ConfigurationError`` for a pattern that names none.
    """
    names = {tenant.name for tenant in tenants}
    chosen = set() if patterns else names
    for pattern in patterns:
        meant = {pattern} & names or {name for name in names if fnmatchcase(name, pattern)}
        if not meant:
            hint = nearest(pattern, [tenant.name for tenant in tenants][:_NAMED])
            raise ConfigurationError(f"no tenant is named {pattern!r}", hint=hint)
        chosen |= meant
    return [tenant for tenant in tenants if tenant.name in chosen]


_NAMED = 20
"""Tenants that an error offers; there may be thousands."""


async def as_tenant(project: Project, options: CheckOptions, name: str) -> tuple[Project, CheckOptions]:
    """The project as the tenant of this name sees it, and the options without what found it.

    Raises ``ConfigurationError`` where no tenant bears the name, or tenants of several connections do.
    """
    project = with_urls(project, options.database_urls)
    found = []
    for connection in connections_with_tenants(project, options.connections):
        found += await find_tenants(project, connection, options.timeout)
    named = [tenant for tenant in found if tenant.name == name]
    if not named:
        hint = nearest(name, [tenant.name for tenant in found][:_NAMED])
        raise ConfigurationError(f"no tenant is named {name!r}", hint=hint)
    if len(named) > 1:
        places = ", ".join(tenant.connection for tenant in named)
        raise ConfigurationError(f"several connections have a tenant {name!r}", hint=f"--connection: {places}")
    return project_of(project, named[0]), replace(options, connections=(named[0].connection,), database_urls=())


def project_of(project: Project, tenant: Tenant, model_schemas: Iterable[str] = ()) -> Project:
    """The project with a tenant's database in the place of its connection's.

    A tenant with a schema sees that one, the further schemas of the configured search path, those that the models name,
    and those that its tables have to do with. Raises ``ConfigurationError`` for one that nobody can look at.
    """
    if tenant.problem is not None:
        raise tenant.problem
    configured = project.tortoise.connection(tenant.connection)
    if tenant.schema:
        path = search_path(project, tenant)
        settings = ConnectionSettings(
            tenant.connection,
            configured.engine,
            _with_query(tenant.url, schema=namespaces_of(configured).path(path)),
            schemas=tuple(dict.fromkeys([*path, *sorted(model_schemas)])),
            given=True,
        )
    else:
        settings = connection_from_url(tenant.connection, tenant.url, f"tenant {tenant.name!r}")
        settings = replace(settings, given=True)
    connections = {**project.tortoise.connections, tenant.connection: settings}
    others = {name: theirs for name, theirs in project.settings.tenants.items() if name != tenant.connection}
    return replace(
        project,
        settings=replace(project.settings, tenants=others),  # a tenant has none
        tortoise=replace(project.tortoise, connections=connections),
    )


def search_path(project: Project, tenant: Tenant) -> list[str]:
    """The schemas in which a tenant with one of its own looks for names: its own one first.

    The others stand behind the first one of the configured path: what tenants share, such as extensions.
    """
    configured = default_schema(project.tortoise.connection(tenant.connection))
    further = [part.strip().strip('"') for part in configured.split(",")][1:]
    return [tenant.schema, *filter(None, further)]


def namespaces_of(connection: ConnectionSettings) -> Namespaces:
    """What schemas within a database are to this connection. Raises ``ConfigurationError`` where it has none."""
    found = get_dialect(connection.dialect).namespaces
    if found is None:
        raise ConfigurationError(
            "only PostgreSQL has schemas within a database",
            where=f"{PYPROJECT} [tool.schemadrift.tenants.{connection.name}] schemas",
            hint="give query, urls or python instead: a tenant is a database there",
        )
    return found


def server_of(tenant: Tenant) -> Hashable:
    """What two tenants have in common that one connection can look at: a database, or a server and who asks it."""
    if tenant.schema:
        return tenant.url
    parts = urlsplit(tenant.url)
    return parts.scheme, parts.netloc, parts.query


def _with_query(url: str, **values: str) -> str:
    address, _, query = url.partition("?")
    pairs = [(key, value) for key, value in parse_qsl(query, keep_blank_values=True) if key not in values]
    return f"{address}?{urlencode([*pairs, *values.items()])}"


@dataclass(frozen=True, slots=True)
class Entry:
    """What stands for a tenant: a name and a URL, either of which may be empty, or what is wrong with it."""

    name: str
    url: str = ""
    problem: ConfigurationError | None = None
    place: str = ""
    """The line of a file, the row of an answer, or the item of a list that says so; empty where there is none."""


Asked = AbstractAsyncContextManager["LiveServer"]


async def _from_schemas(settings: TenantSettings, namespaces: Namespaces, asked: Asked) -> list[Entry]:
    async with asked as server:
        names = await namespaces.names(server.connection, server.info)
    return [Entry(name) for name in names if fnmatchcase(name, settings.schemas)]


async def _from_query(settings: TenantSettings, place: str, asked: Asked) -> list[Entry]:
    where = f"{place} query"
    async with asked as server:
        try:
            rows = await server.connection.fetch(settings.query)
        except StatementFailed as error:
            raise ConfigurationError(error.what, where=where, hint="correct the query") from None
    return [_entry(tuple(row), where, f"row {number}") for number, row in enumerate(rows, 1)]


def _from_file(project: Project, settings: TenantSettings) -> list[Entry]:
    path = project.settings.project_dir / settings.urls
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"the file of the tenants cannot be read: {reason(error)}",
            where=str(path),
            hint="correct urls, or write the file",
        ) from None
    found = []
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        name, separator, url = text.partition("=")
        if not separator or "://" in name or "${" in name:
            name, url = "", text
        found.append(_of_line(name.strip(), url.strip(), f"{path}:{number}", f"{path.name}:{number}"))
    return found


def _of_line(name: str, url: str, place: str, number: str) -> Entry:
    """A tenant of a line, which is named by its number where it says no name and no URL."""
    try:
        url = expand_environment(url, place)
    except ConfigurationError as error:
        return Entry(name or number, problem=error)
    if "://" in url:
        return Entry(name, url, place=place)
    problem = ConfigurationError("this line names no tenant", where=place, hint="write name = url, or a URL alone")
    return Entry(name or number, problem=problem)


async def _from_callable(connection: str, settings: TenantSettings) -> list[Entry]:
    place = f"{PYPROJECT} [tool.schemadrift.tenants.{connection}] python"
    module, separator, name = settings.python.partition(":")
    if not separator or not module or not name:
        raise ConfigurationError(
            f"{settings.python!r} is not of the form module:function", where=place, hint="write app.tenants:all_tenants"
        )
    function = getattr(import_module(module, place), name, None)
    if not callable(function):
        raise ConfigurationError(f"{module} has no function {name!r}", where=place, hint="correct the name")
    try:
        with printed_aside():
            answer = await asyncio.to_thread(_answer_of, function)
            if inspect.isawaitable(answer):
                answer = await answer
            entries = [entry async for entry in answer] if hasattr(answer, "__aiter__") else _listed(answer)
    except Exception as error:  # of the project's own code
        raise ConfigurationError(
            f"{settings.python} failed: {one_line(error)}", where=place, hint="correct the function"
        ) from None
    return [_entry(entry, settings.python, f"item {number}") for number, entry in enumerate(entries, 1)]


def _answer_of(function: Callable[[], Any]) -> Any:
    """What a function gives, in a thread of its own: there it may run an event loop of its own (``asyncio.run``)."""
    try:
        answer = function()
        return answer if inspect.isawaitable(answer) or hasattr(answer, "__aiter__") else _listed(answer)
    except StopIteration as error:  # which no future can hold
        raise RuntimeError(one_line(error)) from None


def _listed(answer: Any) -> list[Any]:
    if isinstance(answer, str | bytes):
        raise TypeError("it returned a text instead of a list of texts")
    return list(answer.items() if isinstance(answer, Mapping) else answer)


def _entry(given: object, place: str, number: str) -> Entry:
    """A name, a URL, or a pair of the two; what is none of these bears its number as a name, unless it has one."""
    parts = tuple(given) if isinstance(given, tuple | list) else (given,)
    place = f"{place}, {number}"
    texts = [part for part in parts if isinstance(part, str) and part.strip()]
    if len(parts) not in (1, 2) or len(texts) != len(parts):
        problem = ConfigurationError(
            f"a row or item of {len(parts)} value(s) is not a tenant",
            where=place,
            hint="give texts: a name, a URL, or a name and a URL",
        )
        name = parts[0] if len(parts) == 2 and parts[:1] == tuple(texts[:1]) else number
        return Entry(str(name), problem=problem)
    if len(texts) == 2:
        return Entry(texts[0], texts[1], place=place)
    return Entry("", texts[0], place=place) if "://" in texts[0] else Entry(texts[0], place=place)


def _tenant(project: Project, connection: str, entry: Entry, place: str) -> Tenant:
    """A tenant by its URL, or by a name: of a schema (PostgreSQL), a database (MySQL, MariaDB) or a file (SQLite)."""
    shown = _as_text(entry.name or mask(entry.url))
    if entry.problem is not None:
        return Tenant(connection, shown, "", problem=entry.problem)
    if _as_text(entry.name + entry.url) != entry.name + entry.url:
        problem = ConfigurationError(
            f"{shown!r} is not text: it has a zero byte, or bytes that are not UTF-8", where=place, hint="leave it out"
        )
        return Tenant(connection, shown, "", problem=problem)
    configured = project.tortoise.connection(connection)
    try:
        if entry.url:
            return _of_url(configured, entry.name, entry.url, place)
        if get_dialect(configured.dialect).namespaces is not None:
            if entry.name == _OF_THE_ROLE:
                raise ConfigurationError(
                    f"no session can look in a schema named {entry.name}: in a search path that is the role's own one",
                    where=place,
                    hint="rename the schema, or leave it out",
                )
            return Tenant(connection, entry.name, database_url(configured), entry.name)
        return Tenant(connection, entry.name, _with_database(configured, entry.name, place))
    except ConfigurationError as problem:
        return Tenant(connection, shown, "", problem=problem)


def _as_text(name: str) -> str:
    """What a file, a report and a server can hold of a name, as Python gives one that it could not decode."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "\\0")


_OF_THE_ROLE = "$user"
"""In quotes, too (PostgreSQL, "Schemas and the search path")."""


def _of_url(configured: ConnectionSettings, name: str, url: str, place: str) -> Tenant:
    """A tenant of a URL. Raises ``ConfigurationError`` where that is none, or one of another kind of database."""
    connection = configured.name
    there = connection_from_url(connection, url, f"{place}, tenant {name!r}" if name else place)
    kind = ENGINES.get(there.engine) or url.partition("://")[0]  # one of a kind that nobody here can read
    if kind != configured.dialect:
        raise ConfigurationError(
            f"tenant {name or database_name(there)!r} is a database of another kind ({kind})",
            where=place,
            hint=f"the models' connection {connection!r} is {configured.dialect}: give it a connection of its own",
        )
    return Tenant(connection, name or default_schema(there) or database_name(there), url)


def _with_database(configured: ConnectionSettings, name: str, place: str) -> str:
    """The configured URL with another database; ``name`` is a file beside the working directory for SQLite.

    Raises ``ConfigurationError`` where Tortoise would read another name in it, and open the database of that.
    """
    scheme, _, rest = database_url(configured).partition("://")
    address, question, query = rest.partition("?")
    if configured.dialect == "sqlite":
        url = f"{scheme}://{name}{question}{query}"
    else:
        host = urlsplit(f"{scheme}://{address}").netloc
        url = f"{scheme}://{host}/{name}{question}{query}"
    assert_readable(url, place)
    if database_in(url) != name:
        raise ConfigurationError(
            f"the database of tenant {name!r} cannot be opened: {ENDS_URL}",
            where=place,
            hint="leave it out, or give its database another name",
        )
    return url
