from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('native', '0001_initial')]

    initial = False

    operations = [
        ops.AlterField(
            model_name='User',
            name='email',
            field=fields.CharField(max_length=255),
        ),
        ops.AddField(
            model_name='User',
            name='name',
            field=fields.CharField(default='', db_default='', max_length=50),
        ),
    ]
