"""The packages around Tortoise that are tried: what each brings, how it makes its tables, and a change made by hand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PROJECTS = Path(__file__).parent / "projects"
OLD_THREADS = ("aiosqlite<0.22",)
"""Until 0.24 Tortoise starts a connection as a thread, which since aiosqlite 0.22 it is not."""


@dataclass(frozen=True)
class Package:
    """One row: ``package`` in ``version``, its ``drift`` in SQL, and what the check must name of it.

    ``models`` are the modules that Tortoise is given; ``models`` itself is the file of ``projects`` that has the name
    of the package. ``commands`` make the tables where that is not ``generate_schemas``. ``only`` names a database
    that the package is for, ``extension`` one of PostgreSQL's that it needs. ``settings`` are lines of our section.
    """

    package: str
    version: str
    drift: str
    found: str
    models: tuple[str, ...] = ("models",)
    file: str = ""
    python: str = ""
    needs: tuple[str, ...] = ()
    label: str = "models"
    commands: tuple[tuple[str, ...], ...] = ()
    only: str = ""
    extension: str = ""
    settings: str = ""
    note: str = ""

    @property
    def name(self) -> str:
        return f"{self.package}-{self.version}" if self.package else self.file

    @property
    def requirements(self) -> list[str]:
        own = [f"{self.package}=={self.version}"] if self.version else []
        return [*own, *self.needs]

    @property
    def project(self) -> Path:
        """A module, or a folder with several."""
        name = self.file or self.package.replace("-", "_")
        folder = PROJECTS / name
        return folder if folder.is_dir() else PROJECTS / f"{name}.py"


def _dropped(table: str, column: str) -> tuple[str, str]:
    return f'ALTER TABLE "{table}" DROP COLUMN "{column}"', column


_DJANGO = ("{bin}/python", "-m", "django")

ROWS = (
    Package("tortoise-vector", "0.2.0", *_dropped("document", "title"), only="postgres", extension="vector"),
    Package("tortoise-auth", "0.6.0", *_dropped("tortoise_auth_refresh_tokens", "access_jti")),
    Package(
        "tortoise-passkey",
        "0.1.0",
        *_dropped("tortoise_passkey_credentials", "aaguid"),
        models=("tortoise_passkey.models",),
    ),
    Package("tortoise-imagefield", "0.2.0", *_dropped("photo", "image")),
    Package(
        "fastapi-users-tortoise",
        "0.2.0",
        *_dropped("oauthaccount", "refresh_token"),
        needs=("tortoise-orm<0.25", *OLD_THREADS),
    ),
    Package(
        "casbin-tortoise-adapter", "2.0.0", *_dropped("casbin_rule", "v5"), models=("casbin_tortoise_adapter.model",)
    ),
    Package("fastapi-admin", "1.0.4", *_dropped("admin", "password")),
    Package("sanic-security", "1.17.8", *_dropped("captcha_session", "code"), models=("sanic_security.models",)),
    Package("drfast-api", "0.2.0", *_dropped("note", "secret")),
    Package(
        "fapilot",
        "0.1.3",
        *_dropped("fapilot_admin_user", "email"),
        models=("aerich.models", "fapilot.admin.models"),
        python="3.13",
        commands=(("{bin}/aerich", "init", "-t", "settings.TORTOISE_ORM"), ("{bin}/aerich", "init-db")),
        note="tables made by Aerich, as its guide says",
    ),
    Package("nicegui-rdm", "0.2.3", *_dropped("product", "name"), python="3.13"),
    Package(
        "tortoise-march",
        "0.1.0",
        *_dropped("item", "price"),
        python="3.13",
        only="postgres",
        settings='unmanaged = "fail"',
        commands=(("{bin}/tortoisemarch", "makemigrations"), ("{bin}/tortoisemarch", "migrate")),
        note="tables made by its migrations",
    ),
    Package(
        "django-tortoise-objects",
        "0.1.2",
        *_dropped("shop_item", "note"),
        needs=("django==5.2.*", "psycopg[binary]"),
        models=("reversed",),
        commands=(
            (*_DJANGO, "makemigrations", "shop"),
            (*_DJANGO, "migrate"),
            ("{bin}/schemadrift", "reverse", "--all", "-o", "reversed.py"),
        ),
        note="tables made by Django, models by `schemadrift reverse`",
    ),
    Package("tortoise-extensions", "0.0.1a2", *_dropped("profile", "settings"), python="3.13", needs=("pydantic",)),
    Package(
        "tortoise-gis",
        "0.1.3",
        *_dropped("place", "area"),
        only="postgres",
        extension="postgis",
        needs=("aiosqlite<0.18",),
    ),
    Package(
        "tortoise-data-migration",
        "1.0.1",
        *_dropped("datamigration", "name"),
        models=("tortoise_data_migration.models",),
    ),
    Package("fastapi-auth-tortoise-models", "0.0.6", *_dropped("token", "time_created")),
    Package("fast-tmp", "1.1.19", *_dropped("user", "avatar"), models=("fast_tmp.models",), label="fast_tmp"),
    Package(
        "ohmyapi",
        "0.6.2",
        *_dropped("ohmyapi_auth_user", "is_staff"),
        models=("ohmyapi.builtin.auth.models",),
        label="ohmyapi_auth",
    ),
    Package(
        "qc-robyn-admin",
        "0.1.5",
        *_dropped("robyn_admin_roles", "description"),
        models=("qc_robyn_admin.models", "qc_robyn_admin.auth_models"),
    ),
    Package("tortoise-api-model", "0.10.2", *_dropped("area", "frame"), only="postgres", needs=("pypika",)),
    Package("kksanic", "0.2.0", *_dropped("order_1", "sn")),
    Package("extended-tortoise-models", "0.1.2", *_dropped("note", "title")),
    Package("fastapi-efficient-sql", "0.0.15", *_dropped("account", "extend"), needs=("tortoise-orm",)),
    Package(
        "nicegui-book-list", "0.1.1", *_dropped("book", "title"), models=("nicegui_book_list.models",), python="3.13"
    ),
    Package(
        "algoflow",
        "0.1.0",
        *_dropped("algo_projects", "description"),
        python="3.13",
        needs=OLD_THREADS,
    ),
    Package(
        "xn-auth",
        "0.2.68",
        *_dropped("user", "pic"),
        models=("x_auth.models",),
        python="3.13",
        only="sqlite",
        note="its types for PostgreSQL are those of pg-uint128",
    ),
    Package("nsanic", "2025.6.15", *_dropped("note", "title"), needs=("tortoise-orm<0.25", *OLD_THREADS)),
    Package("fastapi18n", "0.1.3", *_dropped("product", "name_fr"), needs=OLD_THREADS),
    Package(
        "fast-mu-builder",
        "0.1.0.34",
        *_dropped("attachments", "title"),
        python="3.13",
        needs=("passlib", "graphql-core<3.3", *OLD_THREADS),
    ),
    Package("fastapi-admin-2", "1.0.4", *_dropped("admin", "password"), file="fastapi_admin"),
    Package(
        "nonebot-plugin-learning-chat",
        "0.4.0",
        *_dropped("message", "plain_text"),
        label="learning_chat",
    ),
    Package(
        "dipdup",
        "8.6.2",
        *_dropped("dipdup_index", "config_hash"),
        models=("dipdup.models",),
        label="int_models",
        python="3.12",
    ),
    Package("bovine-store", "0.5.19", *_dropped("storedjsonobject", "owner"), models=("bovine_store.models",)),
    Package("teenstudy", "0.2.6", *_dropped("User", "cookie")),
    Package(
        "mobilizon-reshare",
        "0.3.6",
        *_dropped("event", "location"),
        models=(
            "mobilizon_reshare.models.event",
            "mobilizon_reshare.models.notification",
            "mobilizon_reshare.models.publication",
            "mobilizon_reshare.models.publisher",
        ),
    ),
    Package("nonebot-plugin-blive-danmaku", "0.4.1", *_dropped("danmaku", "type"), needs=("pydantic<2",)),
    Package(
        "les-louisdelatech", "0.6.0", *_dropped("otp", "digits"), models=("les_louisdelatech.models",), python="3.13"
    ),
    Package(
        "dynaconf-tortoise-loader",
        "0.1.1",
        *_dropped("dynaconf_storage", "value"),
        models=("dynaconf_tortoise_loader.models",),
        label="dynaconf_tortoise_loader",
    ),
    Package("handshakes", "0.10.2", *_dropped("taskbase", "picked"), models=("handshake.services.DBService.models",)),
    Package("xn-model", "1.0.29", *_dropped("station", "span"), only="postgres", needs=("msgspec",)),
    Package(
        "fast-django",
        "0.1.4",
        *_dropped("user", "password"),
        models=("fast_django.scaffolding.project.project_name.models",),
    ),
    Package("fast-django-asgi", "0.1.3.post1", *_dropped("user", "password")),
    Package(
        "myaerich",
        "0.7.3",
        *_dropped("note", "title"),
        models=("aerich.models", "models"),
        commands=(("{bin}/aerich", "init", "-t", "settings.TORTOISE_ORM"), ("{bin}/aerich", "init-db")),
        needs=("tortoise-orm<0.25", *OLD_THREADS),
        note="tables made by it",
    ),
    Package("tortoise-orm-trace-unused-fields", "0.1.0", *_dropped("note", "title")),
    Package(
        "opentelemetry-instrumentation-tortoiseorm",
        "0.66b1",
        *_dropped("note", "title"),
        needs=("tortoise-orm==1.1.9", "pydantic"),
    ),
    Package("haruka-bot", "1.6.0.post5", *_dropped("sub", "uid"), needs=("httpx<0.28",)),
    Package("rearq", "0.2.9", *_dropped("rearq_job", "status"), models=("rearq.server.models",), label="rearq"),
    Package(
        "",
        "",
        *_dropped("place", "area"),
        file="postgis_fields",
        needs=("tortoise-orm==1.1.9",),
        only="postgres",
        extension="postgis",
        note="fields of one's own: geometry and geography with SRID, GiST and SP-GiST",
    ),
)
