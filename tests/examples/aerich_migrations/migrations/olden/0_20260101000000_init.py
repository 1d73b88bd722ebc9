from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
        CREATE TABLE IF NOT EXISTS "users" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "email" VARCHAR(255) NOT NULL
);
CREATE TABLE IF NOT EXISTS "posts" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "author_id" INT NOT NULL REFERENCES "users" ("id") ON DELETE CASCADE
);
CREATE TABLE IF NOT EXISTS "aerich" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "version" VARCHAR(255) NOT NULL,
    "app" VARCHAR(100) NOT NULL,
    "content" JSON NOT NULL
);"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
        """


MODELS_STATE = (
    "eJztlt9v2jAQx/8VlKdO6qaW0bXaW2BF67pBBayqNE2WSY5g4dip46xFHf/7bOeHE0hYkb"
    "YHEG9w9z377mPfOS8Opz6wd3c8ls7H1ovDcAjqR9l82nJwFBVG/V/iKTWySAlio5jGUmBP"
    "LzLDNAZl8iH2BIkk4UxZWUKpNnJPCQkLrClh5DEBJHkAcg5COX78VGbCfHiGOP8bLdCMAP"
    "UrWRJf723sSC4jY7thsm+Eercp8jhNQmbF0VLOOSvUhJkCA2AgsAS9vBSJTl9nl5WZV5Rm"
    "aiVpiqUYH2Y4obJU7hRZm4PQYDhB4+sJQs4OgDzONFyVamyqD3QKb9vnncvO1fsPnSslMW"
    "kWlstVurUFkwYaPIOJszJ+LHGqMIwtVJwoQgLtxLYS83fEOdBtjHODhWwv1p5Q1vd2ttgC"
    "eZNwnwsgAbuFpQF9o3LCzIMarGmHfo9B7CHdVX6BcqvtIYGfik6v3itVvA8UpCm/54577q"
    "drx0CeYm/xhIWPKrS1h7f5mqXQbrrCdrhuwQwHBo+uQ2ddwr45L/PTaJyXiRIc5+VhzUsI"
    "MaGbXHtzLOrBFgFrbFXSe9jKqkeeEQUWyLlmenGxBea9O+p9dkcnSvXGdLRqgbQxBpmrnf"
    "pqZmdzn9ujMJ8j8eZZdLO4/u0IKDYVNg3U/JNnz06haaCu/uMQdEEQb14zBjPHtkGIreQ4"
    "CQ9lEv5Sj1vWW6+dhaWQ4zRsnoanpaure2oHwpn8AOmen529gq5SNdI1vipdtaOEtLWrhL"
    "+Mh4N6wqWQNco+8WTrd4uSfX5T6uBqGHrlMI4faZnpyTf3YR137+uwa+CopzUQZhWzQHe3"
    "Z/7fv2SrPzJmbS0="
)
