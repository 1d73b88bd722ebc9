#!/usr/bin/env bash
# Tortoise: no row of a table with a column cls can be read as an object, whatever its field is called
#
# Version:   tortoise-orm==1.1.9, with the SQLite that Python brings
# Behaviour: A row becomes an object by Model._init_from_db(cls, **row), whose keywords are the columns of the database,
#            not the fields. A table with a column cls can be written and counted, and every query for its objects ends
#            in a TypeError, also where source_field gives the column another field; only() without it and values()
#            work. A field called as a parameter of create() or get() is taken for that parameter: create(using_db=...)
#            for a connection; negate can be stored and not searched.
# Output:    create and count work, all() is a TypeError with both names of the field; values() works; an AttributeError
#            for create(using_db=1), a TypeError for filter(negate=1)
# Source:    run on that version; tortoise/models.py, Model._init_from_db and Model.create; queryset.py, filter
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q tortoise-orm==1.1.9 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"

cat >"$tmp/look.py" <<'PYTHON'
import asyncio

from tortoise import Model, Tortoise, fields


class Taught(Model):
    id = fields.IntField(primary_key=True)
    cls = fields.CharField(max_length=5)


class Renamed(Model):
    id = fields.IntField(primary_key=True)
    school_class = fields.CharField(max_length=5, source_field="cls")


class Other(Model):
    id = fields.IntField(primary_key=True)
    using_db = fields.IntField(null=True)
    negate = fields.IntField(null=True)


async def attempt(what, query):
    try:
        print(f"{what}:", await query())
    except Exception as error:
        print(f"{what}:", type(error).__name__, error)


async def main():
    await Tortoise.init(db_url="sqlite://:memory:", modules={"models": ["__main__"]})
    await Tortoise.generate_schemas()
    for model, field in ((Taught, "cls"), (Renamed, "school_class")):
        await model(**{field: "4b"}).save()
        await attempt(f"{model.__name__} count", model.all().count)
        await attempt(f"{model.__name__} all", lambda: model.all())
        await attempt(f"{model.__name__} values", lambda: model.all().values(field))
        await attempt(f"{model.__name__} only", lambda: model.all().only("id"))
    await attempt("create using_db", lambda: Other.create(using_db=1))
    await Other.create(negate=1)
    await attempt("filter negate", lambda: Other.filter(negate=1))
    await Tortoise.close_connections()


asyncio.run(main())
PYTHON

expected=$(cat <<'TEXT'
Taught count: 1
Taught all: TypeError Model._init_from_db() got multiple values for argument 'cls'
Taught values: [{'cls': '4b'}]
Taught only: [<Taught: 1>]
Renamed count: 1
Renamed all: TypeError Model._init_from_db() got multiple values for argument 'cls'
Renamed values: [{'school_class': '4b'}]
Renamed only: [<Renamed: 1>]
create using_db: AttributeError 'int' object has no attribute 'executor_class'
filter negate: TypeError tortoise.queryset.QuerySet._filter_or_exclude() got multiple values for keyword argument 'negate'
TEXT
)

found=$(cd "$tmp" && venv/bin/python look.py 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
