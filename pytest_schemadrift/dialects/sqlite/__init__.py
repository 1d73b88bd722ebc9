"""SQLite 3.37 and later, through aiosqlite.

What ``Options`` hold here:

===========  ========================  =====================================================================
of           name                      value
===========  ========================  =====================================================================
Table        ``strict``                ``yes``
Table        ``without_rowid``         ``yes``
Table        ``module``                the module of a virtual table, lower case
Table        ``arguments``             the module's arguments as they came
Column       ``not_null_on_conflict``  the algorithm of ``NOT NULL ON CONFLICT``, where it is not ABORT
PrimaryKey   ``on_conflict``           the algorithm of its ``ON CONFLICT``, where it is not ABORT
Index        ``on_conflict``           the same of a unique constraint
===========  ========================  =====================================================================

Canonical forms: what SQLite takes as the same is written the same. A rowid alias (``INTEGER PRIMARY KEY``) and the
key of a STRICT or WITHOUT ROWID table are never nullable; ``DEFAULT NULL`` is no default; a bare word as a default
is a string; a foreign key without columns names its parent's primary key; ``COLLATE BINARY`` and
``ON CONFLICT ABORT`` are left out; MATCH says nothing. Types are compared as written, in upper case with single
blanks. Names keep the spelling of the definition wherever they are used. Comments are not kept.
"""

from __future__ import annotations

from pytest_schemadrift.dialects.base import Dialect
from pytest_schemadrift.dialects.sqlite.capabilities import capabilities
from pytest_schemadrift.dialects.sqlite.catalog.dump import AiosqliteDumper, dump, dump_unless_known
from pytest_schemadrift.dialects.sqlite.catalog.queries import query
from pytest_schemadrift.dialects.sqlite.connection import connect, connect_credentials, wrap
from pytest_schemadrift.dialects.sqlite.names import literal, quote
from pytest_schemadrift.dialects.sqlite.read.script import parse, split_script
from pytest_schemadrift.dialects.sqlite.row_counts import misfits, size
from pytest_schemadrift.dialects.sqlite.sample import copy_rows
from pytest_schemadrift.dialects.sqlite.scratch import open_scratch, triggers_that_compile
from pytest_schemadrift.dialects.sqlite.sequences import counters, set_counter
from pytest_schemadrift.dialects.sqlite.server_info import DEFAULT_INFO, OLDEST, read_server_info
from pytest_schemadrift.dialects.sqlite.session import be_patient
from pytest_schemadrift.dialects.sqlite.write.frame import epilogue, prologue
from pytest_schemadrift.dialects.sqlite.write.parts import PARTS
from pytest_schemadrift.dialects.sqlite.write.render import render

__all__ = ["SQLITE", "AiosqliteDumper", "connect_credentials"]

SQLITE = Dialect(
    name="sqlite",
    capabilities=capabilities,
    default_info=DEFAULT_INFO,
    oldest=OLDEST,
    parse=parse,
    render=render,
    parts=lambda: PARTS,
    connect=connect,
    wrap=wrap,
    read_server_info=read_server_info,
    dump=dump,
    dump_unless_known=dump_unless_known,
    open_scratch=open_scratch,
    triggers_that_compile=triggers_that_compile,
    copy_rows=copy_rows,
    be_patient=be_patient,
    quote=quote,
    prologue=prologue,
    epilogue=epilogue,
    literal=literal,
    split=split_script,
    counters=counters,
    view_columns=lambda info: query("view_columns"),
    misfits=misfits,
    size=size,
    set_counter=set_counter,
)
