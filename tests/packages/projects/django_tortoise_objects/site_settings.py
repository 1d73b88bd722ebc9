import os
from urllib.parse import parse_qs, urlsplit

PARTS = urlsplit(os.environ["DATABASE_URL"])
POSTGRES = {
    "ENGINE": "django.db.backends.postgresql",
    "NAME": PARTS.path.lstrip("/"),
    "USER": PARTS.username,
    "HOST": parse_qs(PARTS.query).get("host", [PARTS.hostname])[0],
}
SQLITE = {"ENGINE": "django.db.backends.sqlite3", "NAME": PARTS.path}
DATABASES = {"default": SQLITE if PARTS.scheme == "sqlite" else POSTGRES}
INSTALLED_APPS = ["django_tortoise", "shop"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SECRET_KEY = "for a test"
USE_TZ = True
