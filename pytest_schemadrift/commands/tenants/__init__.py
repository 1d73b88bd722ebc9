"""The same tables once for each customer: who the tenants are, and all of them checked or fixed in one run."""
