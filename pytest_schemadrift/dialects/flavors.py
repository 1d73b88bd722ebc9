"""Databases that speak the protocol of another one: how they name themselves, and what is known of them."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_schemadrift.errors import Unsupported
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Flavor:
    """``known`` is what its documentation says that matters here; ``undoes`` whether a failed plan leaves nothing."""

    known: str
    undoes: bool = True


_IN_PART = "its documentation says that a failed transaction may keep some of its changes of tables"
_ONE_BY_ONE = (
    "its documentation says that each change of a table is a transaction of its own, unless "
    "ysql_yb_ddl_transaction_block_enabled is on"
)
_UNKNOWN = "its tables are not PostgreSQL's, and what a failed transaction leaves of its changes is not known"
_ONE_SESSION = "it has one session, which all of its clients share where its socket server takes several"
FLAVORS: Mapping[str, Flavor] = {
    "Amazon Aurora": Flavor("its catalogs are those of the server that it is built from"),
    "Amazon Redshift": Flavor("its documentation says that primary, unique and foreign keys are not enforced"),
    "Citus": Flavor("a distributed table refuses some changes, which a proof on a scratch copy cannot see"),
    "CockroachDB": Flavor(_IN_PART, undoes=False),
    "CrateDB": Flavor("its documentation says that it accepts transactions and ignores them", undoes=False),
    "EDB Postgres Advanced Server": Flavor("its catalogs are PostgreSQL's, with types and packages of its own"),
    "Greenplum": Flavor("how rows are distributed is not compared"),
    "H2": Flavor("its documentation says that most changes of a table commit the transaction", undoes=False),
    "Materialize": Flavor(_UNKNOWN, undoes=False),
    "OceanBase": Flavor("its catalogs are its own, in the shape of MySQL's"),
    "openGauss": Flavor("it is built from PostgreSQL 9.2, with a syntax and types of its own"),
    "Percona Server": Flavor("its catalogs are MySQL's"),
    "PGlite": Flavor(_ONE_SESSION),
    "QuestDB": Flavor(_UNKNOWN, undoes=False),
    "SingleStore": Flavor("it has no foreign keys"),
    "TiDB": Flavor("it ignores CHECK unless tidb_enable_check_constraint is on"),
    "Vitess": Flavor("each shard has a schema of its own"),
    "YugabyteDB": Flavor(_ONE_BY_ONE, undoes=False),
}
"""From the makers' documentation, read in November 2026; of openGauss and SingleStore from public code that talks to
them, and of PGlite from runs of 0.5.14. No test runs any."""

_NAMED: Mapping[str, str] = {
    "aurora": "Amazon Aurora",
    "citus": "Citus",
    "cockroachdb": "CockroachDB",
    "cratedb": "CrateDB",
    "enterprisedb": "EDB Postgres Advanced Server",
    "greenplum": "Greenplum",
    "materialize": "Materialize",
    "oceanbase": "OceanBase",
    "opengauss": "openGauss",
    "percona": "Percona Server",
    "pglite": "PGlite",
    "questdb": "QuestDB",
    "redshift": "Amazon Redshift",
    "server protocol using h2": "H2",
    "org.h2.": "H2",
    "singlestore": "SingleStore",
    "tidb": "TiDB",
    "vitess": "Vitess",
    "-yb-": "YugabyteDB",
}


def flavor_in(*texts: str) -> str:
    """The name of the database that one of the server's own texts (version, comment, extensions) tells, or ``""``."""
    said = " ".join(texts).lower()
    return next((name for word, name in _NAMED.items() if word in said), "")


def flavor_notes(info: ServerInfo) -> tuple[str, ...]:
    """What a report says where the server is no plain one: nothing else was promised for it."""
    if not info.flavor:
        return ()
    flavor = FLAVORS[info.flavor]
    then = "" if flavor.undoes else "; apply and migrate change nothing here"
    return (f"this is {info.flavor}, which was not tried with this version: {flavor.known}{then}",)


def assert_undoes(info: ServerInfo) -> None:
    """Raise ``Unsupported`` where a plan that fails half-way would not be undone, though its dialect promises that."""
    if info.flavor and not FLAVORS[info.flavor].undoes:
        raise Unsupported(
            f"nothing is changed on {info.flavor}: {FLAVORS[info.flavor].known}",
            where=info.database,
            hint="print the SQL with schemadrift diff, and carry it out one statement at a time",
        )


def unreadable_flavor(text: str) -> Unsupported | None:
    """What to say where a server that gives this as its version does not answer the first questions."""
    name = flavor_in(text)
    if not name:
        return None
    return Unsupported(
        f"this is {name}, which does not answer what its protocol promises: not supported",
        where=text,
        hint="leave this connection out with --connection, naming the others",
    )
