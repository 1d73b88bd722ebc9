"""Every error a caller may see, as one tree; each keeps its facts as fields and ends with what to do.

::

    SchemaDriftError                 exit code 2
    ├── ConfigurationError           pyproject, --config, TORTOISE_ORM, options
    │   └── ModelsUnavailable        the project's models could not be imported or initialised
    ├── ConnectionFailed             the server refused the role, or has no such database
    │   └── Unreachable              nobody answered
    ├── ServerUnavailable            no server of that kind could be spun up; names what was tried
    ├── DriverMissing                the database driver's extra is not installed
    ├── DDLSyntaxError               a DDL text could not be read; path, line and the text are kept
    ├── Unsupported                  readable, but cannot be expressed or fixed: here is the text
    ├── Busy                         somebody else is changing the same database
    ├── StalePlan                    the database changed since the plan was made
    ├── Drifted                      the guard at start-up: the database is not what the models need
    ├── HookFailed                   a post-migrate hook raised an error; the tables are there
    ├── MigrationFailed              a migration of the project cannot be run on an empty database
    └── StatementFailed              the server refused a statement of ours
        └── FormRefused              it can do what was asked, but not in that (online) form; nothing was done
"""

from __future__ import annotations

from typing import Any, Literal

from pytest_schemadrift.shown import mask, mask_error, visible

__all__ = ["mask"]

SPELL_URL = "write scheme://user:password@host:port/database, with %40 for @ and %2F for / within a password"
"""What to do about a URL that cannot be read."""
Condition = Literal[
    "", "lock_not_available", "insufficient_privilege", "read_only_sql_transaction", "object_in_use", "undefined"
]
"""Why a server refused a statement, in the words of PostgreSQL's appendix A; empty for any other reason.

It is read from the code of an error, whose message may be in any language (``lc_messages``)."""
TLS_REFUSED = "correct ssl in the URL, or the certificate and the encryption of the server"
"""What to do about a server that answers, and with which no encryption is agreed on."""


class SchemaDriftError(Exception):
    """Base of all errors: ``what`` happened, ``where``, and ``hint``: what to do about it.

    ``str()`` is at most five lines, with passwords masked.
    """

    exit_code = 2

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        self.what = mask_error(what)
        self.where = mask_error(where)
        self.hint = mask(hint)
        super().__init__(str(self))

    def __reduce__(self) -> tuple[Any, ...]:
        """Sent to another process, with all its facts: the arguments of a constructor are no ``args``."""
        return _made_again, (type(self), self.args, vars(self))

    def __str__(self) -> str:
        lines = self.what.replace("\r\n", "\n").split("\n")[:3]
        if self.where:
            where = self.where.partition("\n")[0]
            lines.append(f"  where: {where}")
        if self.hint:
            lines.append(f"  to do: {' '.join(self.hint.split())}")
        return visible("\n".join(lines))


def _made_again(kind: type[SchemaDriftError], arguments: tuple[Any, ...], facts: dict[str, Any]) -> SchemaDriftError:
    error = kind.__new__(kind, *arguments)
    vars(error).update(facts)
    return error


class ConfigurationError(SchemaDriftError):
    """The configuration is missing, cannot be read, or names something that does not exist."""


class ModelsUnavailable(ConfigurationError):
    """The project's models could not be imported, or Tortoise refuses them."""


class ConnectionFailed(SchemaDriftError):
    """The database could not be reached in time, or did not let the role in."""


class Unreachable(ConnectionFailed):
    """Nobody answered: the server is down, or host and port are wrong. ``--unreachable skip`` skips this alone."""


class ServerUnavailable(SchemaDriftError):
    """No server of the wanted kind could be started; ``tried`` lists every place looked at."""

    def __init__(self, what: str, *, tried: tuple[str, ...] = (), where: str = "", hint: str = "") -> None:
        self.tried = tried
        super().__init__(what, where=where or "; ".join(tried), hint=hint)


class DriverMissing(SchemaDriftError):
    """The Python driver for a dialect is not installed."""


class DDLSyntaxError(SchemaDriftError):
    """A DDL text cannot be read at all (unbalanced quotes, conflict markers); ``line`` is 1-based."""

    def __init__(self, what: str, *, path: str = "", line: int = 0, sql: str = "", hint: str = "") -> None:
        self.path, self.line, self.sql = path, line, sql
        place = f"{path or 'SQL text'}:{line}" if line else path
        super().__init__(what, where=place, hint=hint)


class Unsupported(SchemaDriftError):
    """Something that we could read but cannot express or change; ``sql`` is the text."""

    def __init__(self, what: str, *, sql: str = "", where: str = "", hint: str = "") -> None:
        self.sql = sql
        super().__init__(what, where=where, hint=hint)


class Busy(SchemaDriftError):
    """Another process is changing the same database, or holds a table of it, and did not end in time."""


class StalePlan(SchemaDriftError):
    """The database is not the one that the plan was made for."""


class Drifted(SchemaDriftError):
    """The database is not what the models need: ``schema_guard`` refuses to start the application."""

    exit_code = 1


class HookFailed(SchemaDriftError):
    """A post-migrate hook raised an error; what was created before stays."""


class MigrationFailed(SchemaDriftError):
    """A migration of the project fails in a database that all earlier ones were run in.

    ``migration`` names it, ``reason`` is its error in one line; ``model`` (``app.Model``) and ``field`` are what it was
    about, where that is known. ``remedy`` is what to do about it, where more is known.
    """

    def __init__(
        self, migration: str, reason: str, *, where: str = "", model: str = "", field: str = "", remedy: str = ""
    ) -> None:
        self.migration, self.reason, self.model, self.field = migration, mask_error(reason), model, field
        self.remedy = remedy
        hint = remedy or "fix the migration, or write it again"
        super().__init__(f"the migration {migration} fails: {reason}", where=where, hint=hint)

    @property
    def facts(self) -> dict[str, str]:
        """The arguments that make it again, in another process."""
        return {
            "migration": self.migration,
            "reason": self.reason,
            "where": self.where,
            "model": self.model,
            "field": self.field,
            "remedy": self.remedy,
        }


class StatementFailed(SchemaDriftError):
    """A server refused a statement; ``sql`` is the statement, ``what`` begins with its answer, ``condition`` is why.

    ``where`` is the beginning of the statement, unless something else is told.
    """

    def __init__(self, what: str, *, sql: str = "", where: str = "", hint: str = "", condition: Condition = "") -> None:
        self.sql = sql
        self.condition: Condition = condition
        super().__init__(what, where=where or " ".join(sql.split())[:160], hint=hint)


class FormRefused(StatementFailed):
    """The server can do what was asked, but not in the form that was asked for; nothing was done."""
