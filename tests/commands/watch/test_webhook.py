"""A webhook in front of a real HTTP server: signed, tried again, told once, with nothing lost on the way."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jsonschema
import pytest

from pytest_schemadrift.commands.project import CheckOptions, open_project
from pytest_schemadrift.commands.watch import webhook
from pytest_schemadrift.commands.watch.rounds import looker
from pytest_schemadrift.commands.watch.watching import Watcher, WatchOptions
from pytest_schemadrift.commands.watch.webhook import assert_webhook, key_of, signature
from pytest_schemadrift.errors import ConfigurationError
from pytest_schemadrift.report.json import json_schema
from tests.commands.watch.test_watch import BACK, MISSING, sql
from tests.harness import run
from tests.test_cli import IN_SYNC, Project, project  # noqa: F401


class Receiver(ThreadingHTTPServer):
    """Answers with the statuses in turn, then with 204, and keeps what it was sent."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.statuses: list[int] = []
        self.received: list[tuple[dict[str, str], bytes]] = []
        self.dripping = 0
        self.enough = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hooks/s3cret-path"


class Answer(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.received.append(({name.lower(): value for name, value in self.headers.items()}, body))
        if self.server.dripping:
            self.server.dripping -= 1
            return self.drip()
        status = self.server.statuses.pop(0) if self.server.statuses else 204
        self.send_response(status)
        if status == 302:
            self.send_header("location", "/elsewhere")
        self.end_headers()

    def drip(self) -> None:
        """Answer byte by byte, without an end."""
        with suppress(OSError):
            self.wfile.write(b"HTTP/1.1 204 ")
            while not self.server.enough.wait(0.01):
                self.wfile.write(b"x")

    def do_GET(self) -> None:
        raise AssertionError("a redirect was followed")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.enough.set()
        server.shutdown()
        thread.join()


async def rounds(project: Project, url: str, *scripts: str, key: bytes | None = None) -> list[str]:  # noqa: F811
    """Look, and again after each script; wait each time until the webhook has taken everything. What was said."""
    lines: list[str] = []
    with looker(open_project(), CheckOptions(source="live", prove=False), jobs=1, limit=60.0) as looking:
        options = WatchOptions(300, webhook=url, key=key)
        watch = Watcher(looking, project.folder / "state.json", options, lines.append)
        assert watch.webhook is not None
        watch.webhook.first_pause = 0.001
        serving = asyncio.ensure_future(watch.webhook.serve())
        for script in ("", *scripts):
            sql(project, script)
            await watch.round()
            async with asyncio.timeout(300):
                while watch.webhook.untold:
                    await asyncio.sleep(0.005)
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving
    return [line.partition(" ")[2] for line in lines]


@pytest.mark.slow
def test_it_is_tried_again_until_it_is_taken_and_told_once(
    project: Project,  # noqa: F811
    receiver: Receiver,
) -> None:
    project.database(IN_SYNC)
    receiver.statuses = [503, 302]
    key = b"a key of our own"
    said = run(rounds(project, receiver.url, MISSING, BACK, key=key))
    assert len(receiver.received) == 4, "three attempts for what appeared, one for what went, none for being in sync"
    first, second, third, fourth = (json.loads(body) for _, body in receiver.received)
    assert first == second == third
    ((appeared,), (gone,)) = third["events"], fourth["events"]
    assert (appeared["kind"], gone["kind"]) == ("drift", "gone")
    assert appeared["what"] == gone["what"] == "SD201 column users.age (INT) is missing"
    assert appeared["fingerprint"] == third["report"]["connections"][0]["changes"][0]["fingerprints"][0]
    assert third["text"].endswith(said[1]) and not third["report"]["in_sync"] and fourth["report"]["in_sync"]
    for sent in (third, fourth):
        jsonschema.validate(sent["report"], json_schema())
    assert [line for line in said if line.startswith("webhook")] == [
        "webhook 127.0.0.1: answers 503; it is tried again until it is taken",
        "webhook 127.0.0.1: takes messages again",
    ]
    assert "s3cret-path" not in "".join(said)
    for headers, body in receiver.received:
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        assert headers["webhook-signature"] == f"v1,{expected}"
    identities = [headers["webhook-id"] for headers, _ in receiver.received]
    assert identities[0] == identities[1] == identities[2] != identities[3]


@pytest.mark.slow
def test_what_was_not_taken_is_told_after_a_restart(project: Project, receiver: Receiver) -> None:  # noqa: F811
    project.database(IN_SYNC)

    async def unheard() -> None:
        with looker(open_project(), CheckOptions(source="live", prove=False), jobs=1, limit=60.0) as looking:
            options = WatchOptions(300, webhook=receiver.url)
            watch = Watcher(looking, project.folder / "state.json", options, str)
            await watch.round()
            sql(project, MISSING)
            await watch.round()  # and it ends before anybody was told

    run(unheard())
    assert not receiver.received
    run(rounds(project, receiver.url))
    ((headers, body),) = receiver.received
    assert [event["kind"] for event in json.loads(body)["events"]] == ["drift"]
    assert "webhook-signature" not in headers
    run(rounds(project, receiver.url))
    assert len(receiver.received) == 1


def test_an_answer_that_never_ends_keeps_no_change_from_being_told(
    project: Project,  # noqa: F811
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each byte of it comes in time, the whole does not; what is tried again is the same message."""
    project.database(IN_SYNC)
    monkeypatch.setattr(webhook, "LIMIT", 0.5)
    receiver.dripping = 1
    said = run(rounds(project, receiver.url, MISSING))
    assert len(receiver.received) > 1
    assert len({headers["webhook-id"] for headers, _ in receiver.received}) == 1
    of_webhook = [line.partition(": ")[2] for line in said if line.startswith("webhook")]
    assert of_webhook == ["TimeoutError; it is tried again until it is taken", "takes messages again"]


def test_nobody_who_listens_is_no_end(project: Project, receiver: Receiver) -> None:  # noqa: F811
    """A connection that is refused, and then somebody listens."""
    project.database(IN_SYNC)
    receiver.statuses = [500] * 5
    said = run(rounds(project, receiver.url, MISSING))
    assert len(receiver.received) == 6
    assert sum(line.startswith("webhook") for line in said) == 2


def test_an_account_in_the_url_is_a_header(project: Project, receiver: Receiver) -> None:  # noqa: F811
    """To urllib it is a part of the host, whose address it asks the network for."""
    project.database(IN_SYNC)
    lines = run(rounds(project, receiver.url.replace("://", "://ann:s%3Acret@"), MISSING))
    (headers, _), *more = receiver.received
    assert not more
    assert headers["authorization"] == f"Basic {base64.b64encode(b'ann:s:cret').decode()}"
    assert headers["host"] == f"127.0.0.1:{receiver.server_port}"
    assert "cret" not in "".join(lines)


def test_the_signature_is_that_of_the_specification() -> None:
    """The example of the libraries of Standard Webhooks."""
    key = key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'
    said = signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", body)
    assert said == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert key_of("plain") == b"plain"
    for wrong in ("whsec_no base64!", "no base64!\n"):
        with pytest.raises(ConfigurationError) as error:
            key_of(wrong)
        assert "no base64!" not in str(error.value)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/hostname",
        "ftp://host/",
        "hooks.example.org/s3cret",
        "http://",
        "http://[::1/s3cret",
        "http://host:port/s3cret",
        "http://host:99999/s3cret",
        "http://host/s3cret of mine",
        "http://host/s3crét",
    ],
)
def test_only_what_can_be_posted_to_is_a_webhook(url: str) -> None:
    """What would be tried again for ever is refused when the watch starts."""
    with pytest.raises(ConfigurationError) as error:
        assert_webhook(url)
    assert "s3cr" not in str(error.value)
