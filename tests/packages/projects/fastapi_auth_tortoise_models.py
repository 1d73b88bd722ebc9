from fastapi_auth_tortoise_models.models import EmailUser
from fastapi_auth_tortoise_models.models import Token as AbstractToken


class User(EmailUser):
    class Meta:
        table = "user"


class Token(AbstractToken):
    class Meta:
        table = "token"
