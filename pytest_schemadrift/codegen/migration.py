"""The source of a migration: SQL for one dialect as Tortoise's own tool or Aerich runs it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Content:
    """What a migration does: statements without semicolons, and what is to be said of them.

    ``backward`` is ``None`` where no SQL leads back; ``lost`` are sentences on what does not come back. ``as_script``
    says that the statements are one text that holds its own transaction (SQLite, whose pragma for foreign keys is
    ignored inside another one); ``one_by_one`` that the driver hides the errors of all but the first of a text
    (MySQL and MariaDB).
    """

    title: str
    forward: tuple[str, ...]
    backward: tuple[str, ...] | None
    deeds: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    as_script: bool = False
    one_by_one: bool = False


ByDialect = Mapping[str, Content]
"""What a migration does on each dialect, as Tortoise names it; of a single one, the name is of no matter."""
NOTHING = Content("", (), ())
"""What a migration does where another dialect alone needs it."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """Operations that tell Tortoise what the models are now, as source text, and the imports that they need."""

    operations: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()


def spread(apps: Sequence[str], operations: Mapping[str, Sequence[str]]) -> list[tuple[str, tuple[str, ...]]]:
    """Which migration records which operations: each app's last one, and more at the end where those are too early.

    ``apps`` are those of the migrations, in order. Tortoise refuses a migration after which a relation refers to a
    model that no migration has made yet, so an operation waits for those of other apps that make what it refers to.
    """
    waiting = {app: list(operations.get(app, ())) for app in dict.fromkeys(apps)}
    last = {app: place for place, app in enumerate(apps)}
    found = [(app, _ready(waiting, app) if last[app] == place else ()) for place, app in enumerate(apps)]
    while any(waiting.values()):
        more = [(app, ready) for app in waiting if (ready := _ready(waiting, app))]
        if not more:  # they refer to each other: Tortoise's own tool has no order for them either
            more = [(app, tuple(left)) for app, left in waiting.items() if left]
            waiting = {}
        found += more
    return found


def _ready(waiting: dict[str, list[str]], app: str) -> tuple[str, ...]:
    """Take as many of an app's operations as refer to nothing that is made later."""
    own = waiting[app]
    for number in range(len(own), -1, -1):
        later = _made({**waiting, app: own[number:]})
        if not any(_strings(operation) & later for operation in own[:number]):
            waiting[app] = own[number:]
            return tuple(own[:number])
    return ()


def _made(operations: Mapping[str, Iterable[str]]) -> set[str]:
    """The models that operations make, as ``app.Model``."""
    found = set()
    for app, texts in operations.items():
        for text in texts:
            call = ast.parse(text, mode="eval").body
            assert isinstance(call, ast.Call)
            kind = call.func.attr if isinstance(call.func, ast.Attribute) else ""
            word = {"CreateModel": "name", "RenameModel": "new_name"}.get(kind)
            found |= {f"{app}.{ast.literal_eval(item.value)}" for item in call.keywords if item.arg == word}
    return found


def _strings(operation: str) -> set[str]:
    tree = ast.parse(operation, mode="eval")
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


_RECORD = '''async def nothing(*_: object) -> None:
    """The SQL below is what changes the database."""


def recorded(operation: ops.Operation) -> ops.Operation:
    """The operation as a record for tortoise makemigrations, which need not find it again; it runs nothing."""
    operation.database_forward = operation.database_backward = nothing
    return operation


'''


_BY_DIALECT = '''class SQLByDialect(ops.RunSQL):
    """The SQL of the dialect that the migration runs on; it fails on one that it was not written for."""

    async def database_forward(self, app_label, old_state, new_state, state_editor=None) -> None:
        if state_editor:
            chosen = ops.RunSQL(self.for_dialect(self.sql, state_editor))
            await chosen.database_forward(app_label, old_state, new_state, state_editor)

    async def database_backward(self, app_label, old_state, new_state, state_editor=None) -> None:
        if state_editor:
            chosen = ops.RunSQL("", reverse_sql=self.for_dialect(self.reverse_sql, state_editor))
            await chosen.database_backward(app_label, old_state, new_state, state_editor)

    def for_dialect(self, texts, state_editor):
        dialect = state_editor.client.capabilities.dialect
        if dialect not in texts:
            raise NotImplementedError(f"this migration has no SQL for {dialect}")
        return texts[dialect]


'''


def native_text(contents: ByDialect, depends_on: Sequence[tuple[str, str]], recorded: Recorded) -> str:
    """A migration of Tortoise's own."""
    imports = dict.fromkeys(
        ("from tortoise import migrations", "from tortoise.migrations import operations as ops", *recorded.imports)
    )
    lines = [*_docstring(contents), "", *imports, "", ""]
    text = "\n".join(lines) + "\n" + (_RECORD if recorded.operations else "")
    text += _BY_DIALECT if len(contents) > 1 else ""
    lines = ["class Migration(migrations.Migration):", f"    dependencies = {list(depends_on)!r}", ""]
    if any(content.as_script for content in contents.values()):
        lines += [f"    atomic = False  # {_WHOLE if len(contents) > 1 else 'the SQL holds its own transaction'}", ""]
    lines += ["    operations = [", *_native_sql(contents)]
    for operation in recorded.operations:
        first, *rest = operation.splitlines()
        lines += ["        recorded(", f"            {first}", *(f"    {line}" for line in rest), "        ),"]
    return text + "\n".join([*lines, "    ]", ""])


