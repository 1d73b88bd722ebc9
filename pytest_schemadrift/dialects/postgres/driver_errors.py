"""What asyncpg and the server say when something fails, as errors of ours: of a statement, and of a connection."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from ssl import SSLError
from typing import Any

from pytest_schemadrift.errors import (
    TLS_REFUSED,
    Condition,
    ConnectionFailed,
    DriverMissing,
    StatementFailed,
    Unreachable,
)


@contextlib.contextmanager
def answering(sql: str) -> Any:
    """Turn the driver's errors into ours, with the server's own words first."""
    import asyncpg

    try:
        yield
    except asyncpg.PostgresError as error:
        raise StatementFailed(
            _answer(error),
            sql=sql,
            hint=_hint(error),
            condition=_condition(getattr(error, "sqlstate", None) or ""),
        ) from None
    except (asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, ValueError) as error:
        was_lost = isinstance(error, OSError | asyncpg.InternalClientError)  # in the middle of an answer
        what, hint = (f"the connection was lost: {error}", _LOG) if was_lost else (str(error), "")
        raise StatementFailed(what, sql=sql, hint=hint) from None


_CONDITIONS: Mapping[str, Condition] = {
    "55P03": "lock_not_available",
    "42501": "insufficient_privilege",
    "25006": "read_only_sql_transaction",
    "55006": "object_in_use",
    **dict.fromkeys(("3F000", "42703", "42704", "42883", "42P01"), "undefined"),
}
"""Appendix A of PostgreSQL's documentation: schema, column, object, function, table."""


def _condition(sqlstate: str) -> Condition:
    return _CONDITIONS.get(sqlstate, "")


_OBJECTS_STAND_ON_IT = "2BP01"
_ENDED = ("08", "57P")
"""Connection exceptions, and the interventions of an operator: what ends a session."""
_LOG = "see the server's log"


def _hint(error: Any) -> str:
    """The server's advice, except that to drop whatever stands on an object with it."""
    if getattr(error, "sqlstate", "") == _OBJECTS_STAND_ON_IT:
        return "alter or drop what depends on it first"
    return error.hint or (_LOG if str(getattr(error, "sqlstate", "")).startswith(_ENDED) else "")


def _answer(error: Any) -> str:
    detail = f" ({'; '.join(error.detail.splitlines())})" if getattr(error, "detail", None) else ""
    return f"PostgreSQL: {error.message if getattr(error, 'message', None) else error}{detail}"


@contextlib.contextmanager
def reaching(place: str, patience: float | None = None) -> Iterator[None]:
    """Say of a server that lets nobody in, or does not answer, what it is and what to do.

    ``patience`` are the seconds that we gave it; the time-outs of a pool are its owner's. Raises ``ConnectionFailed``.
    """
    asyncpg = driver()
    try:
        yield
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise ConnectionFailed(_answer(error), where=place, hint=_advice(error)) from None
    except TimeoutError:
        within, more = ("in time", "") if patience is None else (f"within {patience:g} s", ", or raise --timeout")
        raise Unreachable(
            f"PostgreSQL did not answer {within}", where=place, hint=f"look at the server{more}"
        ) from None
    except (asyncpg.InternalClientError, OSError, ValueError) as error:
        if _is_about_tls(error):
            raise ConnectionFailed(f"PostgreSQL: {error}", where=place, hint=TLS_REFUSED) from None
        what = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise Unreachable(
            f"PostgreSQL cannot be reached: {what}", where=place, hint="start the server, or correct host and port"
        ) from None


def _is_about_tls(error: Exception) -> bool:
    """Whether a server answered, and the two found no encryption: asyncpg says so of a plain ``ConnectionError``."""
    return isinstance(error, SSLError) or (isinstance(error, ConnectionError) and "SSL" in str(error))


def _advice(error: Any) -> str:
    import asyncpg

    if isinstance(error, asyncpg.InvalidCatalogNameError):
        return "create the database, or correct its name"
    if isinstance(error, asyncpg.InvalidAuthorizationSpecificationError):
        return "correct user and password, or pg_hba.conf"
    if isinstance(error, asyncpg.InsufficientPrivilegeError):
        return "let the role in: GRANT CONNECT ON DATABASE ... TO ..."
    if isinstance(error, asyncpg.ProtocolViolationError):  # as PgBouncer answers itself, with every refusal
        return "a pooler on the way refuses it: give the address of the server itself"
    return _LOG


def driver() -> Any:
    """The module ``asyncpg``. Raises ``DriverMissing``."""
    try:
        import asyncpg
    except ImportError:
        raise DriverMissing(
            "the driver for PostgreSQL is not installed", hint="pip install 'pytest-schemadrift[postgres]'"
        ) from None
    return asyncpg
