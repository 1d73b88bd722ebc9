"""Drift that a project accepts for now: which changes a rule means, and the lines of a baseline file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from fnmatch import fnmatchcase
from hashlib import sha256
from typing import TYPE_CHECKING

from pytest_schemadrift.core.config.settings import IgnoreRule
from pytest_schemadrift.errors import ConfigurationError
from pytest_schemadrift.planning.definitions import collation_text, column_text, options_text
from pytest_schemadrift.planning.describe import describe, exact_detail, name_of, subject
from pytest_schemadrift.planning.letters import EXACT, Letters, folded, letters_of
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.changes import SimpleChange, table_of
from pytest_schemadrift.schema.model import Column

if TYPE_CHECKING:
    from pytest_schemadrift.planning.ignoring import Ignore
    from pytest_schemadrift.schema.capabilities import Capabilities

IN_BASELINE = "in the baseline"
"""The reason of a change that the baseline accepts."""
HEADER = (
    "# Drift that is accepted for now, one change a line; written by: schemadrift baseline\n"
    "# fingerprint\tconnection\tsource\tcode\twhere\twhat\n"
)
_FIELDS = 6


def change_fingerprint(change: SimpleChange) -> str:
    """Return 16 hexadecimal digits that are equal for equal differences, today and in the next version.

    They come from the code, the table, the name, and what differs in the server's own spelling; not from the SQL, nor
    from properties of a column that the change is not about. What the database alone has: a table is known by its name,
    a column by its definition too, for one that must be given a value is another one.
    """
    return _fingerprint(change, str(table_of(change) or ""), subject(change)[1] or "", name_of(change) or "")


def _fingerprint(change: SimpleChange, table: str, column: str, name: str) -> str:
    words = (change.code, table, column, name, _what_differs(change))
    return sha256("\0".join(words).encode()).hexdigest()[:16]


def _what_differs(change: SimpleChange) -> str:
    match change:
        case c.CreateTable():
            return "; ".join(f"{column.name} {_definition(column)}" for column in change.table.columns)
        case c.AddColumn() | c.DropColumn():
            return _definition(change.column)
        case c.DropTable():
            return ""
        case _:  # ``exact_detail`` knows every kind
            return exact_detail(change)


def _definition(column: Column) -> str:
    """A column's definition, with what is seldom said of one only where it is: most have the same text ever after."""
    words = [column_text(column)]
    if column.charset or column.collation:
        words.append(collation_text(column))
    if column.options or column.on_update:
        words.append(options_text(column))
    if column.generated and not column.generated.stored:
        words.append("VIRTUAL")
    return ", ".join(words)


def rule_matches(rule: IgnoreRule, connection: str, change: SimpleChange, letters: Letters = EXACT) -> bool:
    """Whether an ignore rule means this change of a connection; its last day is not looked at."""
    return (
        fnmatchcase(connection, rule.connection)
        and fnmatchcase(change.code, rule.code)
        and _table_matches(rule.table, change, letters)
        and _name_matches(rule.name, change, letters)
    )


def _table_matches(pattern: str, change: SimpleChange, letters: Letters = EXACT) -> bool:
    if pattern == "*":
        return True
    table = table_of(change)
    names = {table, *((change.old, change.new) if isinstance(change, c.RenameTable) else ())}
    return any(letters.is_table(name, pattern) for name in names if name is not None)


def _name_matches(pattern: str, change: SimpleChange, letters: Letters = EXACT) -> bool:
    names = {name_of(change), subject(change)[1]}
    return pattern == "*" or any(letters.is_part(name, pattern) for name in names if name)


def means(pattern: str, change: SimpleChange, letters: Letters = EXACT) -> bool:
    """Whether ``CODE:table.name`` means this change: shell patterns; what is left out means all.

    What ``spelled`` says means the change, whatever signs its names hold. ``letters`` are those of its server.
    """
    if pattern == spelled(change):
        return True
    code, separator, where = pattern.partition(":")
    if not separator:
        code, where = ("*", pattern) if not fnmatchcase(change.code, pattern) else (pattern, "*")
    table = table_of(change)
    tables = {str(table), table.name} if table is not None else set()
    names = {name for name in (name_of(change), subject(change)[1]) if name}
    return fnmatchcase(change.code, code) and (
        any(letters.is_spelled(one, where) for one in tables)
        or any(letters.is_part(name, where) for name in names)
        or any(letters.is_place(one, name, where) for one in tables for name in names)
        or (not tables and not names and fnmatchcase("", where))
    )


def spelled(change: SimpleChange) -> str:
    """``CODE:table.name``, as a person writes it to mean this change alone."""
    return f"{change.code}:{_where(change)}"


