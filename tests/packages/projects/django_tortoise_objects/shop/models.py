from django.db import models


class Tag(models.Model):
    name = models.SlugField(unique=True)

    class Meta:
        app_label = "shop"


class Item(models.Model):
    name = models.CharField(max_length=100)
    price = models.DecimalField(max_digits=8, decimal_places=2, null=True)
    note = models.TextField(null=True)
    made = models.DateTimeField(auto_now_add=True)
    parent = models.ForeignKey("self", null=True, on_delete=models.CASCADE)

    class Meta:
        app_label = "shop"
