"""A run of one release keeps what docs/servers.md says of the others, also in a clone that has run none of them."""

from __future__ import annotations

from tests.releases.page import BEGIN, END, PARTS, written

HEADER = f"| database | from | {' | '.join(PARTS)} | run on |"
RULE = "| --- " * (len(PARTS) + 3) + "|"
POSTGRES = "| PostgreSQL 17.12 | Debian trixie | 178 | 1 | 86 | 11 | 309, 4 left out | 2026-11-20 |"
NEXT = "| PostgreSQL 19rc1 | Debian experimental | 215 | 1 | 86 | 11 | 333 | 2026-11-20 |"
SQLITE = "| SQLite 3.40.1 | Python's own | 126 | 1 | 44 | 11 | 518 | 2026-11-20 |"
PAGE = "\n".join(["# Servers", BEGIN, HEADER, RULE, POSTGRES, NEXT, SQLITE, END, "The end."])


def test_a_run_of_one_release_keeps_the_rows_of_the_others() -> None:
    outcome = {"version": "19.0", "passed": 216, "failures": {}, "date": "2026-11-29"}
    new = "| PostgreSQL 19.0 | Debian experimental | 216 | 216 | 216 | 216 | 216 | 2026-11-29 |"
    assert written(PAGE, {"PostgreSQL 19": dict.fromkeys(PARTS, outcome)}) == PAGE.replace(NEXT, new)


def test_a_run_of_one_part_keeps_the_other_cells() -> None:
    outcome = {"version": "17.13", "passed": 2, "skipped": 1, "failed": 3, "failures": {}, "date": "2026-11-29"}
    new = POSTGRES.replace("17.12", "17.13").replace("| 1 |", "| 2, 1 left out, **3 failed** |").replace("-20", "-29")
    assert written(PAGE, {"PostgreSQL 17": {"laws": outcome}}) == PAGE.replace(POSTGRES, new)


def test_a_release_that_the_page_has_not_gets_its_place() -> None:
    outcome = {"version": "11.8.9", "passed": 1, "failures": {}, "date": "2026-11-29"}
    new = "| MariaDB 11.8.9 | Debian trixie | – | 1 | – | – | – | 2026-11-29 |"
    assert written(PAGE, {"MariaDB 11.8": {"laws": outcome}}) == PAGE.replace(SQLITE, f"{new}\n{SQLITE}")


def test_an_older_run_of_this_clone_does_not_replace_a_newer_row() -> None:
    outcome = {"version": "3.40.1", "passed": 99, "failures": {}, "date": "2026-11-19"}
    assert written(PAGE, {"SQLite 3.40": {"laws": outcome}}) == PAGE


def test_a_column_that_the_page_has_not_is_empty() -> None:
    old = PAGE.replace(" | the dialect", "").replace(RULE, RULE.removeprefix("| --- "))
    empty = PAGE
    for count in "309, 4 left out", "333", "518":
        old = old.replace(f" | {count} |", " |")
        empty = empty.replace(f" | {count} |", " | – |")
    assert written(old, {}) == empty
