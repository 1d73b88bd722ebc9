"""The journal of a run over tenants, on disk: what a killed run has written, and what the next one makes of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_schemadrift.commands.tenants.journal import JOURNAL, Journal, Who, open_journal
from pytest_schemadrift.errors import Busy, ConfigurationError

ACME, BETA = ("default", "acme"), ("default", "beta")
AIMS = {ACME: "one", BETA: "two"}


def written(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def run_of(path: Path, *outcomes: tuple[Who, str], resume: bool = False) -> Journal:
    """A run in which these tenants come to these outcomes; without one, it is killed in the middle of a tenant."""
    with open_journal(path, resume=resume, aims=AIMS) as journal:
        for (connection, tenant), outcome in outcomes:
            journal.begun(connection, tenant)
            if outcome:
                journal.ended(connection, tenant, outcome, "")
    return journal


def settled(path: Path, aims: dict[Who, str] | None = None) -> frozenset[Who]:
    with open_journal(path, resume=True, aims=AIMS if aims is None else aims) as journal:
        return journal.settled


def test_each_line_says_who_what_and_for_which_aim(tmp_path: Path) -> None:
    path = tmp_path / JOURNAL
    with open_journal(path, resume=False, aims={ACME: "one"}) as journal:
        journal.begun(*ACME)
        journal.ended(*ACME, "failed", "cannot reach postgres://ann:secret@host/x")
        journal.ended(*BETA, "in sync", "")
    first, second, third = written(path)
    assert first == {
        "at": first["at"], "event": "begun", "connection": "default", "tenant": "acme", "aim": "one",
    }  # fmt: skip
    assert second["outcome"] == "failed"
    assert "secret" not in second["detail"]
    assert third == {
        "at": third["at"], "event": "ended", "connection": "default", "tenant": "beta", "outcome": "in sync",
    }  # fmt: skip
    assert first["at"].endswith("+00:00")


@pytest.mark.parametrize("outcome", ["in sync", "fixed"])
def test_what_is_done_is_not_done_again(tmp_path: Path, outcome: str) -> None:
    path = tmp_path / JOURNAL
    assert run_of(path, (ACME, outcome), (BETA, "")).settled == frozenset()
    assert settled(path) == {ACME}


@pytest.mark.parametrize("outcome", ["", "failed", "drift", "interrupted"])
def test_everything_else_is_looked_at_again(tmp_path: Path, outcome: str) -> None:
    path = tmp_path / JOURNAL
    run_of(path, (ACME, "fixed"), (BETA, "fixed"))
    run_of(path, (BETA, outcome), resume=True)
    assert settled(path) == {ACME}, "the last that is known of a tenant counts"


def test_what_was_done_for_another_aim_is_not_done(tmp_path: Path) -> None:
    path = tmp_path / JOURNAL
    run_of(path, (ACME, "fixed"), (BETA, "fixed"))
    assert settled(path, {**AIMS, BETA: "other models"}) == {ACME}
    assert settled(path, {ACME: "one"}) == {ACME}


def test_a_line_that_a_kill_cut_short_counts_for_nothing(tmp_path: Path) -> None:
    path = tmp_path / JOURNAL
    run_of(path, (ACME, "fixed"), (BETA, "fixed"))
    path.write_bytes(path.read_bytes()[:-20] + "é".encode()[:1])  # in the middle of a letter
    assert settled(path) == {ACME}
    run_of(path, (BETA, "fixed"), resume=True)
    cut, begun, ended = path.read_text(errors="replace").splitlines()[-3:]
    assert not cut.endswith("}")
    assert [json.loads(line)["event"] for line in (begun, ended)] == ["begun", "ended"], "each is a line of its own"
    assert settled(path) == {ACME, BETA}
    before = path.read_bytes()
    assert settled(path) == {ACME, BETA}
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "line", ["[]", "1", '"x"', "{}", '{"connection": "default", "event": "ended"}', "\x00", "[" * 9]
)
def test_a_line_of_something_else_is_passed_over(tmp_path: Path, line: str) -> None:
    path = tmp_path / JOURNAL
    run_of(path, (ACME, "fixed"))
    path.write_text(f"{line}\n{path.read_text()}{line}\n")
    assert settled(path) == {ACME}


def test_a_new_run_starts_over_only_where_the_last_one_ended_well(tmp_path: Path) -> None:
    path = tmp_path / JOURNAL
    run_of(path, (ACME, "fixed"), (BETA, "in sync"))
    run_of(path, (ACME, ""))
    assert len(written(path)) == 1, "the lines of the last run are gone"
    before = path.read_text()
    with pytest.raises(ConfigurationError, match=r"did not finish for 1 tenant\(s\), such as acme") as caught:
        run_of(path)
    assert caught.value.where == str(path)
    assert path.read_text() == before


def test_one_run_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / JOURNAL
    with open_journal(path, resume=False, aims=AIMS), pytest.raises(Busy), open_journal(path, resume=True, aims=AIMS):
        pass
    assert settled(path) == frozenset()


def test_a_journal_that_cannot_be_written_stops_the_run(tmp_path: Path) -> None:
    folder = tmp_path / JOURNAL
    folder.mkdir()
    for resume in (False, True):
        with pytest.raises(ConfigurationError, match="cannot be written"), open_journal(folder, resume=resume, aims={}):
            pass
    with pytest.raises(ConfigurationError, match="cannot be written"):
        Journal(folder).begun(*ACME)
