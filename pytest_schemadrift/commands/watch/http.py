"""The two pages of a watch, ``/metrics`` and ``/healthz``: enough HTTP for a scraper and a probe, and no more."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from pytest_schemadrift.errors import ConfigurationError

OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
PLAIN = "text/plain; charset=utf-8"
PATIENCE = 5.0
"""Seconds for one request, from its first byte to the last of its answer."""
LONGEST = 16 * 1024
"""Bytes of a request's head."""
AT_ONCE = 50
"""Requests that are answered at the same time; a scraper and a probe need two."""


@dataclass(frozen=True, slots=True)
class Page:
    """An answer."""

    status: str
    type: str
    text: str


Pages = Callable[[str, str], Page | None]
"""(path, what the client accepts) -> the page, ``None`` where there is none."""


def metrics_page(text: str, accepted: str) -> Page:
    """The metrics in the format that the client asks for; the text is valid in both."""
    return Page("200 OK", OPENMETRICS if "application/openmetrics-text" in accepted else PROMETHEUS, text)


@asynccontextmanager
async def serving(host: str, port: int, pages: Pages) -> AsyncIterator[int]:
    """Answer requests for as long as the block runs; gives the port. Raises ``ConfigurationError``."""
    free = asyncio.Semaphore(AT_ONCE)

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(PATIENCE), free:
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(_answer(head, pages))
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
            pass  # the client's own affair
        finally:
            writer.close()
            with contextlib.suppress(OSError, TimeoutError):
                await asyncio.wait_for(writer.wait_closed(), PATIENCE)

    try:
        server = await asyncio.start_server(connected, host or None, port, limit=LONGEST)
    except OSError as error:
        where = f"--listen {host}:{port}"
        raise ConfigurationError(
            f"cannot listen: {error.strerror or error}", where=where, hint="choose another port"
        ) from None
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def _answer(head: bytes, pages: Pages) -> bytes:
    lines = head.decode("latin-1").split("\r\n")
    words = lines[0].split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        return _response(Page("400 Bad Request", PLAIN, "this is no HTTP/1.1\n"))
    method, target, _ = words
    if method not in ("GET", "HEAD"):
        return _response(Page("405 Method Not Allowed", PLAIN, "only GET\n"))
    names = (line.partition(":")[::2] for line in lines[1:])
    accepted = next((value for name, value in names if name.strip().lower() == "accept"), "")
    page = pages(target.partition("?")[0], accepted) or Page("404 Not Found", PLAIN, "/metrics or /healthz\n")
    return _response(page, body=method == "GET")


def _response(page: Page, *, body: bool = True) -> bytes:
    content = page.text.encode()
    head = (
        f"HTTP/1.1 {page.status}\r\nContent-Type: {page.type}\r\nContent-Length: {len(content)}\r\n"
        "Connection: close\r\nCache-Control: no-store\r\n\r\n"
    )
    return head.encode() + (content if body else b"")
