"""All that tells whether a database is as it was, in one question to the server, which digests its rows itself.

It imports little: a guard at the start of an application mostly asks nothing else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from hashlib import sha256

from pytest_schemadrift.dialects.at_once import Answer, answered
from pytest_schemadrift.dialects.postgres.adapter import PINNED as PINNED_ALWAYS
from pytest_schemadrift.dialects.postgres.adapter import values
from pytest_schemadrift.dialects.postgres.catalog.queries import query
from pytest_schemadrift.dialects.postgres.connection import wrap
from pytest_schemadrift.dialects.postgres.names import literal
from pytest_schemadrift.errors import StatementFailed

QUERIES = (
    *("namespaces", "types", "sequences", "inheritance", "opclasses", "triggers", "views", "others"),
    *("marks", "dependents"),
    *("relations", "columns", "constraints", "indexes"),
)
PINNED = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, MDY",
    "IntervalStyle": "postgres",
    "jit": "off",
}
"""What texts are printed with, besides what every session of ours has (``connection.PINNED``)."""
OURS = frozenset(
    [
        *PINNED_ALWAYS,
        *("search_path", "application_name", "client_encoding", "default_tablespace", "default_transaction_read_only"),
        *("lock_timeout", "statement_timeout"),
        *("transaction_isolation", "transaction_read_only", "transaction_deferrable"),
    ]
)
"""Settings of a session that are ours to give, or that say nothing about what a text means."""


async def ask_at_once(connection: object, meanwhile: Callable[[], object]) -> Answer | None:
    """What the server is, and the digests of all rows that the live schema is made of, in one round trip.

    ``connection`` is anything that ``wrap`` takes. ``None`` where one statement cannot tell: within a transaction of
    the user's, and where no schema of the search path exists.
    """
    try:
        rows = await answered(wrap(connection).in_one_go(_at_once), meanwhile)
    except StatementFailed:
        return None
    ((facts, found),) = rows or (("", ""),)
    digests = sorted(list(row) for row in re.findall(r"([a-z]+) (\d+) ([0-9a-f]{64})", found))
    if len(digests) != len(QUERIES):
        return None
    said = json.loads(bytes.fromhex(facts))
    session = json.loads(said["session"])
    said["session"] = json.dumps({name: value for name, value in session.items() if name not in OURS})
    return Answer([*said.values()], digests)


def of_all_tables(text: str) -> str:
    """A query without the names of tables to look at; one in which nobody's names are: a schema may be called $1."""
    return text.replace("$1", "NULL").replace("$2", "NULL")


def digesting(texts: Mapping[str, str]) -> str:
    """The query for the name, the number of rows, and their digest, of each of these queries."""
    return UNION.join(_digest(name, text) for name, text in texts.items())


def with_digest(name: str, text: str) -> str:
    """A query whose first row has one more column, ``DIGEST``: the digest of all its rows, as ``digesting`` has it."""
    lines = _LINES.format(found="answer")
    return _WITH_DIGEST.format(text=text, digest=_of_lines(name), lines=lines, column=DIGEST)


def asked(name: str, text: str, there: Collection[str] | None) -> str:
    """The text of a query without what has no rows, where only this is ``there``; of most databases that is half of it.

    What is left answers the same rows. The planner takes longer for what is left out than the server for its rows.
    """
    if there is None:
        return text
    if name == "dependents" and DEPENDING.isdisjoint(there):
        return NOTHING
    return IF.sub(lambda match: match[2] if match[1] in there else "", text)


IF = re.compile(r"/\*if (\w+)\*/(.*?)/\*end\*/", re.DOTALL)
"""A part of a query that has no rows where there is no such thing (``there.sql``)."""
DEPENDING = frozenset(["views", "rules", "policies", "statistics", "triggers", "functions", "publications", "typed"])
"""Without any of these ``dependents`` has no rows."""
NOTHING = "SELECT NULL WHERE false"
UNION = "\nUNION ALL\n"
DIGEST = "digest of all rows"
OF_NO_ROWS = sha256(b"").hexdigest()
"""The digest of a query that answers nothing."""
_ORDERED = frozenset(["columns", "inheritance", "marks", "dependents"])
"""Queries whose order of rows means something. All others are digested in an order of their own, for the server finds
their rows in another one when it has gathered statistics, when a row has moved, or when its planner is set otherwise.
"""
_OF_LINES = """pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(
           coalesce(pg_catalog.string_agg(answer.line, E'\\n'{order}), ''), pg_catalog.getdatabaseencoding()::text
       )), 'hex')"""
