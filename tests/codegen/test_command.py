"""``schemadrift reverse`` as it is typed, and the models as they are used."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from pytest_schemadrift import reverse
from pytest_schemadrift.servers import Server
from tests.harness import as_role
from tests.harness import typed as schemadrift

SHOP = """
    CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, name VARCHAR(20) NOT NULL);
    CREATE TABLE orders (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, user_id INT NOT NULL REFERENCES users (id));
    CREATE TABLE lines (order_id INT NOT NULL REFERENCES orders (id), line INT NOT NULL, text TEXT,
      PRIMARY KEY (order_id, line));
    CREATE TABLE notes (text TEXT, n INT);
    CREATE TABLE tags (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, word TEXT NOT NULL);
    CREATE TABLE user_tag (user_id INT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
      tag_id INT NOT NULL REFERENCES tags (id) ON DELETE CASCADE);
    CREATE UNIQUE INDEX user_tag_once ON user_tag (user_id, tag_id);
    CREATE TABLE follows (one_id INT NOT NULL REFERENCES users (id), other_id INT NOT NULL REFERENCES users (id),
      PRIMARY KEY (one_id, other_id));
    CREATE VIEW names AS SELECT id, name FROM users;
    CREATE TABLE alembic_version (version VARCHAR(32) PRIMARY KEY);
