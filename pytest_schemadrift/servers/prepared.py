"""The data folders that a server's own set-up made once: it takes seconds, and a copy some hundredths of one."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from filelock import FileLock

from pytest_schemadrift.core.private import private_folder
from pytest_schemadrift.errors import ServerUnavailable
from pytest_schemadrift.servers.accounts import Account
from pytest_schemadrift.servers.find import SERVERS, Programs, servers_folder
from pytest_schemadrift.servers.supervise import copy_folder, new_folder, new_part


def prepared_data(
    kind: str, programs: Programs, options: list[str], account: Account, set_up: Callable[[Path], None]
) -> Path:
    """The data folder of a server of this ``kind``, made by ``set_up`` where no earlier run has done so.

    ``set_up`` fills an empty folder that belongs to ``account``. The folder is one for these programs and for
    ``options``, which ``set_up`` gives them. Raises ``ServerUnavailable`` with what a failing program says.
    """
    key = sha256(f"{programs.folder} {programs.version} {options}".encode()).hexdigest()[:16]
    folder = servers_folder("data") / f"{kind}-{key}"
    with FileLock(f"{folder}.lock"):
        if folder.is_dir():
            return private_folder(folder)
        work = new_folder(account)
        try:
            data = new_part(work, "data", account)
            set_up(data)
            copy_folder(data, folder.with_suffix(".new"))
            folder.with_suffix(".new").rename(folder)
        except subprocess.CalledProcessError as error:
            words = str(error.stderr or error.stdout).strip()[-300:]
            raise ServerUnavailable(
                f"{SERVERS[kind]} could not set up a data folder: {words}",
                tried=(programs.place,),
                hint="check the message above, or set url in [tool.schemadrift.databases] to use a server of yours",
            ) from None
        finally:
            shutil.rmtree(work, ignore_errors=True)
    return folder
