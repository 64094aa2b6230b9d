#!/usr/bin/env python3
"""Writes MQTT-3.1.1.md and MQTT-5.0.md: every normative statement and the tests that carry its id.

usage: generate.py [SPECS]      SPECS: folder with mqtt311.tsv and mqtt5.tsv (id, role, paraphrase)
       generate.py --check      fails when a file is not what would be written, or when an id of role
                                codec has no test
A test carries an id by naming it in its display name, [MQTT-1.5.4-1]; an id inside (3.1.1: …) counts for
that standard alone."""
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
STANDARDS = [("3.1.1", "mqtt311.tsv"), ("5.0", "mqtt5.tsv")]
MODULE = {
    "codec": "MQTTCodec",
    "topic": "MQTTTopics",
    "session": "MQTTBroker",
    "broker": "MQTTBroker",
    "client": "MQTTBroker",
}
# Both standards number from 1, so one id may mean two things. A test of MQTTCodec that names these
# means the other standard's statement.
OTHER_MEANING = {
    "3.1.1": {
        "MQTT-3.1.2-2", "MQTT-3.1.2-12", "MQTT-3.1.2-16", "MQTT-3.1.2-17", "MQTT-3.2.2-1",
        "MQTT-3.2.2-6", "MQTT-3.8.3-2", "MQTT-3.8.4-6",
    },
    "5.0": {
        "MQTT-3.1.2-14", "MQTT-3.1.2-15", "MQTT-3.1.2-20", "MQTT-3.1.2-21", "MQTT-3.1.2-22",
        "MQTT-3.1.3-10", "MQTT-3.2.2-4", "MQTT-3.8.3-3",
    },
}
# Why a statement has no test.
REASONS = {
    "3.1.1": {
        "MQTT-7.0.0-1": "the broker does not dial out",
        "MQTT-7.0.0-2": "nothing beyond the standard is required of a client",
    },
    "5.0": {
        "MQTT-3.3.4-5": "overlapping subscriptions give one copy with all identifiers, MQTT-3.3.4-4",
    },
}
NO_CLIENT = "the package has no MQTT client; the clients of the tests keep it"
OLD_ONLY = re.compile(r"\(3\.1\.1: [^)]*\)")
NAME = re.compile(r'@Test\(\s*(?:"""(.*?)"""|"((?:[^"\\]|\\.)*)")(.*?)\bfunc\s+(\w+)', re.S)
ID = re.compile(r"\[(MQTT-\d+\.\d+(?:\.\d+)?-\d+)\]")
TYPE = re.compile(r"^(?:\S+ )?(?:struct|enum|final class) (\w+)", re.M)


def tests():
    """standard -> id -> [(test target, Suite.function)] of every test in Tests."""
    found = {version: {} for version, _ in STANDARDS}
    for folder, _, files in os.walk(os.path.join(ROOT, "Tests")):
        for file in sorted(f for f in files if f.endswith(".swift")):
            path = os.path.join(folder, file)
            source = open(path, encoding="utf-8").read()
            target = os.path.relpath(path, os.path.join(ROOT, "Tests")).split(os.sep)[0]
            types = [(m.start(), m[1]) for m in TYPE.finditer(source)]
            for match in NAME.finditer(source):
                suite = [name for start, name in types if start < match.start()][-1:] or ["?"]
                name = match[1] or match[2]
                row = (target, f"{suite[0]}.{match[4]}")
                for version in found:
                    words = name if version == "3.1.1" else OLD_ONLY.sub("", name)
                    for identifier in ID.findall(words):
                        rows = found[version].setdefault(identifier, [])
                        if row not in rows:
                            rows.append(row)
    return found


def page(version, specs, file, found):
    """The text of one page, and the codec's ids without a test."""
    rows, missing, counts = [], [], {}
    lines = open(os.path.join(specs, file), encoding="utf-8").read().splitlines()[1:]
    for identifier, role, words in (line.split("\t") for line in lines if line.strip()):
        carried = sorted(found.get(identifier, []))
        if identifier in OTHER_MEANING[version]:
            carried = [row for row in carried if not row[0].startswith("MQTTCodec")]
        reason = REASONS[version].get(identifier) or (NO_CLIENT if role == "client" else None)
        status = "covered" if carried else "not applicable" if reason else "later"
        if not carried and role == "codec":
            missing.append(identifier)
        covered = "<br>".join(f"{t}: {n}" for t, n in carried) or reason or MODULE[role] + ", later"
        rows.append(f"| {identifier} | {role} | {words.replace('|', '/')} | {status} | {covered} |")
        total = counts.setdefault(role, [0, 0])
        total[0] += bool(carried)
        total[1] += 1
    head = [
        f"# Conformance: MQTT {version}", "",
        f"Every normative statement of MQTT {version} in our own words, and the tests whose display names",
        "carry its id. Written by `generate.py` beside this file; do not edit.", "",
        "| role | covered | statements |", "|---|---|---|",
    ]
    head += [f"| {role} | {done} | {total} |" for role, (done, total) in sorted(counts.items())]
    head += ["", "| id | role | statement | status | covered by |", "|---|---|---|---|---|"]
    return "\n".join(head + rows) + "\n", missing


def main():
    arguments = [a for a in sys.argv[1:] if a != "--check"]
    specs = arguments[0] if arguments else os.path.join(ROOT, "..", "shared", "specs")
    if not os.path.isdir(specs):
        print("conformance: the lists of statements are not on this machine")
        return 0
    found = tests()
    bad = 0
    for version, file in STANDARDS:
        text, missing = page(version, specs, file, found[version])
        path = os.path.join(HERE, f"MQTT-{version}.md")
        if missing:
            bad = 1
            print(f"MQTT {version}: no test carries " + ", ".join(missing))
        if "--check" not in sys.argv:
            open(path, "w", encoding="utf-8").write(text)
        elif not os.path.exists(path) or open(path, encoding="utf-8").read() != text:
            bad = 1
            print(f"MQTT-{version}.md is out of date: run Docs/Conformance/generate.py")
    return bad


sys.exit(main())
