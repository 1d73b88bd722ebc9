"""A snapshot: what the models of one connection want, as a committed file of DDL that people review and Git merges.

The file ends with a seal, a hash of the file itself and of all that it was made from. While the seal holds, the models
want exactly what the file says, and nobody has to read its SQL to know. Nothing here imports a dialect.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_schemadrift.core.files import write_whole
from pytest_schemadrift.errors import ConfigurationError, DDLSyntaxError
from pytest_schemadrift.shown import reason

if TYPE_CHECKING:
    from pytest_schemadrift.sources.models import ModelSource

FORMAT = 1
"""Part of every seal: raise it where what is written for the same models changes its meaning."""

_SEAL = re.compile(r"^-- schemadrift seal: ([0-9a-f]{32})\s*\Z", re.MULTILINE)
_HEAD = re.compile(r"\A-- The schema of the models on connection .*, for (\w+)\.$", re.MULTILINE)
_MARKERS = ("<<<<<<< ", "||||||| ", ">>>>>>> ")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot as it was read: ``body`` is its DDL, ``dialect`` what its head names, ``seal`` its last line's hash.

    Both are ``""`` in a file that is not, or no longer, as it was written.
    """

    body: str
    dialect: str = ""
    seal: str = ""

    def is_sealed_for(self, origin: str) -> bool:
        """Whether neither the file nor what it was made from (``origin_of``) has changed since it was written."""
        return self.seal == _seal(self.body, origin)


def origin_of(source: ModelSource, dialect: str, exclude: Iterable[str]) -> str:
    """Everything that a snapshot is made from, as one text: the models' DDL and what chooses and spells it."""
    return "\0".join([str(FORMAT), dialect, *sorted(exclude), "", source.sql])


def compose(connection: str, dialect: str, ddl: str, origin: str | None) -> str:
    """The text of a snapshot file. Without ``origin`` it gets no seal: such a file is always read in full."""
    body = (
        f"-- The schema of the models on connection {connection!r}, for {dialect}.\n"  # as _HEAD reads it
        "-- Made by `schemadrift snapshot`: change the models and run it again, also after a merge conflict.\n"
        f"\n{ddl.strip()}\n\n"
    )
    return body + (f"-- schemadrift seal: {_seal(body, origin)}\n" if origin is not None else "")


def _seal(body: str, origin: str) -> str:
    return sha256(f"{body}\0{origin}".encode()).hexdigest()[:32]


def parse_snapshot(text: str) -> Snapshot:
    """Take a file's text apart."""
    text = _unix_lines(text).removeprefix("\ufeff")
    head, seal = _HEAD.search(text), _SEAL.search(text)
    return Snapshot(
        text[: seal.start()] if seal else text, dialect=head[1] if head else "", seal=seal[1] if seal else ""
    )


def _unix_lines(text: str) -> str:
    """Git may have given every line the ending of Windows; where only some have it, it belongs to a literal."""
    return text.replace("\r\n", "\n") if text.count("\n") == text.count("\r\n") else text


def read_snapshot(path: Path) -> Snapshot:
    """Read a snapshot file (UTF-8). Raises ``ConfigurationError`` where it is missing, ``DDLSyntaxError``."""
    try:
        text = path.read_bytes().decode()
    except FileNotFoundError:
        raise ConfigurationError(
            "there is no snapshot of the models", where=str(path), hint="write it with schemadrift snapshot"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise DDLSyntaxError(
            f"the snapshot cannot be read: {reason(error)}",
            path=str(path),
            hint="write it again with schemadrift snapshot",
        ) from None
    return parse_snapshot(text)


def assert_merged(text: str, path: str) -> None:
    """Raise ``DDLSyntaxError`` with the line where Git left conflict markers in a DDL file."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith(_MARKERS):
            raise DDLSyntaxError(
                "the file has merge conflict markers", path=path, line=number, hint="resolve the conflict first"
            )


def write_snapshot(path: Path, text: str) -> None:
    """Write a snapshot file, its folder too. Raises ``ConfigurationError`` where that cannot be done."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text)
    except OSError as error:
        raise ConfigurationError(
            f"the snapshot cannot be written: {error.strerror}", where=str(path), hint="make its folder writable"
        ) from None
