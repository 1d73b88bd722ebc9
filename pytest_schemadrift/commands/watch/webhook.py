"""Changes posted to a URL: signed, tried again until they are taken, and never in the way of the next look.

The signature is that of Standard Webhooks (https://www.standardwebhooks.com, specification 1.0), so that a receiver
checks it with a library that is there for its language: ``webhook-signature: v1,`` and the Base64 of the HMAC-SHA256 of
``webhook-id.webhook-timestamp.body``.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from http.client import HTTPException
from typing import IO
from urllib.error import HTTPError
from urllib.parse import unquote, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from pytest_schemadrift.errors import ConfigurationError
from pytest_schemadrift.planning.drift import Drift
from pytest_schemadrift.report.events import Event, webhook_body

SECRET = "SCHEMADRIFT_WEBHOOK_SECRET"  # noqa: S105  # the name of the variable
PREFIX = "whsec_"
"""Begins a secret of Standard Webhooks, whose key is the Base64 behind it; any other secret is the key itself."""
KEPT = 1000
"""Changes that wait for a webhook; of more, the oldest go: the report is in the next one anyway."""
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 300.0
"""Seconds between two attempts: doubled from the first to the longest."""
PATIENCE = 10.0
"""Seconds for the next bytes of an answer."""
LIMIT = 30.0
"""Seconds for one answer: one that comes byte by byte is in time for each of them."""
LEFT_ALONE = 4
"""Attempts that may still be under way, given up for their time: of more, none is made until one of them has ended."""


def key_of(secret: str) -> bytes:
    """The key of a secret. Raises ``ConfigurationError`` for one that begins as Base64 and is none, or has more to it.

    A line end behind it, as a file or a variable has that was made by ``echo``, would be a part of the key: nobody
    could verify what it signs.
    """
    if secret != secret.strip():
        hint = "remove it; echo writes a line end, printf does not"
        raise ConfigurationError(f"${SECRET} has white space before or after it", hint=hint)
    if not secret.startswith(PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        hint = f"give all of it, or a text of your own that does not begin with {PREFIX}"
        raise ConfigurationError(f"${SECRET} is not Base64 after {PREFIX}", hint=hint) from None


def signature(key: bytes, identity: str, timestamp: str, body: bytes) -> str:
    """What ``webhook-signature`` says of a message."""
    digest = hmac.new(key, b".".join((identity.encode(), timestamp.encode(), body)), sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def assert_webhook(url: str) -> None:
    """Raise ``ConfigurationError`` for a URL that nothing can be posted to; the error does not show it.

    A request has no room for spaces, nor for letters beyond ASCII (RFC 9112).
    """
    try:
        parts = urlsplit(url)
        is_one = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets or a port that are none
        is_one = False
    if not is_one:
        raise ConfigurationError("the webhook is not a URL", hint="write https://host/path")
    if not (url.isascii() and url.isprintable()) or " " in url:
        hint = "write each such character as its percent code: %20 is a space"
        raise ConfigurationError("the URL of the webhook has a space or a character beyond ASCII", hint=hint)


@dataclass(slots=True)
class Webhook:
    """Where changes are told, and those that it has not taken yet."""

    url: str = field(repr=False)
    key: bytes | None = field(repr=False)
    tell: Callable[[str], None]
    """Is told once when the webhook takes nothing any more, and once when it does again."""
    on_taken: Callable[[], None]
    untold: list[Event] = field(default_factory=list)
    drifts: Sequence[Drift] = ()
    first_pause: float = FIRST_PAUSE
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _attempts: list[threading.Thread] = field(default_factory=list)

    def add(self, events: Sequence[Event], drifts: Sequence[Drift]) -> None:
        """Have these changes told, with the report of the same round."""
        self.drifts = drifts
        self.untold = [*self.untold, *events][-KEPT:]
        if self.untold:
            self._news.set()

    async def serve(self) -> None:
        """Post what there is to tell, until cancelled; what comes meanwhile is told together."""
        refused = ""
        pause = self.first_pause
        while True:
            await self._news.wait()
            self._news.clear()
            while self.untold:
                events = tuple(self.untold)
                problem = await self._post(webhook_body(events, self.drifts))
                if not problem:
                    told = set(events)
                    self.untold = [event for event in self.untold if event not in told]
                    self.on_taken()
                    if refused:
                        self.tell(f"webhook {self.host}: takes messages again")
                    refused, pause = "", self.first_pause
                    continue
                if not refused:
                    self.tell(f"webhook {self.host}: {problem}; it is tried again until it is taken")
                refused = problem
                await asyncio.sleep(pause * secrets.SystemRandom().uniform(0.8, 1.0))
                pause = min(2 * pause, LONGEST_PAUSE)

    @property
    def host(self) -> str:
        """The host alone: the path of a webhook is often its secret."""
        return urlsplit(self.url).hostname or ""

    async def _post(self, body: bytes) -> str:
        """Post it; why it was not taken, ``""`` where it was.

        In a thread that nobody waits for at the end, which the pool of an event loop would, nor beyond ``LIMIT``.
        """
        self._attempts = [thread for thread in self._attempts if thread.is_alive()]
        if len(self._attempts) >= LEFT_ALONE:
            return _TOO_SLOW
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[str] = loop.create_future()

        def settle(problem: str) -> None:
            if not answer.done():
                answer.set_result(problem)

        def work() -> None:
            problem = post(self.url, body, self._headers(body))
            if not loop.is_closed():
                loop.call_soon_threadsafe(settle, problem)

        self._attempts.append(threading.Thread(target=work, name="schemadrift-webhook", daemon=True))
        self._attempts[-1].start()
        try:
            async with asyncio.timeout(LIMIT):
                return await answer
        except TimeoutError:
            return _TOO_SLOW

    def _headers(self, body: bytes) -> dict[str, str]:
        identity, timestamp = f"msg_{sha256(body).hexdigest()[:32]}", str(int(time.time()))
        headers = {
            "content-type": "application/json",
            "user-agent": "schemadrift",
            "webhook-id": identity,
            "webhook-timestamp": timestamp,
        }
        if self.key is not None:
            headers["webhook-signature"] = signature(self.key, identity, timestamp, body)
        return headers


_TOO_SLOW = "TimeoutError"
"""As ``post`` says it of an answer that does not begin."""


class _NoRedirect(HTTPRedirectHandler):
    """A redirect would be followed with GET, and without the body: it is an answer like any other that is not 2xx."""

    def redirect_request(  # as it is called
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: object, newurl: str
    ) -> Request | None:
        return None


def post(url: str, body: bytes, headers: dict[str, str]) -> str:
    """Post it, through the proxy that the environment names; why it was not taken, ``""`` where it was (2xx).

    An account in the URL becomes a header (RFC 7617): ``urllib`` takes it for a part of the host.
    """
    parts = urlsplit(url)
    if parts.username is not None:
        account = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
        headers = {**headers, "authorization": f"Basic {base64.b64encode(account).decode()}"}
        url = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    request = Request(url, data=body, headers=headers, method="POST")  # noqa: S310  # assert_webhook looked at it
    try:
        with build_opener(_NoRedirect).open(request, timeout=PATIENCE):
            return ""
    except HTTPError as error:
        error.close()
        return f"answers {error.code}"
    except (OSError, HTTPException, ValueError) as error:  # no such host, refused, timed out, cut off, no HTTP
        reason = getattr(error, "reason", error)
        return _words(reason) if isinstance(reason, BaseException) else str(reason)


def _words(reason: BaseException) -> str:
    """What went wrong, in words that hold nothing of the URL: the system's own, else the name of the error."""
    said = getattr(reason, "verify_message", None) or (reason.strerror if isinstance(reason, OSError) else None)
    return f"{type(reason).__name__}: {said}" if said else type(reason).__name__
