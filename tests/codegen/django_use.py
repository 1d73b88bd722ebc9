"""Run by itself: ``python django_use.py DIALECT URL`` beside a package ``app`` with models that ``reverse`` wrote.

What Django's own checks say fails; then every row is read, found by its key, written back and read again, and every
relation is followed. Prints how many rows each model saw, as JSON.
"""

from __future__ import annotations

import json
import sys
import warnings
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit


def settings_of(dialect: str, url: str) -> dict[str, Any]:
    if dialect == "sqlite":
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": url.removeprefix("sqlite://")}
    parts = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    engine = "postgresql" if dialect == "postgres" else "mysql"
    return {
        "ENGINE": f"django.db.backends.{engine}",
        "NAME": parts.path[1:],
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host") or query.get("unix_socket") or parts.hostname or "",
        "PORT": str(parts.port or ""),
    }


def use(model: Any) -> int:
    from django.db import connection

    rows = list(model.objects.all())
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(model._meta.db_table)}")
        assert cursor.fetchone() == (len(rows),), model
    for row in rows:
        for field in model._meta.fields:
            if field.is_relation:
                target = getattr(row, field.name)
                assert (target is None) == (getattr(row, field.attname) is None)
        for field in model._meta.many_to_many:
            list(getattr(row, field.name).all())
        if any(base.__name__ == "NoKey" for base in model.__mro__):
            continue
        assert model.objects.filter(pk=row.pk).count() == 1, model
        if not any(field.generated for field in model._meta.fields):
            row.save(force_update=True)
        again = model.objects.get(pk=row.pk)
        for field in model._meta.concrete_fields:
            if field.name not in ("last_update", "fulltext", "tsv"):
                old, new = getattr(row, field.attname), getattr(again, field.attname)
                assert new == old or old != old, (model, field.name, old, new)  # NaN is not itself
    return len(rows)


def main(dialect: str, url: str) -> None:
    warnings.simplefilter("error")
    if dialect in ("mysql", "mariadb"):
        import pymysql

        pymysql.install_as_MySQLdb()
    import django
    from django.conf import settings

    settings.configure(
        DATABASES={"default": settings_of(dialect, url)},
        INSTALLED_APPS=["django.contrib.postgres", "app"] if dialect == "postgres" else ["app"],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
    )
    django.setup()
    from django.apps import apps
    from django.core.management import call_command
    from django.db import connection

    warnings.simplefilter("ignore")  # naive dates in columns without a time zone
    call_command("check", databases=["default"], fail_level="WARNING")
    seen = {model.__name__: use(model) for model in apps.get_app_config("app").get_models()}
    connection.close()
    print(json.dumps(seen))


if __name__ == "__main__":
    main(*sys.argv[1:])
