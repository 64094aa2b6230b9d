#!/usr/bin/env python3
"""One table of what the benchmark programs wrote, and what moved against the baseline.

usage: report.py FOLDER [--baseline FILE] [--write FILE] [--smoke] [--partial]

FOLDER has a NAME.json of each program NAME. --write joins them in one file: that is also how a
baseline is made. Rows with a peer of the same run are compared by their ratio and move by more than
15 %, the others by their value and move by more than 30 %: machines differ, peers on them less.
--smoke names new rows and counts those that were left out, --partial does not miss rows.
"""
import argparse
import json
import pathlib
import sys

RATIO_TOLERANCE = 0.15
VALUE_TOLERANCE = 0.30


def key(row):
    return row["name"], row.get("peerName")


def label(row):
    return row["name"] + (f" / {row['peerName']}" if row.get("peerName") else "")


def more_is_better(row):
    return row["unit"].endswith("/s")


def number(value):
    if value is None:
        return ""
    if abs(value) >= 1e6:
        return f"{value:,.0f}"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def read(folder):
    programs = {}
    for path in sorted(pathlib.Path(folder).glob("*Benchmarks.json")):
        programs[path.stem] = json.loads(path.read_text())
    return programs


def table(programs):
    head = ("path", "ours", "unit", "peer or limit", "its value", "ratio", "allocs", "bar")
    lines = [head]
    for rows in programs.values():
        for row in rows:
            ratio, allocations = row.get("ratio"), row.get("allocations")
            bar = row.get("bar", "")
            if bar:
                bar += " met" if row.get("meetsBar") else " MISSED"
            lines.append((
                row["name"], number(row["ours"]), row["unit"], row.get("peerName") or "",
                number(row.get("peer")), "" if ratio is None else f"{ratio:.2f}",
                "" if allocations is None else f"{allocations:.2f}", bar))
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    for i, line in enumerate(lines):
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())
        if i == 0:
            print("  ".join("-" * width for width in widths))


def movement(row, old):
    """What a row did since the baseline, or nothing."""
    field, tolerance = ("ratio", RATIO_TOLERANCE) if row.get("ratio") is not None \
        and old.get("ratio") is not None else ("ours", VALUE_TOLERANCE)
    before, now = old[field], row[field]
    if before is None or now is None or before <= 0 or now <= 0:
        return None
    change = now / before
    if 1 / (1 + tolerance) <= change <= 1 + tolerance:
        return None
    better = (change > 1) == more_is_better(row)
    what = "ratio" if field == "ratio" else row["unit"]
    return f"{'better' if better else 'WORSE '}  {label(row)}: {what} {number(before)} -> " \
           f"{number(now)} ({(change - 1) * 100:+.0f} %)"


def compare(programs, baseline, smoke, partial):
    new = {key(row): row for rows in programs.values() for row in rows}
    old = {key(row): row for rows in baseline.values() for row in rows}
    added = [label(new[k]) for k in new if k not in old]
    gone = [] if partial else [label(old[k]) for k in old if k not in new]
    print(f"\nbaseline: {len(old)} rows, {len(set(old) & set(new))} measured again")
    for name in added:
        print(f"new     {name}")
    if smoke:  # sizes that take long are left out there
        print(f"{len(gone)} rows are not part of a smoke run")
        return
    for name in gone:
        print(f"gone    {name}")
    moved = [movement(new[k], old[k]) for k in new if k in old]
    moved = [line for line in moved if line]
    for line in sorted(moved):
        print(line)
    lost = [label(new[k]) for k in new
            if k in old and old[k].get("meetsBar") and new[k].get("meetsBar") is False]
    for name in lost:
        print(f"bar no longer met: {name}")
    print(f"{len(moved)} rows moved" if moved else "nothing moved")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--baseline")
    parser.add_argument("--write")
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("--partial", action="store_true")
    arguments = parser.parse_args()
    programs = read(arguments.folder)
    if not programs:
        sys.exit(f"{arguments.folder}: no benchmark has written anything")
    table(programs)
    rows = [row for rows in programs.values() for row in rows]
    keys = [key(row) for row in rows]
    twice = {label(row) for row in rows if keys.count(key(row)) > 1}
    if twice:
        sys.exit("rows of one name: " + ", ".join(sorted(twice)))
    if arguments.write:
        text = json.dumps(programs, indent=1, sort_keys=True)
        pathlib.Path(arguments.write).write_text(text + "\n")
    if arguments.baseline and pathlib.Path(arguments.baseline).exists():
        baseline = json.loads(pathlib.Path(arguments.baseline).read_text())
        compare(programs, baseline, arguments.smoke, arguments.partial)


main()
