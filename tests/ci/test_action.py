"""The action: valid by its schema, and each of its steps executed as a runner executes it, on a real project."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

from tests.test_cli import DRIFTED, IN_SYNC, Project, project  # noqa: F401

ROOT = Path(__file__).parents[2]
ACTION: dict[str, Any] = YAML(typ="safe").load(ROOT / "action.yml")
STEPS = ACTION["runs"]["steps"]
SECRET = "ghs_token-of-the-job"


def test_it_is_valid_by_the_schema_of_actions() -> None:
    place = files("check_jsonschema").joinpath("builtin_schemas", "vendor", "github-actions.json")
    schema = json.loads(place.read_text("utf-8"))
    jsonschema.validators.validator_for(schema)(schema).validate(ACTION)


def test_no_value_from_outside_is_part_of_a_script() -> None:
    """A branch, a title or a folder that is called like a command must never be one."""
    assert all("${{" not in step.get("run", "") for step in STEPS)
    assert all(step["shell"] == "bash" for step in STEPS if "run" in step)


class GitHub(ThreadingHTTPServer):
    """The part of GitHub's API that has to do with comments."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Api)
        self.comments: list[dict[str, Any]] = []
        self.status = 0
        self.asked: list[str] = []


class Api(BaseHTTPRequestHandler):
    server: GitHub

    def answer(self) -> None:
        assert self.headers["authorization"] == f"Bearer {SECRET}"
        self.server.asked.append(f"{self.command} {self.path}")
        content = json.loads(self.rfile.read(int(self.headers.get("content-length") or 0)) or "null")
        answer: Any = {}
        path, _, query = self.path.partition("?")
        if self.command == "GET":
            assert path == "/repos/o/r/issues/7/comments"
            per_page, page = (int(number) for number in re.findall(r"\d+", query))
            answer = self.server.comments[per_page * (page - 1) : per_page * page]
        elif self.command == "POST":
            assert path == "/repos/o/r/issues/7/comments"
            self.server.comments.append({"id": len(self.server.comments), **content})
        else:
            self.server.comments[int(path.removeprefix("/repos/o/r/issues/comments/"))].update(content)
        self.send_response(self.server.status or 200)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    do_GET = do_POST = do_PATCH = answer  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


@pytest.fixture
def github() -> Iterator[GitHub]:
    with GitHub() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@dataclass
class Job:
    """A job of a runner: what its steps wrote, and how each ended."""

    folder: Path
    github: GitHub
    event: dict[str, Any] = field(default_factory=lambda: {"pull_request": {"number": 7}})
    output: str = ""
    codes: dict[str, int] = field(default_factory=dict)

    @property
    def summary(self) -> str:
        path = self.folder / "summary.md"
        return path.read_text() if path.exists() else ""

    def run(self, **given: str) -> int:
        """Run the steps up to the first that fails; its exit code."""
        inputs = {name: str(item.get("default", "")) for name, item in ACTION["inputs"].items()}
        inputs |= {"python": sys.executable, "install": "none", "token": SECRET, **given}
        (self.folder / "event.json").write_text(json.dumps(self.event))
        self.output, self.codes = "", {}
        (self.folder / "summary.md").unlink(missing_ok=True)
        outputs: dict[str, str] = {}
        for step in STEPS:
            if "run" not in step or not self.wanted(step.get("if", ""), inputs):
                continue
            target = self.folder / "outputs"
            target.write_text("")
            environment = {key: self.value(text, inputs, outputs) for key, text in step.get("env", {}).items()}
            done = subprocess.run(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
                cwd=self.folder / self.value(step.get("working-directory", "."), inputs, outputs),
                env={**self.environment(), **environment, "GITHUB_OUTPUT": str(target)},
                capture_output=True,
                text=True,
                check=False,
            )
            self.output += done.stdout + done.stderr
            self.codes[step["name"]] = done.returncode
            outputs |= dict(line.split("=", 1) for line in target.read_text().splitlines())
            if done.returncode:
                return done.returncode
        return 0

    def wanted(self, condition: str, inputs: dict[str, str]) -> bool:
        """The conditions that the steps have, no others."""
        known = {
            "": True,
            "inputs.install != 'none'": inputs["install"] != "none",
            "inputs.comment == 'true' && startsWith(github.event_name, 'pull_request')": inputs["comment"] == "true"
            and "pull_request" in self.event,
        }
        return known[condition]

    def value(self, text: str, inputs: dict[str, str], outputs: dict[str, str]) -> str:
        known = {
            **{f"inputs.{name}": value for name, value in inputs.items()},
            "github.action_path": str(ROOT),
            "steps.check.outputs.exit-code": outputs.get("exit-code", ""),
        }
        return re.sub(r"\$\{\{ (.*?) \}\}", lambda found: known[found[1]], str(text))

    def environment(self) -> dict[str, str]:
        temp = self.folder / "temp"
        temp.mkdir(exist_ok=True)
        return {
            **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            **{name: value for name, value in os.environ.items() if name.startswith("SCHEMADRIFT_")},
            "RUNNER_TEMP": str(temp),
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary.md"),
            "GITHUB_EVENT_PATH": str(self.folder / "event.json"),
            "GITHUB_REPOSITORY": "o/r",
            "GITHUB_API_URL": f"http://127.0.0.1:{self.github.server_port}",
            "GITHUB_WORKSPACE": str(self.folder),
        }


