#!/bin/sh
# See it work: the shop's tests on a PostgreSQL of their own, in sync first, then drifted on purpose.
#   demo.sh [BIN]   BIN is the bin folder of an environment that has pytest-schemadrift[postgres,embedded]
set -u
cd "$(dirname "$0")" || exit 2
if [ $# -gt 0 ]; then pytest="$1/python -m pytest -p no:asyncio"; else pytest="python3 -m pytest"; fi
unset TORTOISE_ORM PYTEST_ADDOPTS

say() { printf '\n\033[1m# %s\033[0m\n\n' "$1"; }
[ -t 1 ] && [ -z "${NO_COLOR:-}" ] || say() { printf '\n# %s\n\n' "$1"; }

say "The models and the database agree: pytest --schema-drift"
SHOP_DRIFT=0 $pytest -p no:cacheprovider --schema-drift --no-header || { echo "this run should have passed" >&2; exit 1; }

say "Somebody changed the database by hand: SHOP_DRIFT=1 pytest --schema-drift"
SHOP_DRIFT=1 $pytest -p no:cacheprovider --schema-drift
case $? in
    1) say "The drift was found, and the SQL above fixes it; each table's failure names the line of the model." ;;
    *) echo "this run should have failed with the drift" >&2; exit 1 ;;
esac
