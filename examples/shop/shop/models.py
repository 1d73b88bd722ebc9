"""The shop's tables: who buys what, from which stock, for how much."""

from enum import StrEnum

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model


class OrderStatus(StrEnum):
    """The life of an order."""

    NEW = "new"
    PAID = "paid"
    SHIPPED = "shipped"
    CANCELLED = "cancelled"


class Customer(Model):
    """Somebody who buys."""

    id = fields.IntField(primary_key=True)
    email = fields.CharField(max_length=255, unique=True)
    name = fields.CharField(max_length=120, db_index=True)
    newsletter = fields.BooleanField(db_default=False)
    created_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "customers"


class Address(Model):
    """Where a customer wants things sent."""

    id = fields.IntField(primary_key=True)
    customer = fields.ForeignKeyField("shop.Customer", related_name="addresses")
    street = fields.CharField(max_length=200)
    city = fields.CharField(max_length=100)
    country = fields.CharField(max_length=2, description="ISO 3166-1 alpha-2")

    class Meta:
        table = "addresses"


class Category(Model):
    """A shelf; shelves stand within shelves."""

    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=80, unique=True)
    parent = fields.ForeignKeyField("shop.Category", null=True, related_name="children", on_delete=fields.SET_NULL)

    class Meta:
        table = "categories"


class Supplier(Model):
    """Who we buy from."""

    id = fields.UUIDField(primary_key=True)
    name = fields.CharField(max_length=120)

    class Meta:
        table = "suppliers"


class Product(Model):
    """Something to sell."""

    id = fields.IntField(primary_key=True)
    sku = fields.CharField(max_length=40, unique=True)
    name = fields.CharField(max_length=160)
    description = fields.TextField(null=True)
    price = fields.DecimalField(max_digits=10, decimal_places=2)
    categories = fields.ManyToManyField("shop.Category", related_name="products", through="product_categories")
    supplier = fields.ForeignKeyField("shop.Supplier", related_name="products", on_delete=fields.RESTRICT)
    attributes = fields.JSONField(default=dict)

    class Meta:
        table = "products"
        indexes = (Index(fields=("name", "price")),)


class Warehouse(Model):
    """A place that holds stock."""

    id = fields.IntField(primary_key=True)
    code = fields.CharField(max_length=12, unique=True)

    class Meta:
        table = "warehouses"


class StockItem(Model):
    """How much of a product lies in a warehouse."""

    id = fields.IntField(primary_key=True)
    product = fields.ForeignKeyField("shop.Product", related_name="stock")
    warehouse = fields.ForeignKeyField("shop.Warehouse", related_name="stock")
    quantity = fields.IntField(db_default=0)

    class Meta:
        table = "stock_items"
        unique_together = (("product", "warehouse"),)


class Order(Model):
    """What a customer ordered."""

    id = fields.BigIntField(primary_key=True)
    customer = fields.ForeignKeyField("shop.Customer", related_name="orders", on_delete=fields.RESTRICT)
    ship_to = fields.ForeignKeyField("shop.Address", related_name="orders", null=True, on_delete=fields.SET_NULL)
    status = fields.CharEnumField(OrderStatus, default=OrderStatus.NEW, db_index=True)
    placed_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "orders"


class OrderLine(Model):
    """One product of an order, at the price of that day."""

    id = fields.BigIntField(primary_key=True)
    order = fields.ForeignKeyField("shop.Order", related_name="lines")
    product = fields.ForeignKeyField("shop.Product", related_name="lines", on_delete=fields.RESTRICT)
    quantity = fields.SmallIntField()
    unit_price = fields.DecimalField(max_digits=10, decimal_places=2)

    class Meta:
        table = "order_lines"
        unique_together = (("order", "product"),)


class Payment(Model):
    """Money that came in for an order."""

    id = fields.UUIDField(primary_key=True)
    order = fields.OneToOneField("shop.Order", related_name="payment")
    amount = fields.DecimalField(max_digits=12, decimal_places=2)
    received_at = fields.DatetimeField(null=True)

    class Meta:
        table = "payments"


class Review(Model):
    """What a customer thinks of a product."""

    id = fields.IntField(primary_key=True)
    product = fields.ForeignKeyField("shop.Product", related_name="reviews")
    customer = fields.ForeignKeyField("shop.Customer", related_name="reviews", null=True, on_delete=fields.SET_NULL)
    stars = fields.SmallIntField()
    text = fields.TextField(null=True)

    class Meta:
        table = "reviews"