@pytest.fixture
def job(project: Project, github: GitHub) -> Job:  # noqa: F811
    return Job(project.folder, github)


def test_a_drift_is_annotated_summed_up_and_one_comment_that_is_updated(project: Project, job: Job) -> None:  # noqa: F811
    project.database(IN_SYNC)
    assert job.run() == 0
    assert not job.github.comments, "a pull request without drift gets no comment"
    assert "in sync" in job.summary
    (project.folder / "shop.sqlite3").unlink()
    project.database(DRIFTED)
    job.github.comments += [{"id": number, "body": "by somebody"} for number in range(100)]  # ours is on page two
    assert job.run() == 1
    assert job.codes == {"Check": 0, "Comment on the pull request": 0, "Result": 1}
    assert "::error " in job.output and "users.age" in job.output
    assert "**SD201** column users.age" in job.summary
    (ours,) = [item for item in job.github.comments if item["body"] != "by somebody"]
    assert ours["body"].startswith("<!-- schemadrift: . -->\n") and job.summary in ours["body"]
    before = len(job.github.asked)
    assert job.run() == 1
    assert len(job.github.comments) == 101
    assert not any(line.startswith(("POST", "PATCH")) for line in job.github.asked[before:]), "nothing changed"
    (project.folder / "shop.sqlite3").unlink()
    project.database(IN_SYNC)
    assert job.run() == 0
    assert len(job.github.comments) == 101
    assert "in sync" in ours["body"] and "users.age" not in ours["body"]
    assert SECRET not in job.output


def test_a_token_that_may_not_write_fails_nothing(project: Project, job: Job) -> None:  # noqa: F811
    project.database(DRIFTED)
    job.github.status = 403
    assert job.run() == 1
    assert job.codes["Comment on the pull request"] == 0
    assert "::notice title=schema drift::no comment on the pull request: GitHub answers 403" in job.output


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[", b"HTTP/1.1 200 OK\r\n\r\n<html>"]
)
def test_a_connection_that_breaks_fails_nothing(
    answer: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before the answer, in its middle, and with the page of a proxy in its place."""
    (tmp_path / "report.md").write_text("drift")
    (tmp_path / "event.json").write_text('{"pull_request": {"number": 7}}')
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            client, _ = server.accept()
            with client, client.makefile("rb") as request:
                while request.readline().strip():
                    pass
                client.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        variables = {
            "GITHUB_API_URL": f"http://127.0.0.1:{server.getsockname()[1]}",
            "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
            "GITHUB_REPOSITORY": "o/r",
            "GITHUB_TOKEN": SECRET,
        }
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["comment.py", str(tmp_path / "report.md")])
        namespace: dict[str, Any] = {"__name__": "comment"}
        exec(compile((ROOT / "ci" / "comment.py").read_text(), "comment.py", "exec"), namespace)
        assert namespace["main"]() == 0
        thread.join()
    said = capsys.readouterr().out
    assert said.startswith("::notice title=schema drift::no comment on the pull request: ") and SECRET not in said


def test_code_scanning_gets_its_file_and_what_could_not_be_told_is_2(project: Project, job: Job) -> None:  # noqa: F811
    project.database(DRIFTED)
    job.event = {}
    assert job.run(sarif="true", **{"fail-on": "missing"}) == 1
    found = json.loads((project.folder / "temp" / "schemadrift.sarif").read_text())
    assert {result["ruleId"] for result in found["runs"][0]["results"]} == {"SD104"}
    (project.folder / "shop.sqlite3").unlink()
    assert job.run(source="live") == 2
    assert not job.github.asked
    assert not (project.folder / "temp" / "schemadrift.sarif").exists(), "that of the last run is none of this one"


def test_a_folder_that_is_called_like_a_command_is_none(project: Project, job: Job) -> None:  # noqa: F811
    project.database(IN_SYNC)
    (project.folder / "$(touch pwned)").symlink_to(project.folder)
    assert job.run(**{"working-directory": "$(touch pwned)"}) == 0
    assert not (project.folder / "pwned").exists()


def test_the_first_step_installs_this_revision_with_the_extras(job: Job, tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {asked}\nexit 3\n')
    python.chmod(0o755)
    assert job.run(python=str(python), install="postgres,mysql") == 3
    assert asked.read_text().splitlines() == ["-m", "pip", "install", "--quiet", f"{ROOT}[postgres,mysql]"]
    assert job.run(python=str(python), install="") == 3
    assert asked.read_text().splitlines()[-1] == str(ROOT)


def test_a_report_that_is_too_long_for_a_comment_is_cut_where_it_can_be_read() -> None:
    namespace: dict[str, Any] = {"__name__": "comment"}
    exec(compile((ROOT / "ci" / "comment.py").read_text(), "comment.py", "exec"), namespace)
    report = "<details>\n```sql\n" + "ALTER TABLE a;\n" * 10_000 + "```\n</details>\n"
    short = namespace["shortened"](report)
    assert len(short) < 65_536
    assert short.count("```") == 2 and short.endswith("```\n</details>\n\nThe job summary has the rest.\n")
    assert namespace["shortened"]("short\n") == "short\n"
