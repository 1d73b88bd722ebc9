from ng_rdm.models import RdmModel
from ng_rdm.models.mt_rdm_model import MultitenantRdmModel
from tortoise import fields


class Category(RdmModel):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=100)


class Product(MultitenantRdmModel):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=100)
    category = fields.ForeignKeyField("models.Category", related_name="products")

    class Meta(RdmModel.Meta):
        table = "product"
