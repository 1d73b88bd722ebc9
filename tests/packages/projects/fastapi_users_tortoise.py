from fastapi_users_tortoise import TortoiseBaseUserAccountModelUUID, TortoiseBaseUserOAuthAccountModelUUID
from fastapi_users_tortoise.access_token import TortoiseBaseAccessTokenModel


class User(TortoiseBaseUserAccountModelUUID):
    pass


class OAuthAccount(TortoiseBaseUserOAuthAccountModelUUID):
    pass


class AccessToken(TortoiseBaseAccessTokenModel):
    pass