"""


@pytest.fixture
def shop(tmp_path: Path) -> str:
    path = tmp_path / "shop.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.executescript(SHOP)
    connection.close()
    return f"sqlite://{path}"


def python(folder: Path, source: str) -> str:
    """Run a program from standard input; what it prints."""
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-"],
        input=source,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.processes
def test_what_is_printed_can_be_piped_into_python(shop: str, tmp_path: Path) -> None:
    done = schemadrift(tmp_path, "reverse", "users", "--database-url", shop)
    assert done.returncode == 0, done.stderr
    assert "class Users(Model):" in done.stdout
    python(tmp_path, done.stdout)
    again = schemadrift(tmp_path, "reverse-generation", "users", "--database-url", shop)
    assert again.stdout == done.stdout


def test_all_of_it_into_a_file_and_the_rest_said(shop: str, tmp_path: Path) -> None:
    done = schemadrift(tmp_path, "--database-url", shop, "reverse", "--all", "-o", "models.py")
    assert (done.returncode, done.stdout) == (0, "")
    said = ["written: models.py (6 models)", "not expressed: views (name one to have an unmanaged model of it): names"]
    assert done.stderr.splitlines() == said
    text = (tmp_path / "models.py").read_text()
    assert "alembic" not in text
    assert "- views (name one to have an unmanaged model of it): names\n" in text
    assert f"    schemadrift reverse --all --database-url {shop}\n" in text


def test_a_file_that_says_something_else_is_replaced_only_by_force(shop: str, tmp_path: Path) -> None:
    target = tmp_path / "models.py"
    target.write_text("# mine\n")
    command = ["reverse", "--all", "--database-url", shop, "-o", "models.py"]
    refused = schemadrift(tmp_path, *command)
    assert (refused.returncode, target.read_text()) == (2, "# mine\n")
    assert "models.py is there with other content" in refused.stderr
    forced = schemadrift(tmp_path, *command, "--force")
    assert forced.returncode == 0
    assert "written: models.py (6 models)" in forced.stderr
    assert schemadrift(tmp_path, *command).returncode == 0, "the same text again is no loss"


def many(tmp_path: Path, number: int) -> str:
    with sqlite3.connect(tmp_path / "many.sqlite3") as connection:
        for n in range(number):
            word = ("shop", "log", f"lone{n}")[n % 3]
            connection.execute(f"CREATE TABLE {word}_{n} (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL)")
    connection.close()
    return f"sqlite://{tmp_path}/many.sqlite3"


@pytest.mark.processes
@pytest.mark.parametrize(("number", "is_package"), [(100, False), (101, True)])
def test_a_large_database_becomes_a_package(tmp_path: Path, number: int, is_package: bool) -> None:
    url = many(tmp_path, number)
    done = schemadrift(tmp_path, "--database-url", url, "reverse", "--all", "-o", "models.py")
    assert done.returncode == 0, done.stderr
    files = "models/ (101 models in 4 files: __init__.py, log.py, other.py, shop.py)"
    assert done.stderr == f"written: {files if is_package else 'models.py (100 models)'}\n"
    assert (tmp_path / "models.py").exists() is not is_package
    found = python(tmp_path, "import models; print(sum(hasattr(item, '_meta') for item in vars(models).values()))")
    assert int(found) == number + (not is_package)  # a file that makes models has Model, too
    one = schemadrift(tmp_path, "--database-url", url, "reverse", "--all", "-o", "one.py", "--split", "none")
    assert one.stderr == f"written: one.py ({number} models)\n"


def test_no_file_of_a_package_is_replaced_silently(shop: str, tmp_path: Path) -> None:
    command = ["--database-url", shop, "reverse", "--all", "-o", "models", "--split", "prefix"]
    assert schemadrift(tmp_path, *command).returncode == 0
    mine = tmp_path / "models" / "other.py"
    mine.write_text("# mine\n")
    (tmp_path / "models" / "__init__.py").unlink()
    (tmp_path / "models" / "old.py").write_text("# old\n")
    refused = schemadrift(tmp_path, *command)
    assert (refused.returncode, mine.read_text()) == (2, "# mine\n")
    assert "models/other.py is there with other content" in refused.stderr
    assert not (tmp_path / "models" / "__init__.py").exists(), "all or nothing"
    forced = schemadrift(tmp_path, *command, "--force")
    assert forced.returncode == 0
    assert "left as they were: old.py)" in forced.stderr


def test_a_package_never_hides_a_module(shop: str, tmp_path: Path) -> None:
    (tmp_path / "models.py").write_text("# mine\n")
    for output in ("models.py", "models"):
        done = schemadrift(
            tmp_path, "--database-url", shop, "reverse", "--all", "-o", output, "--split", "prefix", "--force"
        )
        assert done.returncode == 2
        assert "models.py is there, and Python would import the package models instead of it" in done.stderr
    assert not (tmp_path / "models").exists()
    printed = schemadrift(tmp_path, "--database-url", shop, "reverse", "--all", "--split", "prefix")
    assert (printed.returncode, printed.stdout) == (2, "")
    assert "several files cannot be printed" in printed.stderr


@pytest.mark.parametrize("style", ["tortoise", "django"])
def test_the_text_as_a_whole(style: str, shop: str, tmp_path: Path) -> None:
    done = schemadrift(tmp_path, "--database-url", shop, "reverse", "--all", "--style", style)
    wanted = (Path(__file__).parent / f"shop.{style}.golden").read_text()
    assert done.stdout[done.stdout.index("class Notes") :] == wanted


def test_a_view_is_written_where_it_is_named(shop: str, tmp_path: Path) -> None:
    done = schemadrift(tmp_path, "--database-url", shop, "reverse", "names")
    assert done.stderr == ""
    body = done.stdout.split("class Names(NoKey):")[1]
    assert "id = key(" in body
    assert "managed = False" in body


def test_a_key_to_a_table_that_was_not_asked_for_is_kept_as_a_constraint(shop: str, tmp_path: Path) -> None:
    done = schemadrift(tmp_path, "--database-url", shop, "reverse", "orders")
    assert "user_id = fields.IntField()" in done.stdout
    assert "# user_id -> users is no relation: users is not among the models" in done.stdout
    assert "FOREIGN KEY" in done.stdout


def test_the_password_is_nowhere(postgres_server: Server, tmp_path: Path) -> None:
    name = f"pw_{os.getpid()}"
    url = postgres_server.create_database(name)
    try:
        with_password = as_role(url, "postgres:s3cret") + "&password=s3cret"
        done = schemadrift(tmp_path, "--database-url", with_password, "reverse", "nothing")
        assert done.returncode == 2
        assert "s3cret" not in done.stdout + done.stderr
        schemadrift_sql(url, "CREATE TABLE t (id int)")
        done = schemadrift(tmp_path, "--database-url", with_password, "reverse", "--all")
        assert "class T(NoKey)" in done.stdout, done.stderr
        assert "s3cret" not in done.stdout + done.stderr
    finally:
        postgres_server.drop_database(name)


def schemadrift_sql(url: str, *statements: str) -> None:
    from pytest_schemadrift.sources.database import open_server
    from tests.harness import load, run

    async def execute() -> None:
        async with open_server(url) as server:
            await load(server, statements)

    run(execute())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["user"], ["there is no table 'user' in shop.sqlite3", "did you mean users or user_tag?"]),
        (["zzz"], ["there is no table 'zzz' in shop.sqlite3", "there are: alembic_version, follows, lines"]),
        ([], ["no table was named", "name tables, or write --all"]),
        (["--all", "--db", "other.sqlite3"], ["there is no file", "--db names an SQLite file"]),
        (["--all", "--db", "empty.sqlite3"], ["empty.sqlite3 has no tables"]),
    ],
)
def test_a_mistake_is_answered_in_few_lines(shop: str, tmp_path: Path, arguments: list[str], said: list[str]) -> None:
    sqlite3.connect(tmp_path / "empty.sqlite3").close()
    done = schemadrift(tmp_path, "--database-url", shop, "reverse", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) <= 5
    for text in said:
        assert text in done.stderr


def test_without_project_and_url_it_says_what_to_do(tmp_path: Path) -> None:
    done = schemadrift(tmp_path, "reverse", "--all")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) <= 5


def test_another_database_on_the_same_server(postgres_server: Server, tmp_path: Path) -> None:
    names = [f"db_{os.getpid()}_{letter}" for letter in "ab"]
    urls = [postgres_server.create_database(name) for name in names]
    try:
        schemadrift_sql(urls[1], "CREATE TABLE there (id int PRIMARY KEY)")
        done = schemadrift(tmp_path, "--database-url", urls[0], "reverse", "--all", "--db", names[1])
        assert "class There(Model)" in done.stdout, done.stderr
        done = schemadrift(tmp_path, "--database-url", urls[0], "reverse", "--all")
        assert f"{names[0]} has no tables" in done.stderr
        done = schemadrift(tmp_path, "--database-url", urls[0], "reverse", "--all", "--db", "nowhere")
        assert done.returncode == 2
        assert "nowhere" in done.stderr
    finally:
        for name in names:
            postgres_server.drop_database(name)


@pytest.mark.parametrize("dialect", [pytest.param(n, marks=getattr(pytest.mark, n)) for n in ("mysql", "mariadb")])
def test_a_user_without_rights_is_told_of_them(
    dialect: str, fresh_database: Callable[[str], str], tmp_path: Path
) -> None:
    url = fresh_database(dialect)
    name = urlsplit(url).path[1:]
    user = f"blind_{os.getpid()}"
    schemadrift_sql(
        url,
        "CREATE TABLE seen (id int PRIMARY KEY, x int)",
        "CREATE TABLE hidden (id int PRIMARY KEY)",
        f"CREATE USER {user}@localhost",
        f"GRANT SELECT ON `{name}`.seen TO {user}@localhost",
    )
    try:
        blind = as_role(url, user)
        done = schemadrift(tmp_path, "--database-url", blind, "reverse", "hidden")
        assert done.returncode == 2
        assert "GRANT SELECT" in done.stderr
        assert len(done.stderr.splitlines()) <= 5
        done = schemadrift(tmp_path, "--database-url", blind, "reverse", "seen")
        assert "class Seen(Model)" in done.stdout, done.stderr
    finally:
        schemadrift_sql(url, f"DROP USER {user}@localhost")


@pytest.mark.processes
def test_a_role_of_postgresql_needs_no_right_on_a_table(fresh_database: Callable[[str], str], tmp_path: Path) -> None:
    url = fresh_database("postgres")
    role = f"blind_{os.getpid()}"
    schemadrift_sql(
        url,
        "CREATE SCHEMA private",
        "CREATE TABLE private.t (id serial PRIMARY KEY, word text NOT NULL DEFAULT 'x')",
        f"CREATE ROLE {role} LOGIN",
    )
    try:
        done = schemadrift(tmp_path, "--database-url", as_role(url, role), "reverse", "private.t")
        assert "class T(Model)" in done.stdout, done.stderr
        assert 'db_default="x"' in done.stdout
    finally:
        schemadrift_sql(url, f"DROP ROLE {role}")


USE = """
import asyncio
from tortoise import Tortoise
from tortoise.exceptions import OperationalError
import models as m

