"""The bench works: a small version of it has every row; how fast anything is, is asserted nowhere."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pytest_schemadrift.errors import ServerUnavailable
from tests.benchmarks import export, tenants
from tests.benchmarks.__main__ import GROUPS, measured, page
from tests.benchmarks.databases import Bench, server_for
from tests.benchmarks.prose import PROSE
from tests.benchmarks.rows import Row
from tests.benchmarks.timing import ROOT, Command, in_turns
from tests.conftest import without_server
from tests.harness import ONE_OF


def test_every_row_of_our_own_is_measured() -> None:
    rows = list(measured(("whole", "export", "check", "guard", "models", "naive"), ("sqlite",), quick=True))
    assert [row.what for row in rows] == [
        "10 models in one module, in sync",
        "DDL of 10 models",
        "sqlite, 10 models",
        "sqlite, 10 models, in sync and known",
        "sqlite, 10 models, end to end",
        "sqlite, 10 models, beyond imports",
        "10 models, in sync",
        "sqlite, 10 models, in sync, warm",
        "sqlite, 10 models, in sync, cold",
        "sqlite, 10 models, 10 of them drifted, on top of in sync",
    ]
    assert all(row.value is not None for row in rows)
    text = page(rows)
    assert text.count("\n## ") == 6
    assert all(f"| {row.what} |" in text for row in rows)
    assert set(PROSE) <= set(GROUPS)
    assert all(words.strip() in text for group, words in PROSE.items() if group in {row.group for row in rows})


@pytest.mark.skipif(ONE_OF > 1, reason="dozens of processes: make test ALL=1 runs this")
@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="no other build: this is no checkout")
def test_whole_processes_are_measured_beside_the_import_and_another_build() -> None:
    rows = list(measured(("whole",), (), quick=True, base="HEAD"))
    assert [(row.group, row.what) for row in rows] == [
        ("whole", "3 of 10 tables drifted, with proof"),
        ("whole", "10 models, in sync, memory on top"),
        ("whole", "10 models, in sync"),
        ("base", "10 models, in sync"),
        ("whole", "10 models in one module, in sync"),
        ("base", "10 models in one module, in sync"),
        ("base", "10 models, first check of an empty database"),
        ("base", "10 models, apply of an empty database"),
    ]
    assert all(row.value is not None and row.sample for row in rows)  # small checks may need no more memory at all


@pytest.mark.postgres
def test_tenants_and_the_queries_of_an_export_are_measured(tmp_path: Path) -> None:
    try:
        with server_for("postgres") as server:
            assert server is not None
            row = export.tenants(server, 1, 2)
            (alone,) = export.rows(Bench("postgres", 0, tmp_path, server.create_database("export")), 1)
            server.drop_database("export")
    except ServerUnavailable as error:
        without_server("postgres", error)
    assert "one schema of 40 tables" in row.against
    assert alone.value is not None
    assert int(alone.against.split()[0]) > 1, "the queries of an export are seen"


def test_what_takes_long_is_run_once_and_the_others_in_turns(tmp_path: Path) -> None:
    commands = {
        name: Command(("sh", "-c", f"echo {name} >> turns; sleep {seconds}"), tmp_path)
        for name, seconds in (("slow", 0.6), ("quick", 0))
    }
    found = in_turns(commands, 2, patience=0.5)
    assert (tmp_path / "turns").read_text().split() == ["slow", "quick", "quick"]
    assert found["slow"].wall > 0.5
    in_turns({"quick": commands["quick"]}, 3, is_warm=True)
    assert (tmp_path / "turns").read_text().split() == ["slow"] + 5 * ["quick"]
    in_turns({"slow": replace(commands["slow"], keeps=True)}, 2, patience=0.5)
    assert (tmp_path / "turns").read_text().split()[-3:] == ["quick", "slow", "slow"], "its first run does not count"


def test_a_missed_target_stays_in_the_table() -> None:
    missed = Row("check", "slow", 3.0, target=1.0, note="because")
    assert missed.met is False
    assert "| slow | 3.00 s | ≤ 1.00 s | **no** |" in page([missed])
    assert Row("naive", "x", 3.0, "x", 2.0, at_least=True).met is True
    assert Row("peers", "y", None).met is None


def test_a_check_of_all_tenants_is_measured_beside_a_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tenants, "LOOP", 1)
    rows = list(tenants.rows("sqlite", None, 5))
    assert [row.unit for row in rows] == ["x", "x", "x", "MB", "x"]
    assert all(row.value for row in rows)
