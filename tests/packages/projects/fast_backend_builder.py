from fast_backend_builder.models import *  # noqa: F403
from fast_backend_builder.models.base_models import AbstractUser


class User(AbstractUser):
    class Meta:
        table = "users"
