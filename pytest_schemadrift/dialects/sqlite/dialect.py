"""SQLite as a ``Dialect``."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from pytest_schemadrift.dialects.base import Connection, Dialect, Parts, RenderContext
from pytest_schemadrift.dialects.sqlite.capabilities import capabilities
from pytest_schemadrift.dialects.sqlite.catalog.ask import told_at_once
from pytest_schemadrift.dialects.sqlite.catalog.dump import AiosqliteDumper, dump, dump_unless_known
from pytest_schemadrift.dialects.sqlite.catalog.queries import query
from pytest_schemadrift.dialects.sqlite.connection import connect, connect_credentials, wrap
from pytest_schemadrift.dialects.sqlite.names import literal, quote
from pytest_schemadrift.dialects.sqlite.read.script import parse, split_script
from pytest_schemadrift.dialects.sqlite.read.tokens import tokenize
from pytest_schemadrift.dialects.sqlite.rights import missing_rights
from pytest_schemadrift.dialects.sqlite.row_counts import misfits, size
from pytest_schemadrift.dialects.sqlite.sample import copy_rows
from pytest_schemadrift.dialects.sqlite.sequences import counters, set_counter
from pytest_schemadrift.dialects.sqlite.server_info import DEFAULT_INFO, OLDEST, read_server_info
from pytest_schemadrift.dialects.sqlite.session import be_patient
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.model import Schema

if TYPE_CHECKING:
    from pytest_schemadrift.dialects.enclosure import Enclosure
    from pytest_schemadrift.schema.changes import Change

__all__ = ["SQLITE", "AiosqliteDumper", "connect_credentials"]


def _render(change: Change, context: RenderContext) -> tuple[str, ...]:
    from pytest_schemadrift.dialects.sqlite.write.render import render

    return render(change, context)


def _parts() -> Parts:
    from pytest_schemadrift.dialects.sqlite.write.parts import PARTS

    return PARTS


def _prologue(context: RenderContext) -> tuple[str, ...]:
    from pytest_schemadrift.dialects.sqlite.write.transaction import prologue

    return prologue(context)


def _epilogue(context: RenderContext) -> tuple[str, ...]:
    from pytest_schemadrift.dialects.sqlite.write.transaction import epilogue

    return epilogue(context)


def _open_scratch(connection: Connection, url: str, info: ServerInfo) -> AbstractAsyncContextManager[Enclosure]:
    from pytest_schemadrift.dialects.sqlite.scratch import open_scratch

    return open_scratch(connection, url, info)


async def _triggers_that_compile(connection: Connection, schema: Schema) -> frozenset[str]:
    from pytest_schemadrift.dialects.sqlite.scratch import triggers_that_compile

    return await triggers_that_compile(connection, schema)


def _with_alike(old: Schema, new: Schema) -> Schema:
    from pytest_schemadrift.dialects.sqlite.alike import with_alike

    return with_alike(old, new)


SQLITE = Dialect(
    name="sqlite",
    capabilities=capabilities,
    default_info=DEFAULT_INFO,
    oldest=OLDEST,
    parse=parse,
    render=_render,
    parts=_parts,
    connect=connect,
    wrap=wrap,
    read_server_info=read_server_info,
    dump=dump,
    dump_unless_known=dump_unless_known,
    told_at_once=told_at_once,
    open_scratch=_open_scratch,
    triggers_that_compile=_triggers_that_compile,
    with_alike=_with_alike,
    copy_rows=copy_rows,
    be_patient=be_patient,
    quote=quote,
    prologue=_prologue,
    epilogue=_epilogue,
    literal=literal,
    tokenize=tokenize,
    split=split_script,
    counters=counters,
    view_columns=lambda info: query("view_columns"),
    misfits=misfits,
    size=size,
    missing_rights=missing_rights,
    set_counter=set_counter,
)
