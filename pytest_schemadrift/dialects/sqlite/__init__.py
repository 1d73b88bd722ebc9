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
from pytest_schemadrift.dialects.sqlite.connection import connect, connect_credentials, wrap
from pytest_schemadrift.dialects.sqlite.counters import counters, set_counter
from pytest_schemadrift.dialects.sqlite.dump import AiosqliteDumper, dump, read_facts
from pytest_schemadrift.dialects.sqlite.frame import epilogue, prologue
from pytest_schemadrift.dialects.sqlite.parse import parse, split_script
from pytest_schemadrift.dialects.sqlite.render import render
from pytest_schemadrift.dialects.sqlite.rows import copy_rows
from pytest_schemadrift.dialects.sqlite.scratch import open_scratch
from pytest_schemadrift.dialects.sqlite.session import be_patient
from pytest_schemadrift.dialects.sqlite.tokens import literal, quote
from pytest_schemadrift.dialects.sqlite.traits import DEFAULT_FACTS, traits

__all__ = ["SQLITE", "AiosqliteDumper", "connect_credentials"]

SQLITE = Dialect(
    name="sqlite",
    traits=traits,
    default_facts=DEFAULT_FACTS,
    parse=parse,
    render=render,
    connect=connect,
    wrap=wrap,
    read_facts=read_facts,
    dump=dump,
    open_scratch=open_scratch,
    copy_rows=copy_rows,
    be_patient=be_patient,
    quote=quote,
    prologue=prologue,
    epilogue=epilogue,
    literal=literal,
    split=split_script,
    counters=counters,
    set_counter=set_counter,
)