async def main():
    await Tortoise.init(db_url=URL, modules={"models": ["models"]})
    try:
        await use()
    finally:  # an open connection would keep the program alive
        await Tortoise.close_connections()

async def use():
    ann, bob = await m.Users.create(name="ann"), await m.Users.create(name="bob")
    order = await m.Orders.create(user=ann)
    other = await m.Orders.create(user=bob)
    for n in (1, 2, 3):
        await m.Lines.create(order=other, line=n, text=f"other {n}")
    lines = [await m.Lines.create(order=order, line=n, text=f"line {n}") for n in (1, 2, 3)]
    lines[1].text = "changed"
    await lines[1].save()
    await lines[2].delete()
    rest = await m.Lines.filter(order=other).order_by("line").values_list("line", "text")
    assert rest == [(n, f"other {n}") for n in (1, 2, 3)], rest
    rows = await m.Lines.filter(order=order).order_by("line").values_list("line", "text")
    assert rows == [(1, "line 1"), (2, "changed")], rows
    assert await m.Lines.filter(order=order).count() == 2
    assert [line.line for line in await order.lines.all().order_by("line")] == [1, 2]
    again = await m.Lines.get(order=order, line=1)
    assert (await again.order).id == order.id
    await m.Lines.filter(line=1).update(text="by query")
    assert (await m.Lines.get(order_id=order.id, line=1)).text == "by query"
    note = await m.Notes.create(text="a", n=1)
    await m.Notes.create(text="a", n=1)
    for change in (note.save, note.delete):
        try:
            await change()
        except OperationalError:
            pass
        else:
            raise AssertionError("a twin was changed")
    assert await m.Notes.all().count() == 2
    tag = await m.Tags.create(word="new")
    await ann.tags.add(tag)
    assert [user.name for user in await tag.users.all()] == ["ann"]
    await ann.other.add(bob)
    assert [user.name for user in await bob.one.all()] == ["ann"]
    assert [(f.one_id, f.other_id) for f in await m.Follows.all()] == [(ann.id, bob.id)]

