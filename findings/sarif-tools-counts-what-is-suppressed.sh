#!/usr/bin/env bash
# sarif-tools: what is suppressed, and what the baseline calls absent, counts as an error; a rule that is named by its index stops it
#
# Version:   sarif-tools==3.0.5
# Behaviour: --check error fails for a file whose only results are suppressed in source, or of the baselineState
#            "absent", which are no longer there. A result may name its rule by ruleIndex alone (SARIF 2.1.0, 3.27.5
#            and 3.27.6): each command ends with a KeyError for such a file then, and with no output.
# Output:    1 error for each of the two, exit code 1 with --check; a KeyError for ruleIndex
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q sarif-tools==3.0.5 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"

cat >"$tmp/look.py" <<'PYTHON'
import json
import subprocess

PLACE = [{"physicalLocation": {"artifactLocation": {"uri": "models.py"}, "region": {"startLine": 1}}}]
FOUND = {"level": "error", "message": {"text": "column a is missing"}, "locations": PLACE}
RULES = {"driver": {"name": "tool", "rules": [{"id": "R1"}]}}
for name, result in {
    "new": {**FOUND, "ruleId": "R1", "baselineState": "new"},
    "suppressed": {**FOUND, "ruleId": "R1", "suppressions": [{"kind": "inSource"}]},
    "absent": {**FOUND, "ruleId": "R1", "baselineState": "absent"},
    "by index": {**FOUND, "ruleIndex": 0},
}.items():
    with open("report.sarif", "w") as file:
        json.dump({"version": "2.1.0", "runs": [{"tool": RULES, "results": [result]}]}, file)
    command = ["venv/bin/sarif", "--check", "error", "summary", "report.sarif"]
    done = subprocess.run(command, capture_output=True, text=True)
    counted = [line for line in done.stdout.splitlines() if line.startswith("error")]
    print(f"{name}:", done.returncode, *counted, *done.stderr.strip().splitlines()[-1:])
PYTHON

expected=$(cat <<'TEXT'
new: 1 error: 1 Check: exiting with return code 1 due to issues at or above error severity
suppressed: 1 error: 1 Check: exiting with return code 1 due to issues at or above error severity
absent: 1 error: 1 Check: exiting with return code 1 due to issues at or above error severity
by index: 1 KeyError: 'ruleId'
TEXT
)

found=$(cd "$tmp" && venv/bin/python look.py 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
