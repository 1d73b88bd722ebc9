"""Reading the options of a table, and how it is partitioned."""

from __future__ import annotations

from pytest_schemadrift.dialects.mysql.collations import canonical_charset, canonical_collation, default_collation
from pytest_schemadrift.dialects.mysql.engines import keeps_rows_elsewhere
from pytest_schemadrift.dialects.mysql.names import string_value
from pytest_schemadrift.dialects.mysql.read.builder import TableBuilder
from pytest_schemadrift.dialects.mysql.read.partitions import read_partitioning
from pytest_schemadrift.dialects.mysql.read.table import Reading, UnsupportedClause
from pytest_schemadrift.dialects.reader import STRING, TokenStream


def read_options(stream: TokenStream, builder: TableBuilder, reading: Reading) -> None:
    """Read table options and PARTITION BY into the builder."""
    charset: str | None = None
    while not stream.done:
        stream.accept(",")
        if stream.accept("DEFAULT"):
            pass
        if stream.accept("CHARACTER", "SET") or stream.accept("CHARSET"):
            stream.accept("=")
            charset = canonical_charset(stream.identifier())
            builder.collation = default_collation(charset, reading.info)
        elif stream.accept("COLLATE"):
            stream.accept("=")
            builder.collation = canonical_collation(stream.identifier(), charset or builder.collation.partition("_")[0])
        elif stream.accept("PARTITION", "BY"):
            builder.partition_by = read_partitioning(stream)
        elif stream.at("WITH", "SYSTEM"):
            raise UnsupportedClause("system versioning")
        elif stream.at("AS") or stream.at("SELECT") or stream.at("(") or stream.at("IGNORE") or stream.at("REPLACE"):
            raise UnsupportedClause("CREATE TABLE from a query")
        else:
            _read_option(stream, builder)


_NOT_STRUCTURE = frozenset({"auto_increment", "password", "start", "data_directory", "index_directory", "tablespace"})
"""Counters, and where the files lie: the server ignores DATA DIRECTORY in an ALTER TABLE."""


def _read_option(stream: TokenStream, builder: TableBuilder) -> None:
    name = stream.next().text.lower()
    if name in ("data", "index") and stream.accept("DIRECTORY"):
        name += "_directory"
    if name == "start":
        stream.accept("TRANSACTION")
        return
    stream.accept("=")
    if name == "union":
        stream.group()  # of a MERGE table, which its ENGINE refuses
        return
    token = stream.next()
    value = string_value(token.text) if token.kind == STRING else token.text
    if name in ("engine", "type"):
        if keeps_rows_elsewhere(value):
            raise UnsupportedClause(f"ENGINE={value}, whose rows are not in the table,")
        builder.engine = _engine_name(value)
    elif name == "comment":
        builder.comment = value or None
    elif name not in _NOT_STRUCTURE:
        set_option(builder.options, name, value)


def set_option(found: dict[str, str], name: str, value: str) -> None:
    """Note a table option as the catalog shows it; ``DEFAULT`` and 0 mean that there is none."""
    name = name.lower().strip("`")
    if value.upper() == "DEFAULT" or (value in ("0", "") and not name.startswith("stats_")):
        found.pop(name, None)
    else:
        found[name] = value.upper() if value.isascii() and value.replace("_", "").isalnum() else value


def _engine_name(name: str) -> str:
    return {"innodb": "InnoDB", "heap": "MEMORY", "memory": "MEMORY", "myisam": "MyISAM"}.get(name.lower(), name)
