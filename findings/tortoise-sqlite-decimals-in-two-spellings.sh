#!/usr/bin/env bash
# Tortoise: on SQLite an update with F() stores a decimal in another spelling, and UNIQUE and GROUP BY take it for another number
#
# Version:   tortoise-orm==1.1.9, with the SQLite that Python brings
# Behaviour: create() stores a DecimalField with all its places, '10.00'; update(price=F("price") + 1) stores what
#            SQLite makes of the sum, '10'. The column is text, so a unique field takes both, and a grouping lists
#            10.00 twice. Filters cast, so they find both, and read back through the model both are Decimal('10.00'):
#            nothing shows the difference.
# Output:    two rows of a unique field, both Decimal('10.00'), stored as 10 and 10.00; two groups of one row each
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q tortoise-orm==1.1.9 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"

cat >"$tmp/look.py" <<'PYTHON'
import asyncio

from tortoise import Model, Tortoise, connections, fields
from tortoise.expressions import F
from tortoise.functions import Count


class Price(Model):
    id = fields.IntField(primary_key=True)
    amount = fields.DecimalField(max_digits=10, decimal_places=2, unique=True)


async def main():
    await Tortoise.init(db_url="sqlite://:memory:", modules={"shop": ["__main__"]})
    await Tortoise.generate_schemas()
    await Price.create(amount="9.00")
    await Price.all().update(amount=F("amount") + 1)
    await Price.create(amount="10.00")
    print(await Price.all().values_list("amount", flat=True))
    print([row["amount"] for row in await connections.get("default").execute_query_dict("SELECT amount FROM price")])
    print(await Price.annotate(rows=Count("id")).group_by("amount").values_list("amount", "rows"))
    print(await Price.filter(amount=10).count())
    await Tortoise.close_connections()


asyncio.run(main())
PYTHON

expected=$(cat <<'TEXT'
[Decimal('10.00'), Decimal('10.00')]
['10', '10.00']
[(Decimal('10.00'), 1), (Decimal('10.00'), 1)]
2
TEXT
)

found=$(cd "$tmp" && venv/bin/python look.py 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
