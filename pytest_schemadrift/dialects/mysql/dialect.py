"""MySQL and MariaDB as two ``Dialect`` values over the same code."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Sequence
from typing import TYPE_CHECKING

from pytest_schemadrift.dialects.base import Connection, Dialect, Form, Parts, Pieces, RenderContext, Standing
from pytest_schemadrift.dialects.mysql.capabilities import capabilities
from pytest_schemadrift.dialects.mysql.catalog.ask import told_at_once
from pytest_schemadrift.dialects.mysql.catalog.dump import AsyncmyDumper, dump, dump_unless_known
from pytest_schemadrift.dialects.mysql.catalog.queries import query
from pytest_schemadrift.dialects.mysql.connection import connect, connect_credentials, wrap
from pytest_schemadrift.dialects.mysql.names import literal, quote
from pytest_schemadrift.dialects.mysql.read.script import parse, split_script
from pytest_schemadrift.dialects.mysql.read.tokens import tokenize
from pytest_schemadrift.dialects.mysql.replicas import related
from pytest_schemadrift.dialects.mysql.rights import missing_rights
from pytest_schemadrift.dialects.mysql.row_counts import misfits, size
from pytest_schemadrift.dialects.mysql.sample import copy_rows
from pytest_schemadrift.dialects.mysql.scratch import open_scratch, open_scratch_elsewhere
from pytest_schemadrift.dialects.mysql.sequences import counters, set_counter
from pytest_schemadrift.dialects.mysql.server_info import DEFAULT_INFO, MARIADB_INFO, read_server_info
from pytest_schemadrift.dialects.mysql.session import alone, be_patient, literal_lines, session_lines, who_holds
from pytest_schemadrift.schema.capabilities import ServerInfo

if TYPE_CHECKING:
    from pytest_schemadrift.schema.changes import Change
    from pytest_schemadrift.schema.model import Mark, Name

_OLDEST = {"mysql": (8, 0), "mariadb": (10, 5)}


def _render(change: Change, context: RenderContext) -> tuple[str, ...]:
    from pytest_schemadrift.dialects.mysql.write.render import render

    return render(change, context)


def _render_online(change: Change, context: RenderContext) -> tuple[Form, ...] | None:
    from pytest_schemadrift.dialects.mysql.write.online import render_online

    return render_online(change, context)


def _parts() -> Parts:
    from pytest_schemadrift.dialects.mysql.write.parts import PARTS

    return PARTS


async def _standing(connection: Connection, info: ServerInfo, changes: Sequence[Change]) -> Standing:
    from pytest_schemadrift.dialects.mysql.catalog.programs import standing

    return await standing(connection, info, changes)


async def _marks(connection: Connection, info: ServerInfo, tables: Collection[Name]) -> tuple[Mark, ...]:
    from pytest_schemadrift.dialects.mysql.catalog.marks import marks

    return await marks(connection, info, tables)


def _digests(
    connection: Connection, info: ServerInfo, databases: Sequence[str]
) -> AsyncGenerator[dict[str, str | None], None]:
    from pytest_schemadrift.dialects.mysql.catalog.digest import digests

    return digests(connection, info, databases)


async def _pieces(connection: Connection, info: ServerInfo) -> Pieces:
    from pytest_schemadrift.dialects.mysql.pieces import pieces

    return await pieces(connection, info)


def _dialect(info: ServerInfo) -> Dialect:
    return Dialect(
        name=info.dialect,
        capabilities=capabilities,
        default_info=info,
        oldest=_OLDEST[info.dialect],
        table_case="lower_case_table_names",
        missing_rights=missing_rights,
        identity=lambda: query(f"identity_{info.dialect}"),
        related=related,
        parse=parse,
        render=_render,
        parts=_parts,
        connect=connect,
        wrap=wrap,
        read_server_info=read_server_info,
        dump=dump,
        dump_unless_known=dump_unless_known,
        told_at_once=told_at_once,
        digests=_digests,
        open_scratch=open_scratch,
        open_scratch_elsewhere=open_scratch_elsewhere,
        render_online=_render_online,
        alone=alone,
        copy_rows=copy_rows,
        standing=_standing,
        marks=_marks,
        pieces=_pieces,
        be_patient=be_patient,
        who_holds=who_holds,
        session_lines=session_lines,
        literal_lines=literal_lines,
        quote=quote,
        literal=literal,
        tokenize=tokenize,
        split=split_script,
        counters=counters,
        view_columns=lambda info: query("view_columns"),
        misfits=misfits,
        size=size,
        set_counter=set_counter,
    )


MYSQL = _dialect(DEFAULT_INFO)
MARIADB = _dialect(MARIADB_INFO)

__all__ = ["MARIADB", "MYSQL", "AsyncmyDumper", "connect_credentials"]
