"""The table of the documentation keeps what it has of rows that were not run."""

from __future__ import annotations

from pathlib import Path

from tests.compat.page import BEGIN, END, with_rows
from tests.compat.rows import Row

PAGE = Path(__file__).parents[2] / "docs" / "compatibility.md"
ROWS = [Row("0.25.4", "0.9.2", python="3.11"), Row("1.1.9", python="3.14")]
YESTERDAY = {"revision": "a1", "date": "2026-11-29", "outcomes": {"test_zoo[sqlite]": "passed"}}
TODAY = {"revision": "b2", "date": "2026-11-30", "outcomes": {"test_zoo[sqlite]": "no table"}}


def test_a_tree_that_has_run_nothing_leaves_the_page_as_it_is() -> None:
    text = PAGE.read_text()
    rows = [Row("1.0.0", python="3.11"), Row("1.1.9", "0.10.1", python="3.14")]
    kept = with_rows(text, {}, rows)
    table = text.split(BEGIN)[1].split(END)[0].splitlines()
    assert kept.split(BEGIN)[1].split(END)[0].splitlines() == [
        *table[:3],
        *(line for line in table if line.startswith("| 1.0.0 ") or "| 3.14 |" in line),
    ]
    assert kept.split(BEGIN)[0] == text.split(BEGIN)[0]


def test_a_row_that_was_run_is_written_and_the_others_stay_with_their_day() -> None:
    empty = f"before\n{BEGIN}\n{END}\nafter"
    both = with_rows(empty, {row.name: YESTERDAY for row in ROWS}, ROWS)
    one = with_rows(both, {ROWS[1].name: TODAY}, ROWS)
    assert [line.split(" | ")[-2:] for line in one.splitlines()[4:6]] == [
        ["a1", "2026-11-29 |"],
        ["b2", "2026-11-30 |"],
    ]
    assert "**not SQLite**" in one.splitlines()[5]
    assert with_rows(one, {row.name: YESTERDAY for row in ROWS}, ROWS) == one, "the page knows of a later run"
    assert with_rows(one, {}, ROWS[:1]) == with_rows(empty, {ROWS[0].name: YESTERDAY}, ROWS)