asyncio.run(main())
print("used")
"""


@pytest.mark.processes
def test_a_row_of_several_key_columns_is_changed_alone(shop: str, tmp_path: Path) -> None:
    """Tortoise knows keys of one column: its own save() and delete() would take every line of the order."""
    assert schemadrift(tmp_path, "--database-url", shop, "reverse", "--all", "-o", "models.py").returncode == 0
    assert python(tmp_path, f"URL = {shop!r}\n{USE}") == "used\n"


def test_the_function_gives_the_text(shop: str) -> None:
    import asyncio

    text = asyncio.run(reverse(["users"], database_url=shop))
    assert "class Users(Model):" in text
    every = asyncio.run(reverse(database_url=shop))
    assert "class Orders(Model):" in every


def test_an_ordinary_key_of_sqlite_is_an_ordinary_field(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.db")) as connection:
        connection.execute("CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, name VARCHAR(20) NOT NULL)")
    done = schemadrift(tmp_path, "reverse", "a", "--database-url", f"sqlite://{tmp_path}/a.db")
    assert "    id = fields.IntField(primary_key=True)\n" in done.stdout
    assert "TypedColumn" not in done.stdout


def test_a_column_that_tortoise_passes_to_itself_is_named(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.db")) as connection:
        connection.execute("CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, cls INT)")
    done = schemadrift(tmp_path, "reverse", "a", "--database-url", f"sqlite://{tmp_path}/a.db")
    assert "columns whose rows Tortoise reads by values() or only() alone: a.cls" in done.stdout
    assert 'cls_field = fields.IntField(source_field="cls", null=True)' in done.stdout
