from fastapi_admin.models import AbstractAdmin


class Admin(AbstractAdmin):
    class Meta:
        table = "admin"
