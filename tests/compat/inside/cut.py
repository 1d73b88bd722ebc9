"""The zoo cut to what the installed Tortoise has: runs in the environment of a row, next to nothing but our package.

``cut(source)`` leaves out of a module of models what this Tortoise cannot import, or says in another word; and of what
it can import, what its own ``generate_schemas`` cannot create.
"""

from __future__ import annotations

import ast
import importlib
from inspect import signature
from pathlib import Path

from tortoise import fields
from tortoise.backends.base.schema_generator import BaseSchemaGenerator
from tortoise.fields.relational import ManyToManyFieldInstance

OPTIONS = set(signature(fields.Field.__init__).parameters)
LINKS = set(signature(ManyToManyFieldInstance.__init__).parameters)
HAS_DB_DEFAULT = "db_default" in OPTIONS
HAS_SCHEMAS = hasattr(BaseSchemaGenerator, "_qualify_table_name")
HAS_STEPS = hasattr(BaseSchemaGenerator, "_get_m2m_tables")  # from 0.24
KEY_OF_KEY = hasattr(BaseSchemaGenerator, "_get_pk_field_sql_type")  # from 0.22

RENAMED = {} if "primary_key" in OPTIONS else {"primary_key": "pk", "db_index": "index"}
UNIQUE_LINK = next((name for name in ("unique", "create_unique_index") if name in LINKS), "")

CANNOT: tuple[tuple[bool, str, str], ...] = (
    # (whether this Tortoise cannot, class, field or "" for all of it)
    (
        not HAS_DB_DEFAULT,
        "PythonDefault.name",
        "a quote in a Python default is a syntax error on PostgreSQL and SQLite",
    ),
    (not HAS_DB_DEFAULT, "PythonDefault.colour", "a member of an enumeration as a default: no encoder"),
    (not HAS_DB_DEFAULT, "PythonDefault.size", "the same"),
    (not KEY_OF_KEY, "ManyToMany.shared_key", "a many-to-many field to a one-to-one key has no type"),
    (not HAS_SCHEMAS, "Custom.computed", "a generated column that is no key is written without its expression"),
    (not HAS_SCHEMAS, "Search", "generated columns"),
    (not HAS_STEPS, "PostgreSQLIndex", "it is written as USING without a method"),
    (not HAS_SCHEMAS, "Namespaced", "Meta.schema is left out of what is created"),
    (not HAS_SCHEMAS, "NamespacedTwo", "the same"),
    (not HAS_SCHEMAS, "Partial", "indexes on expressions of Tortoise's own"),
    (not HAS_SCHEMAS, "OnlyMySQL", "the same"),
)
"""What ``generate_schemas`` of this Tortoise cannot create, and why."""


def cut(source: str) -> str:
    """The module without what this Tortoise does not have."""
    tree = ast.parse(source)
    gone = {name for cannot, name, _ in CANNOT if cannot}
    missing = _missing_imports(tree)
    missing |= {name for cannot, name, _ in CANNOT if cannot and name.endswith("Index")}
    dropped = {node.name for node in tree.body if isinstance(node, ast.ClassDef) and node.name in gone}
    while True:
        before = len(missing | dropped)
        dropped |= {
            node.name
            for node in tree.body
            if isinstance(node, ast.ClassDef) and _names(ast.Tuple(node.bases)) & (missing | dropped)
        }
        if len(missing | dropped) == before:
            break
    body: list[ast.stmt] = []
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            if node.name not in dropped:
                node.body = [item for item in node.body if _stays(item, node.name, gone, missing | dropped)] or [
                    ast.Pass()
                ]
                body.append(node)
        else:
            body.append(node)
    tree.body = body
    return ast.unparse(ast.fix_missing_locations(_Words(missing).visit(tree)))


def _missing_imports(tree: ast.Module) -> set[str]:
    """Names that cannot be imported here; their imports are taken out."""
    missing: set[str] = set()
    for node in list(tree.body):
        if not isinstance(node, ast.ImportFrom) or node.module is None or node.module == "__future__":
            continue
        if node.module == "tortoise.fields" and not hasattr(fields, "OnDelete"):
            node.module = "tortoise.fields.base"
        kept = [alias for alias in node.names if _importable(node.module, alias.name)]
        missing |= {alias.asname or alias.name for alias in node.names if alias not in kept}
        node.names = kept
        if not kept:
            tree.body.remove(node)
    return missing


def _importable(module: str, name: str) -> bool:
    try:
        return hasattr(importlib.import_module(module), name)
    except ImportError:
        return False


def _names(node: ast.AST) -> set[str]:
    return {item.id for item in ast.walk(node) if isinstance(item, ast.Name)}


def _texts(node: ast.AST) -> set[str]:
    return {item.value for item in ast.walk(node) if isinstance(item, ast.Constant) and isinstance(item.value, str)}


def _stays(item: ast.stmt, model: str, gone: set[str], missing: set[str]) -> bool:
    if isinstance(item, ast.ClassDef):
        return True
    keywords = {word.arg for node in ast.walk(item) if isinstance(node, ast.Call) for word in node.keywords}
    if "db_default" in keywords and not HAS_DB_DEFAULT:
        return False
    if f"{model}.{_target(item)}" in gone or (not _is_tuple(item) and _names(item) & missing):
        return False
    return not any(text.partition(".")[2] in missing for text in _texts(item) if "." in text)


def _is_tuple(item: ast.stmt) -> bool:
    return isinstance(item, ast.Assign) and isinstance(item.value, ast.Tuple)


def _target(item: ast.stmt) -> str:
    target: ast.expr | None = None
    if isinstance(item, ast.Assign):
        target = item.targets[0]
    elif isinstance(item, ast.AnnAssign):
        target = item.target
    return target.id if isinstance(target, ast.Name) else ""


class _Words(ast.NodeTransformer):
    """Keywords by the names that they have here; those of later versions are left out, as are missing indexes."""

    def __init__(self, missing: set[str]) -> None:
        self.missing = missing

    def visit_Tuple(self, node: ast.Tuple) -> ast.AST:
        self.generic_visit(node)
        node.elts = [
            item for item in node.elts if not (isinstance(item, ast.Call) and _names(item.func) & self.missing)
        ]
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        link = isinstance(node.func, ast.Attribute) and node.func.attr == "ManyToManyField"
        kept = []
        for word in node.keywords:
            if word.arg in RENAMED:
                word.arg = RENAMED[word.arg]
            if link and word.arg == "unique":
                if not UNIQUE_LINK:
                    continue
                word.arg = UNIQUE_LINK
            kept.append(word)
        node.keywords = kept
        return node


def write_zoo(zoo: Path, folder: Path, modules: tuple[str, ...]) -> None:
    """Write the package ``zoo`` into a folder, cut."""
    (folder / "zoo").mkdir()
    (folder / "zoo" / "__init__.py").touch()
    for module in modules:
        name = module.removeprefix("zoo.")
        (folder / "zoo" / f"{name}.py").write_text(cut((zoo / f"{name}.py").read_text()))
