"""The DDL of the models: Tortoise's own generator against ours, which asks it once for each table."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.models import write_project
from tests.benchmarks.rows import Row
from tests.benchmarks.timing import ROOT

TARGET = 0.3
SCRIPT = """
import json, sys, time
from statistics import median
sys.path.insert(0, ".")
from pytest_schemadrift.commands import open_project, loaded_models
from pytest_schemadrift.sources.models import model_ddl
rounds = int(sys.argv[1])
project = open_project(".")
with loaded_models(project) as models:
    ours = []
    for _ in range(rounds):
        begin = time.perf_counter()
        model_ddl(models, "default")
        ours.append(time.perf_counter() - begin)
    from tortoise.utils import get_schema_sql
    models.make_queryable()
    begin = time.perf_counter()
    text = get_schema_sql(models.client("default"), safe=False)
    print(json.dumps({"ours": median(ours), "tortoise": time.perf_counter() - begin, "length": len(text)}))
"""


def row(size: int, rounds: int) -> Row:
    """The row for so many models, in PostgreSQL's spelling."""
    with tempfile.TemporaryDirectory() as name:
        folder = write_project(Path(name), size, "asyncpg://u@127.0.0.1:9/d")
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, str(rounds)],
            cwd=folder,
            env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(Path.home())},
            capture_output=True,
            text=True,
            check=True,
        )
    found = json.loads(done.stdout)
    target = TARGET if size >= 1000 else None
    against = f"Tortoise's get_schema_sql, once: {found['tortoise']:.2f} s"
    return Row("models", f"DDL of {size:,} models", found["ours"], target=target, against=against)
