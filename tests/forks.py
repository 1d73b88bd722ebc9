"""Programs in processes of their own without the start of a Python, which is most of the time of a short run.

A process that has imported what they need, and has done nothing else, forks one for each run. A folder has small
programs with their names (``programs``), for the ``PATH`` of a shell; whoever runs one of these lends the new process
its input, its output, its folder and its environment. With ``make test ALL=1`` each run starts a Python, as it does for
a user.
"""

from __future__ import annotations

import gc
import importlib
import marshal
import os
import pkgutil
import random
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import NoReturn

PROGRAMS = ("pytest", "schemadrift", "modules/aerich", "modules/pytest_schemadrift", "modules/tortoise")
"""Those of ``modules`` are ``python -m``: their folder is the first place of modules."""
LENT = ("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX", "PYTHONPATH", "PYTHONUNBUFFERED")
"""What Python reads of its environment when it starts, and a process that is forked is given later, or does without.
Where there is more, a Python is started."""
PROGRAM = """#!{python} -IS
import _signal, _socket, array, marshal, os, sys  # what json, signal and socket are made of: half of a start
here = dict(os.environ)
if any(name.startswith("PYTHON") and name not in {lent} for name in here):
    os.execv({real!r}, [{real!r}, *sys.argv[1:]])
asking = _socket.socket(_socket.AF_UNIX)
asking.connect({address!r})
asking.sendmsg([b"-"], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, array.array("i", [0, 1, 2]))])
asked = marshal.dumps([{name!r}, sys.argv, os.getcwd(), here])
asking.sendall(b"%d " % len(asked) + asked)
answers = open(asking.detach(), "rb")
number = int(answers.readline())
for sent in (_signal.SIGINT, _signal.SIGTERM):
    _signal.signal(sent, lambda sent, frame: os.kill(number, sent))
code = int(answers.readline() or 1)
if code < 0:
    _signal.signal(-code, _signal.SIG_DFL)
    os.kill(os.getpid(), -code)
sys.exit(code)
"""


def command(name: str) -> list[str]:
    """How to call ``python -m name``."""
    program = f"modules/{name}"
    folder = programs() if program in PROGRAMS else None
    return [sys.executable, "-m", name] if folder is None else [str(folder / program)]


@cache
def programs() -> Path | None:
    """The folder of the programs, whose server ends with this process; ``None`` where each run is to start a Python."""
    if os.environ.get("SCHEMADRIFT_TEST_ALL"):
        return None
    folder = Path(tempfile.mkdtemp(prefix="schemadrift-forks-"))
    (folder / "modules").mkdir()
    address = str(folder / "s")
    for name in PROGRAMS:
        program = folder / name
        real = str(Path(sys.executable).with_name(_script(program.name)))
        values = {"python": sys.executable, "lent": LENT, "real": real, "address": address, "name": program.name}
        program.write_text(PROGRAM.format(**values))
        program.chmod(0o755)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    server = subprocess.Popen(
        [sys.executable, __file__, address], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    )
    assert server.stdout is not None
    with server.stdout as said:
        said.readline()  # it listens
    _servers.append(server)
    return folder


@cache
def _main_of(script: str) -> Callable[[], object]:
    (program,) = entry_points(group="console_scripts", name=script)
    main: Callable[[], object] = program.load()
    return main


def _script(name: str) -> str:
    """The program of a package that ``python -m`` runs."""
    return "schemadrift" if name == "pytest_schemadrift" else name


_servers: list[subprocess.Popen[bytes]] = []
"""Not closed before this process ends: by its end of the pipe the server knows that."""


def _serve(address: str) -> NoReturn:
    """Fork for each who connects one process that runs, and one that waits for it and tells how it ended."""
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(address)
    listening.listen()
    _import_first()
    gc.freeze()  # or each process copies all of that memory, in whose objects the collector makes its notes
    print("listening", flush=True)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while listening in select.select([listening, sys.stdin], [], [])[0]:  # and until nobody is there to ask
        asking, _ = listening.accept()
        if os.fork() == 0:
            listening.close()
            _answer(asking)
        asking.close()
    shutil.rmtree(Path(address).parent, ignore_errors=True)
    sys.exit()


def _import_first() -> None:
    import _pytest.assertion.rewrite
    import aerich.cli
    import pytest
    import tortoise.backends.sqlite
    import tortoise.cli

    import pytest_schemadrift
    from pytest_schemadrift.core.installed import entry_points_of

    del aerich, pytest, tortoise
    for module in pkgutil.walk_packages(pytest_schemadrift.__path__, "pytest_schemadrift."):
        if not module.name.endswith(".__main__") and ".contrib" not in module.name:
            importlib.import_module(module.name)
    for name in PROGRAMS:
        _main_of(_script(Path(name).name))
    entry_points_of("schemadrift")
    # Plugins that are imported before pytest looks for them are not rewritten, of which it would warn.
    _pytest.assertion.rewrite.AssertionRewritingHook._warn_already_imported = lambda *_: None  # type: ignore[method-assign]


def _answer(asking: socket.socket) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    _, lent, _, _ = socket.recv_fds(asking, 1, 3)
    with asking.makefile("rb") as words:
        size = b""
        while not size.endswith(b" "):
            size += words.read(1)
        name, arguments, folder, environment = marshal.loads(words.read(int(size)))
    pid = os.fork()
    if pid == 0:
        asking.close()
        _become(name, arguments, folder, environment, lent)
    for number in lent:
        os.close(number)
    asking.sendall(b"%d\n" % pid)
    _, status = os.waitpid(pid, 0)
    try:
        asking.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
    finally:
        os._exit(0)


def _become(name: str, arguments: list[str], folder: str, environment: dict[str, str], lent: list[int]) -> NoReturn:
    for number, own in zip(lent, (0, 1, 2), strict=True):
        os.dup2(number, own)
        os.close(number)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    random.seed()
    sys.argv = arguments
    sys.dont_write_bytecode = bool(environment.get("PYTHONDONTWRITEBYTECODE"))
    sys.pycache_prefix = environment.get("PYTHONPYCACHEPREFIX")
    more = [part for part in environment.get("PYTHONPATH", "").split(os.pathsep) if part]
    place = Path(arguments[0]).parent
    sys.path[:1] = [folder if place.name == "modules" else str(place), *more]
    sys.exit(_main_of(_script(name))())


if __name__ == "__main__":
    _serve(sys.argv[1])
