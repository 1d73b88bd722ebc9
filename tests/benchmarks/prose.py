"""What docs/benchmarks.md says beside its tables: what was tried, why a target is missed, what was measured by hand."""

from __future__ import annotations

PROSE = {
    "whole": """
Whole processes on SQLite by their processor time. Models are imported with one look at each module, which is why a
check can cost less than the plain import: Tortoise looks for the comments of each class in its source, and Python
before 3.13 parses the whole module again for each. A database that has not changed since it was last in sync is
recognised by a digest of its catalog rows, and nothing that compares is imported for it.

Where many tables drift, half of the time of SQLite went to its own `DROP COLUMN`, which reads all texts of the
database four times (48 ms each beside 473 tables): plans are tried in stretches of four tables, beside what these
refer to. Beside twelve tables at once and all columns, 300 of 1,000 tables drifted, that is 8.64 s → 7.18 s of
processor time (0.83 ×, medians of 2 in turns, with others on the machine).

Beside an earlier build (3516175), 1,000 models on SQLite, medians of 5 and 3 in turns on 30 November 2026, with others
on the machine: the first check of an empty database 13.8 s → 6.3 s (0.46 ×; the target of 0.4 × is missed), `apply` of
it 0.34 × (met). Each CREATE of SQLite looks through all of `sqlite_master`: 3,760 objects take 1.9 s of processor time
in one database and 0.3 s in pieces of fifty tables, which the scratch database is in while tables are only made there.
`make bench BASE=3516175` measures it again.

A check in sync beside that build, processor time, medians of up to 5 in turns on 1 December 2026. The target of 0.4 ×
beyond the imports is met everywhere, mostly by less than nothing:

| | imports and init | a check | the earlier build | beyond the imports | whole |
| --- | --- | --- | --- | --- | --- |
| sqlite, 50 models | 0.44 s | 0.47 s | 0.90 s | 0.03 s of 0.46 s | 0.52 × |
| sqlite, 200 models | 1.07 s | 0.60 s | 1.62 s | −0.46 s of 0.56 s | 0.37 × |
| sqlite, 1,000 models | 4.94 s | 1.55 s | 6.97 s | −3.38 s of 2.04 s | 0.22 × |
| postgres, 50 models | 0.45 s | 0.41 s | 0.89 s | −0.04 s of 0.44 s | 0.46 × |
| postgres, 200 models | 1.06 s | 0.56 s | 1.49 s | −0.50 s of 0.43 s | 0.38 × |
| postgres, 1,000 models | 4.90 s | 1.23 s | 5.26 s | −3.68 s of 0.35 s | 0.23 × |
| mariadb, 50 models | 0.46 s | 0.44 s | 0.83 s | −0.02 s of 0.37 s | 0.53 × |
| mariadb, 200 models | 1.02 s | 0.58 s | 1.52 s | −0.44 s of 0.50 s | 0.38 × |
| mariadb, 1,000 models | 5.29 s | 1.64 s | 5.77 s | −3.65 s of 0.49 s | 0.28 × |
| mysql, 50 models | 0.53 s | 0.45 s | 0.92 s | −0.07 s of 0.40 s | 0.49 × |
| mysql, 200 models | 1.12 s | 0.68 s | 1.65 s | −0.44 s of 0.52 s | 0.41 × |
| mysql, 1,000 models | 5.09 s | 2.11 s | 5.81 s | −2.97 s of 0.72 s | 0.36 × |
""",
    "export": """
An export against its own catalog queries, whose answers are thrown away, by the wall clock: the server's part is in
both. Rows become values once where they are alike. Of the client's processor time alone MariaDB's export is several
times its queries, because the driver reads rows in C. PostgreSQL 16 with 1,000 models, processor time of client and
server together: 1.45 × before columns that are alike were one look-up, 1.34 to 1.41 × since.
""",
    "check": """
A check beyond what importing the models costs. It is below nothing where it imports the models faster than the plain
import does; so growth is told of whole processes. *Cold* is without anything kept of an earlier run:
50 models on PostgreSQL take 0.75 to 0.83 s of processor time then, 0.45 to 0.58 s warm, their imports 0.46 to 0.76 s
(three rounds by hand).

asyncpg keeps no prepared statements, since a pooler may be in between (`statement_cache_size = 0`). With 200 tables
that costs the first reading of a session nothing, and a second one 0.16 s of wall time, because the server plans its
queries again. A check reads each session once. Reading rows on PostgreSQL was compiled by its JIT again for each table,
158 ms of 160 ms for 60 tables: it is off for that.
""",
    "naive": """
A checker as it is usually begun: a connection, a set of queries and two parsed texts for each table. It takes a third
of a second for each table, whatever the server, so it is measured once.
""",
    "peers": """
Other tools for the same tables, which exist once for all of them, as whole processes: once after a first run, or the
first run alone where that takes more than some seconds. Alembic's models are those that sqlacodegen writes of the
tables, Skeema's files are its own, migra and apgdiff compare a copy of the database; so whatever these report is false
drift. Django's models say the same in Django's words, and what sqldiff reports is partly how they differ. Django and
Alembic import their models, as ours does; Skeema, migra and apgdiff have none to import. Skeema is Debian's 1.12 of
sid, since 1.9 of the stable release writes no file for MariaDB 11.8. apgdiff 2.7 ends at the lines `\\restrict`, which
pg_dump writes since August 2025, and at `ALTER SEQUENCE … OWNER TO`: it gets its dumps without both.
""",
    "hook": """
An unchanged snapshot loads neither pluggy nor the classes of a schema. The byte code of our modules and of click is
there, as after any run that is no hook: the hook itself writes none.
""",
    "guard": """
On top of a start, by the processor time of the client, which the process tells itself; the rows of PostgreSQL, MariaDB
and MySQL are still the difference of two processes, which swings by 0.2 s and more on a busy machine.

Measured by hand on 30 November 2026, PostgreSQL, 200 models,
client and server together beside the catalog queries alone: in sync and known 1.1 ×, database changed 3.7 ×, one
column drifted 2.5 ×, first start of these models 5.8 ×; the target of 1.3 × is met by the first. What is left is the
import of what compares (0.12 s of the client), and that the server digests its rows and answers them.
""",
    "apply": """
What each form of a plan takes on a table of 300,000 rows, and how long somebody who writes there all the time waited at
most.
""",
    "tenants": """
A check and an `apply` of all tenants, beside a loop of one command for each, which a few stand for. Whole processes by
the wall clock. Starting the process is the same for all, so the targets of the ratios are held where there are many:
`python -m tests.benchmarks --only tenants --tenants 1000` takes an hour on a busy machine. By hand, on 29 and 30
November 2026:

| what | check beside the loop | beside the queries | 5 times as many | peak memory | apply of one column |
| --- | --- | --- | --- | --- | --- |
| targets | ≥ 50 ×; PostgreSQL ≥ 100 × | PostgreSQL ≤ 3 × | ≤ 5.3 × | ≤ 300 MB | ≥ 20 × |
| postgres, 1,000 schemas | 430 × | 1.33 × | 3.83 × | 105 MB | 232 × |
| postgres, 2,000 schemas | 1,685 × | 2.52 × | 3.39 × | 110 MB | |
| mysql, 1,010 databases | 137 × | 1.13 × | 2.84 × | 96 MB | 39.9 × |
| mariadb, 1,010 databases | 144 × | 3.46 × | 3.06 × | 98 MB | 48.3 × |
| sqlite, 1,010 files | 133 × | | 2.79 × | 55 MB | 35.9 × |
""",
}