def _where(change: SimpleChange) -> str:
    table, column = subject(change)
    return ".".join(word for word in (str(table or ""), column or name_of(change) or "") if word)


def is_over(rule: IgnoreRule, today: date) -> bool:
    """Whether the last day of a rule lies behind."""
    return rule.until is not None and today > rule.until


@dataclass(frozen=True, slots=True, order=True)
class BaselineEntry:
    """One accepted change: of a ``connection``, seen from one ``source`` (``live``, ``migrations``, ``snapshot`` …).

    ``code``, ``where`` and ``what`` are for readers; the fingerprint decides.
    """

    connection: str
    source: str
    code: str
    where: str
    what: str
    fingerprint: str

    @property
    def key(self) -> tuple[str, str, str]:
        """What an entry is known by."""
        return self.connection, self.source, self.fingerprint


def entry_of(change: SimpleChange, entries: Mapping[str, BaselineEntry], letters: Letters) -> BaselineEntry | None:
    """The entry, of these by their fingerprints, that accepts a change.

    Where case is nothing to the server, it may have been written when the names were spelled otherwise.
    """
    found = entries.get(change_fingerprint(change))
    if found is not None or letters == EXACT:
        return found
    where = folded(_where(change))
    alike = (entry for entry in entries.values() if entry.code == change.code and folded(entry.where) == where)
    return next((entry for entry in alike if _fingerprint_as_in(entry, change, letters) == entry.fingerprint), None)


def _fingerprint_as_in(entry: BaselineEntry, change: SimpleChange, letters: Letters) -> str:
    """The fingerprint of a change with its names as an entry spells them, as far as case is nothing to the server."""
    table, column, name = str(table_of(change) or ""), subject(change)[1] or "", name_of(change) or ""
    its_table = entry.where[: len(table)] if letters.tables else table
    its_part = entry.where[len(table) + 1 :] if letters.columns and table else ""
    return _fingerprint(
        change, its_table, *(its_part if folded(text) == folded(its_part) else text for text in (column, name))
    )


@dataclass(frozen=True, slots=True)
class Accepting:
    """What a project accepts of one connection: what ``hooks`` say, else its ``rules``, else the ``entries``.

    ``letters`` are those of the server that is looked at (``heard_by``).
    """

    connection: str
    hooks: Callable[[SimpleChange], str | None] | None
    rules: tuple[IgnoreRule, ...]
    entries: Mapping[str, BaselineEntry]
    """Those of the baseline, by their fingerprints."""
    letters: Letters = EXACT

    def __call__(self, change: SimpleChange) -> str | None:
        """The reason why a change is accepted."""
        if self.hooks is not None and (reason := self.hooks(change)):
            return reason
        for rule in self.rules:
            if rule_matches(rule, self.connection, change, self.letters):
                return rule.reason
        return IN_BASELINE if entry_of(change, self.entries, self.letters) else None


def heard_by(ignore: Ignore, capabilities: Capabilities) -> Ignore:
    """What is ignored on a server with such capabilities: rules go by names, whose case may be nothing to it."""
    return replace(ignore, letters=letters_of(capabilities)) if isinstance(ignore, Accepting) else ignore


def baseline_entry(connection: str, source: str, change: SimpleChange) -> BaselineEntry:
    """The entry that accepts a change."""
    words = " ".join(describe(change).split())
    return BaselineEntry(connection, source, change.code, _where(change), words, change_fingerprint(change))


def baseline_text(entries: Iterable[BaselineEntry]) -> str:
    """The file, sorted, so that a change of it is read line by line."""
    lines = (
        "\t".join(
            _field(text)
            for text in (entry.fingerprint, entry.connection, entry.source, entry.code, entry.where, entry.what)
        )
        for entry in sorted(set(entries))
    )
    return HEADER + "".join(f"{line}\n" for line in lines)


def _field(text: str) -> str:
    """A text that stays within its field: no tab, no line break, nothing that a terminal takes for a command."""
    return "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in text)


def read_baseline(text: str, where: str) -> tuple[BaselineEntry, ...]:
    """The entries of a baseline file. Raises ``ConfigurationError`` with the line that is none."""
    entries = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        fields = line.split("\t")
        if len(fields) != _FIELDS or not fields[0].isalnum():
            raise ConfigurationError(
                "a line of the baseline is not of the form fingerprint, connection, source, code, where, what",
                where=f"{where}:{number}",
                hint="write it again with: schemadrift baseline",
            )
        fingerprint, connection, source, code, place, what = fields
        entries.append(BaselineEntry(connection, source, code, place, what, fingerprint))
    return tuple(entries)