"""A row as text, a line, tells every value apart from every other one: it quotes what it has to."""
_LINES = """(
SELECT found::text AS line FROM {found} AS found OFFSET 0
) AS answer"""
"""Each row is read once, whatever its line is used for: without OFFSET it would be once more for the order."""
_DIGEST = """SELECT {name} AS name, pg_catalog.count(*) AS number,
       {digest} AS digest
  FROM {lines}"""
"""Of one query."""
_WITH_DIGEST = """WITH answer AS MATERIALIZED (
{text}
)
SELECT answer.*, CASE WHEN pg_catalog.row_number() OVER () = 1 THEN (
       SELECT {digest} FROM {lines}
       ) END AS "{column}"
  FROM answer"""


def _of_lines(name: str) -> str:
    return _OF_LINES.format(order="" if name in _ORDERED else ' ORDER BY answer.line COLLATE pg_catalog."C"')


def _digest(name: str, text: str) -> str:
    return _DIGEST.format(name=literal(name), digest=_of_lines(name), lines=_LINES.format(found=f"(\n{text}\n)"))


def _at_once(major: int) -> str:
    settings = {**PINNED_ALWAYS, **PINNED, "transaction_read_only": "on"}
    texts = {name: of_all_tables(query(name, major)) for name in QUERIES}
    return _AT_ONCE.format(
        facts=query("facts", major),
        there=query("there", major),
        settings=values(settings),
        digesting=digesting_what_is_there(texts),
    )


def digesting_what_is_there(texts: Mapping[str, str]) -> str:
    """An expression for the text of ``digesting``, of each query what ``asked`` leaves for the words ``t.words``."""
    return f" || {_quoted(UNION)} || ".join(_digesting_one(name, text) for name, text in texts.items())


def _digesting_one(name: str, text: str) -> str:
    before, after = _digest(name, "\0").split("\0")
    *parts, rest = IF.split(text)
    chosen = "".join(
        f"{_quoted(always)} || CASE WHEN {_is_there(word)} THEN {_quoted(some)} ELSE '' END || "
        for always, word, some in zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    )
    chosen += _quoted(rest)
    if name == "dependents":
        depending = " OR ".join(map(_is_there, sorted(DEPENDING)))
        chosen = f"CASE WHEN {depending} THEN {chosen} ELSE {_quoted(NOTHING)} END"
    return f"{_quoted(before)} || {chosen} || {_quoted(after)}"


def _quoted(text: str) -> str:
    """A text as it stands, whatever the session makes of backslashes."""
    return f"$digesting${text}$digesting$"


def _is_there(word: str) -> str:
    return f"pg_catalog.array_position(t.words, {literal(word)}::text) IS NOT NULL"


_AT_ONCE = """
WITH told AS MATERIALIZED (
    SELECT pg_catalog.row_to_json(f)::text AS facts, f.schema FROM (
{facts}
) AS f
), there AS MATERIALIZED (
    SELECT pg_catalog.array_agg(w.word::text) AS words FROM (
{there}
) AS w
), pinned AS MATERIALIZED (
    SELECT t.facts, pg_catalog.count(pg_catalog.set_config(n.name, n.value, true)) AS number
      FROM told t
     CROSS JOIN LATERAL (VALUES ('search_path', pg_catalog.format('%I, pg_temp', t.schema)), {settings})
          AS n (name, value)
     WHERE pg_catalog.current_setting(n.name, true) IS NOT NULL
     GROUP BY t.facts
)
SELECT pg_catalog.encode(pg_catalog.convert_to(p.facts, 'UTF8'), 'hex'), (
    SELECT pg_catalog.string_agg(s.word, ' ') FROM pg_catalog.ts_stat(CASE WHEN p.number > 0 THEN $digesting$
        SELECT pg_catalog.array_to_tsvector(pg_catalog.array_agg(pg_catalog.concat_ws(' ', d.name, d.number, d.digest)))
          FROM (
$digesting$ || {digesting} || $digesting$
        ) AS d
    $digesting$ END) AS s
) FROM pinned p CROSS JOIN there t
"""
"""The facts, then the settings that ``asking`` has, for this statement alone, then the digests of what is there.

Each needs what comes before it. ``ts_stat`` runs the text of a query and answers its words (documentation, "Gathering
Document Statistics"): that is read and planned only when its turn comes, so the settings say what it means, and that it
is not compiled first, which may take longer than all the rest.
"""
