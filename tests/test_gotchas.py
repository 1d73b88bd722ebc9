"""Every known trap of databases and of Tortoise is met by a test that names it, or needs none for a reason."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parent
TRAPS = re.findall(
    r"^\| ([PMAST]\d+) \| [FMD, ]+ \| .+ \|$", (TESTS.parent / "docs/traps.md").read_text(), re.MULTILINE
)
"""PostgreSQL, MySQL, MariaDB, SQLite, Tortoise: the numbers of ``docs/traps.md``."""

BY_CONSTRUCTION = "held by every live test: "
NEEDS_NONE = {
    "P9": BY_CONSTRUCTION + "our sessions pin search_path",
    "P17": "of versions before 14; both sides are always of one server",
    "P27": BY_CONSTRUCTION + "MATCH and column lists of SET NULL are compared as text",
    "P30": "a comment with a newline differs in Tortoise's own DDL, which is what the models say",
    "P35": BY_CONSTRUCTION + "only pg_catalog is asked",
    "P46": BY_CONSTRUCTION + "a plan is walked on a scratch copy; what the server refuses there is shown",
    "P47": "an invalid index is a drift of its own: see indexes/invalid",
    "P48": "the key is on afterwards, as a model says it; one that is off is a drift (tests/safety/test_enforced.py)",
    "P49": "our renderers write RESTART: see types/sequence-bounds-changed",
    "P50": BY_CONSTRUCTION + "pg_temp is put last only where a schema of the path exists",
    "P62": "deferrability is compared, and our renderers never write ALTER CONSTRAINT for it",
    "P68": "the server's own way with rows that are there: docs/limits.md says so",
    "P69": "the server's own, of indexes that no plan makes over rows unseen: the proof runs on rows, and refuses",
    "P70": "the order of columns is compared only where column_order asks for it; where it counts the two do differ",
    "P71": BY_CONSTRUCTION + "only pg_catalog is asked, and types are printed by format_type",
    "P63": "the server's own way with an expression that the models declare: docs/limits.md says so",
    "P64": BY_CONSTRUCTION + "what the models say is what the server made of their CREATE TABLE",
    "P65": "our renderers write DEFAULT NULL where there is none: see types/domains-over-domains-created",
    "P67": "the keys of a partition are those of its table, and names count with names = strict alone",
    "P57": "a publication that lists the column is named as being in the way of the change",
    "M18": "the server refuses such a key; its answer is shown",
    "M19": "InnoDB refuses SET DEFAULT; its answer is shown",
    "M26": "hazard NOT_TRANSACTIONAL, on every statement with a hazard (tests of hazards in golden files)",
    "M28": "a plan's statements are executed one by one; statement-based logging is the server's setting",
    "M32": "the server refuses a name or comment that is too long; its answer is shown",
    "M33": BY_CONSTRUCTION + "every column of a catalog query has an alias",
    "M34": "row counts are never read",
    "M35": "MySQL before 8.0.16 is not supported",
    "M42": "rows with NULL are counted before the change, and block it",
    "M43": "a default that may be longer than its catalog says is read from SHOW CREATE TABLE",
    "M44": BY_CONSTRUCTION + "the server's refusal is shown, with how far the plan went",
    "M49": BY_CONSTRUCTION + "indexes are read from STATISTICS, with prefix and expression",
    "M50": BY_CONSTRUCTION
    + "a prefix is compared, and a plan drops and adds the index in the statement that changes the column",
    "M45": "the attribute is compared with nothing, and an index that changes otherwise takes it along",
    "A8": BY_CONSTRUCTION + "SHOW CREATE TABLE is not read for what it prints at table level",
    "A9": BY_CONSTRUCTION + "defaults are compared by their keys",
    "A12": BY_CONSTRUCTION + "no catalog query has a HAVING",
    "A15": BY_CONSTRUCTION + "a plan is walked on a scratch copy, and what is missing afterwards is a drift",
    "A18": BY_CONSTRUCTION + "our sessions set NO_AUTO_VALUE_ON_ZERO",
    "A19": "rows that break a check are counted before the change, and block it",
    "A20": "the server's own way with a default that the models declare: each row has a value of it",
    "A21": BY_CONSTRUCTION + "what the models say is what the server made of their CREATE TABLE",
    "A24": "HASH counts as nothing where the index is not unique (dialects/mysql/catalog/dump.py)",
    "A22": BY_CONSTRUCTION + "a check in a column's text is read from SHOW CREATE TABLE, which prints no name",
    "S20": "scripts are split by the lexer of the dialect, tested there",
    "S21": "attached and temporary schemas are not looked at",
    "S22": "SQLite before 3.37 is not supported",
    "S24": "a foreign key goes by making its table anew, on 3.54 too",
    "T3": "only what generate_schemas writes counts",
    "T4": "only what generate_schemas writes counts",
    "T6": "a defect of Tortoise's migrations; what they leave is drift",
    "T10": "a defect of Tortoise's migrations; what they leave is drift: see models/index-added",
    "T11": "a defect of Tortoise's migrations; what they leave is drift: see models/foreign-key",
    "T16": "a defect of Tortoise's migrations: it concerns what they print",
    "T17": "a defect of Tortoise's migrations: it concerns what they ask",
    "T23": "Aerich's own DDL; a database made by it is checked in tests/live/test_no_false_drift.py",
    "T27": "an enum's description is part of Tortoise's DDL, which is what the models say",
    "T28": BY_CONSTRUCTION + "the dialects connect as Tortoise does",
    "T30": "our renderers never write CASCADE: see the golden files of dropped tables",
    "T32": "a defect of Aerich's migrations; what they leave is drift",
    "T33": BY_CONSTRUCTION + "the order of columns is no drift by default (P34)",
    "T34": "a defect of Tortoise's migrations: such a migration cannot be applied",
    "T36": "a defect of Tortoise's migrations: what they leave is drift",
    "T37": "a defect of Tortoise's migrations: such a migration cannot be applied",
    "T38": "a defect of Tortoise's migrations: it concerns rows, and what they leave is no drift",
    "T39": "a defect of Tortoise's migrations: what they leave is drift",
    "T40": "a defect of Tortoise's migrations: such a migration cannot be applied",
    "T41": "a defect of Aerich's migrations: what they leave is drift",
    "T42": "a defect of Tortoise's, which connects as it says; the dialects connect as Tortoise does",
    "T43": "Aerich keeps one record, which is read where it is",
    "T44": "a defect of Aerich's: a pending migration that fails is told with its file (docs/migrate.md)",
    "T35": "it concerns rows, which are not compared",
    "T45": "it concerns rows, which are not compared",
    "T46": "a defect of Tortoise's migrations: what they leave is drift",
}


OTHER_WORDS = {"M0"}
"""What looks like the number of a trap and is something else: the beginning of a path in SVG."""


def _named() -> set[str]:
    texts = [path.read_text(errors="replace") for path in TESTS.rglob("*") if path.suffix in (".py", ".sql")]
    texts = [text for text in texts if "NEEDS_NONE" not in text]
    return set(re.findall(r"\b[PMAST]\d{1,2}\b", "\n".join(texts)))


def test_every_trap_is_met_or_needs_no_test() -> None:
    assert set(TRAPS) - _named() == set(NEEDS_NONE)


def test_what_code_and_tests_name_is_a_trap_of_the_list() -> None:
    """``P38`` in a comment leads to a line of docs/traps.md; numbers follow each other and are never given twice."""
    source = "\n".join(path.read_text() for path in (TESTS.parent / "pytest_schemadrift").rglob("*.py"))
    assert set(re.findall(r"\b[PMAST]\d{1,2}\b", source)) - OTHER_WORDS <= set(TRAPS)
    for letter in "PMAST":
        numbers = [int(name[1:]) for name in TRAPS if name[0] == letter]
        assert numbers == list(range(1, len(numbers) + 1))


def test_there_are_many_golden_cases() -> None:
    folders = {path.parent for path in (TESTS / "cases").rglob("expected.*")}
    assert len(folders) >= 120


def test_no_golden_statement_cascades() -> None:
    for path in (TESTS / "cases").rglob("expected.*.sql"):
        for line in path.read_text().splitlines():
            assert not re.match(r"DROP .* CASCADE", line), path
