"""When, and perhaps by whom, what is a drift now was changed last: asked only for a record or a watch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, assert_never

from pytest_schemadrift.dialects.history import DdlLog, LastChange, Touched
from pytest_schemadrift.errors import StatementFailed, mask
from pytest_schemadrift.planning.accepted import change_fingerprint
from pytest_schemadrift.planning.describe import name_of
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.name import Name
from pytest_schemadrift.shown import visible

if TYPE_CHECKING:
    from pytest_schemadrift.core.config.settings import Settings
    from pytest_schemadrift.planning.drift import Drift
    from pytest_schemadrift.sources.scratch import LiveServer


async def with_last_changes(drift: Drift, server: LiveServer, settings: Settings, tenant: str = "") -> Drift:
    """The drift with what the server, and a log of the user's, know of each difference, in the database of ``tenant``.

    Where they cannot be asked, a note says why.
    """
    parts = [part for step in drift.steps for part in c.simple_changes(step.change)]
    objects = {change_fingerprint(part): touched(part) for part in parts}
    if not objects:
        return drift
    try:
        found = await server.dialect.last_changes(
            server.connection, server.info, [*dict.fromkeys(objects.values())], _log(settings)
        )
    except StatementFailed as error:
        note = f"who changed it, and when, cannot be read: {error.what.splitlines()[0]}"
        return drift if note in drift.notes else replace(drift, notes=(*drift.notes, note))
    known = {fingerprint: found[item] for fingerprint, item in objects.items() if found.get(item)}
    return replace(drift, last_changes={**drift.last_changes, tenant: known})


def touched(change: c.SimpleChange) -> Touched:
    """What a difference is about."""
    missing = isinstance(change, c.Addition)
    if isinstance(change, c.SchemaObjectChange):
        return _touched_object(change, missing=missing)
    table = c.table_of(change)
    assert table is not None
    if isinstance(change, c.TableChange | c.MoveColumns):
        return Touched("table", table, "", missing)
    part = change.old if isinstance(change, c.RenameColumn) else name_of(change) or ""
    if isinstance(change, c.AnyColumnChange):
        return Touched("column", table, part, missing)
    if isinstance(change, c.IndexChange) and not isinstance(change, c.AddUnique | c.DropUnique):
        return Touched("index", table, part, missing)
    return Touched("constraint", table, part, missing)


def _touched_object(change: c.SchemaObjectChange, *, missing: bool) -> Touched:
    match change:
        case c.CreateNamespace() | c.DropNamespace():
            return Touched("schema", Name("", change.name), "", missing)
        case c.CreateExtension() | c.DropExtension():
            return Touched("extension", Name("", change.name), "", missing)
        case c.CreateEnum() | c.DropEnum():
            return Touched("type", change.enum.name, "", missing)
        case c.AddEnumValue():  # the enum is there
            return Touched("type", change.enum, "", missing=False)
        case c.RenameEnumValue():
            return Touched("type", change.enum, "", missing)
        case c.CreateDomain() | c.DropDomain():
            return Touched("type", change.domain.name, "", missing)
        case c.ReplaceEnum() | c.SetTypeComment() | c.AlterDomain():
            return Touched("type", change.old.name, "", missing)
        case c.CreateSequence() | c.DropSequence():
            return Touched("sequence", change.sequence.name, "", missing)
        case c.AlterSequence():
            return Touched("sequence", change.old.name, "", missing)
        case _ as never:
            assert_never(never)


def _log(settings: Settings) -> DdlLog | None:
    log = settings.history
    if not log.ddl_log:
        return None
    schema, dot, name = log.ddl_log.rpartition(".")
    return DdlLog(Name(schema if dot else "", name), log.object, log.at, log.by)


def told(changes: Iterable[LastChange], before: str) -> str:
    """`` ; x last changed at … by …``: what may have made a difference that was not there at ``before`` (``""``: ever).

    What was changed before that did not make it: the models did, or it is not known what.
    """
    since = datetime.fromisoformat(before) if before else None
    return "".join(f"; {_sentence(item)}" for item in changes if since is None or item.at >= since)


def _sentence(change: LastChange) -> str:
    by = f" by {change.by}" if change.by else ""
    at = change.at.astimezone(UTC).isoformat(timespec="seconds")
    return mask(visible(f"{change.of} last changed at {at}{by}"))


def as_plain(changes: Sequence[LastChange]) -> list[dict[str, str]]:
    """As a record keeps them."""
    return [{"of": item.of, "at": item.at.astimezone(UTC).isoformat(), "by": item.by} for item in changes]


def from_plain(items: Iterable[dict[str, str]]) -> tuple[LastChange, ...]:
    """What ``as_plain`` wrote. Raises ``KeyError``, ``TypeError``, ``ValueError`` for what it did not."""
    return tuple(LastChange(item["of"], datetime.fromisoformat(item["at"]), item["by"]) for item in items)
