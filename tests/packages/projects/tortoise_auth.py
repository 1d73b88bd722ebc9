from tortoise_auth.models import *  # noqa: F403
from tortoise_auth.models import AbstractUser


class User(AbstractUser):
    class Meta:
        table = "users"
