from tortoise import migrations
from tortoise.migrations import operations as ops


async def first_user(apps, schema_editor):
    await apps.get_model("native.User").create(email="root@example.org", name="root")


class Migration(migrations.Migration):
    dependencies = [("native", "0002_names")]

    operations = [ops.RunPython(first_user)]