_WHOLE = "SQLite's SQL holds its own transaction; PostgreSQL makes one of a text with several statements"


def _native_sql(contents: ByDialect) -> list[str]:
    """The operation that runs the SQL; none where there is nothing to run."""
    if not any(content.forward for content in contents.values()):
        return []
    if len(contents) == 1:
        (content,) = contents.values()
        lines = ["        ops.RunSQL(", f"            sql={_texts(content, content.forward)},"]
        if content.backward is not None:
            lines += [f"            reverse_sql={_texts(content, content.backward)},"]
        return [*lines, "        ),"]
    framed = any(content.as_script for content in contents.values())
    held = {name: replace(item, as_script=framed and not item.one_by_one) for name, item in contents.items()}
    forward = {name: _texts(content, content.forward, 4) for name, content in held.items()}
    lines = ["        SQLByDialect(", "            sql={", *_entries(forward), "            },"]
    backward = {
        name: _texts(content, content.backward, 4) for name, content in held.items() if content.backward is not None
    }
    if backward:
        lines += ["            reverse_sql={", *_entries(backward), "            },"]
    return [*lines, "        ),"]


def _entries(texts: Mapping[str, str]) -> list[str]:
    return [f"                {name!r}: {text}," for name, text in texts.items()]


def _texts(content: Content, statements: Sequence[str], deeper: int = 0) -> str:
    if content.as_script or not statements:
        return _literal(script(statements))
    indent = " " * (12 + deeper)
    items = "".join(f"{indent}    {_literal(statement)},\n" for statement in statements)
    return f"[\n{items}{indent}]"


def aerich_text(contents: ByDialect, state: str | None, *, chooses_transaction: bool) -> str:
    """A migration of Aerich's; ``state`` is the value of its ``MODELS_STATE``, which old versions do not have.

    ``chooses_transaction`` says that the version knows ``RUN_IN_TRANSACTION``.
    """
    lines = [*_docstring(contents), "", "from tortoise import BaseDBAsyncClient", ""]
    if chooses_transaction:
        lines += ["RUN_IN_TRANSACTION = True", ""]
    lines += ["", "async def upgrade(db: BaseDBAsyncClient) -> str:"]
    lines += _aerich_bodies({name: (content, content.forward) for name, content in contents.items()})
    lines += ["", "", "async def downgrade(db: BaseDBAsyncClient) -> str:"]
    lines += _aerich_bodies({name: (content, content.backward) for name, content in contents.items()})
    if state is not None:
        rows = [state[place : place + 70] for place in range(0, len(state), 70)]
        lines += ["", "", "MODELS_STATE = (", *(f'    "{row}"' for row in rows), ")"]
    return "\n".join([*lines, ""])


def _docstring(contents: ByDialect) -> list[str]:
    lines: list[str] = []
    for content in contents.values():
        lines += ["", content.title, "", *(f"- {deed}" for deed in content.deeds)] if content.title else []
    lost = dict.fromkeys(line for content in contents.values() for line in content.lost)
    lines += ["", *lost] if lost else []
    text = "\n".join(lines[1:]).replace("\\", "\\\\").replace('"""', r"\"\"\"")
    return [*f'"""{text}'.splitlines(), '"""']


def _aerich_bodies(ways: Mapping[str, tuple[Content, Sequence[str] | None]]) -> list[str]:
    """The body of a function that runs the statements of the dialect it is called for."""
    if len(ways) == 1:
        ((content, statements),) = ways.values()
        return _aerich_body(content, statements)
    lines = []
    for name, (content, statements) in ways.items():
        lines += [f'    if db.capabilities.dialect == "{name}":']
        if statements == ():
            lines += ['        return "SELECT 1"  # there is nothing to do']
        else:
            lines += [f"    {line}" for line in _aerich_body(content, statements)]
    return [*lines, '    raise NotImplementedError(f"this migration has no SQL for {db.capabilities.dialect}")']


def _aerich_body(content: Content, statements: Sequence[str] | None) -> list[str]:
    if statements is None:
        return ['    return ""  # Aerich refuses a downgrade then']
    if not content.one_by_one or len(statements) == 1:
        return [f"    return {_literal(script(statements))}"]
    return [
        "    # one at a time: of several in one text, the driver shows the errors of the first alone",
        *(f"    await db.execute_script({_literal(statement)})" for statement in statements[:-1]),
        f"    return {_literal(statements[-1])}",
    ]


def script(statements: Sequence[str]) -> str:
    """Statements as one text."""
    return "\n".join(f"{statement};" for statement in statements)


def _literal(text: str) -> str:
    """A Python literal, over several lines where the text has several and nothing in it is lost by that."""
    if "\n" in text and "\\" not in text and '"""' not in text and text[-1:] != '"' and _is_plain(text):
        return f'"""{text}"""'
    if '"' not in text and "\\" not in text and text.isprintable():
        return f'"{text}"'
    return repr(text)


def _is_plain(text: str) -> bool:
    return all(line.isprintable() for line in text.split("\n"))
