"""Lines covered by tests, for each module: coverage.py CODECOV.json

Reads what `swift test --enable-code-coverage` writes. Ends with status 1 where a core (Package.swift,
`let cores`) has fewer than 90 % of its lines covered.
"""
import collections
import json
import pathlib
import re
import sys

MINIMUM = 90.0
root = pathlib.Path(__file__).resolve().parent.parent
manifest = (root / "Package.swift").read_text()
section = manifest.split("let cores", 1)[1].split("\n]", 1)[0]
cores = set(re.findall(r'name: "(\w+)"', section))

total, covered = collections.Counter(), collections.Counter()
worst = collections.defaultdict(list)
for file in json.load(open(sys.argv[1]))["data"][0]["files"]:
    path = pathlib.Path(file["filename"])
    if not path.is_relative_to(root / "Sources"):
        continue
    module = path.relative_to(root / "Sources").parts[0]
    lines = file["summary"]["lines"]
    total[module] += lines["count"]
    covered[module] += lines["covered"]
    missing = lines["count"] - lines["covered"]
    if missing:
        worst[module].append((missing, str(path.relative_to(root / "Sources" / module))))

failed = False
print(f"{'module':26} {'lines':>6} {'covered':>8}   least covered file")
for module in sorted(total, key=lambda m: (m not in cores, m)):
    share = 100 * covered[module] / total[module] if total[module] else 100.0
    is_low = module in cores and share < MINIMUM
    failed |= is_low
    missing, name = max(worst[module], default=(0, ""))
    place = f"{name}, {missing} lines" if missing else ""
    mark = "  < 90 %" if is_low else "" if module in cores else "  (no core)"
    print(f"{module:26} {total[module]:6} {share:7.1f} %   {place}{mark}")
sys.exit(failed)
