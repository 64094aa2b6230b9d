#!/usr/bin/env python3
"""Fails when a target imports a module that the manifest does not list for it, or a core
imports more than the standard library.

usage: imports.py PACKAGE_DIR
"""
import json
import os
import re
import subprocess
import sys

# What the toolchain brings. Only targets that are no cores may use all of it.
TOOLCHAIN = {
    "Swift", "Synchronization", "_Concurrency", "Testing", "Glibc", "Musl", "Darwin",
    "Dispatch", "Foundation", "FoundationEssentials",
}
# What a core may use of it. RulesSQL needs the C library's sin, log, pow … by name.
CORE = {"Swift", "Synchronization"}
CORE_EXTRA = {"RulesSQL": {"Glibc", "Musl", "Darwin"}}
CORES = {
    "IoTTime", "MQTTTopics", "MQTTCodec", "MQTTPacketDump", "MQTTBroker", "JSONDocument",
    "JSONDocumentCodable", "CBORCodec", "RulesSQL", "DeviceShadow", "AccessPolicy",
    "ThingRegistry", "X509Verification", "DeviceRegistration", "SegmentTransfer",
    "FirmwareManifest",
}
IMPORT = re.compile(
    r"\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|private|fileprivate)\s+)?"
    r"import\s+(?:(?:struct|class|enum|protocol|func|var|typealias)\s+)?(\w+)")


def dependency_name(dependency):
    """The first string of {"byName": ["X", …]}, {"product": ["X", …]} or {"target": …}."""
    return next(value for value in dependency.values() if value)[0]


def main():
    root = sys.argv[1]
    dump = subprocess.run(
        ["swift", "package", "--package-path", root, "dump-package"],
        capture_output=True, text=True, check=True)
    bad = files = 0
    for target in json.loads(dump.stdout)["targets"]:
        name = target["name"]
        declared = {dependency_name(d) for d in target["dependencies"]} | {name}
        if name in CORES:
            allowed = declared | CORE | CORE_EXTRA.get(name, set())
        else:
            allowed = declared | TOOLCHAIN
        default = os.path.join("Tests" if target["type"] == "test" else "Sources", name)
        for folder, _, names in os.walk(os.path.join(root, target.get("path") or default)):
            for file in sorted(names):
                if not file.endswith(".swift"):
                    continue
                files += 1
                path = os.path.join(folder, file)
                in_text = False  # inside a multi-line string literal, Python clients for instance
                with open(path, encoding="utf-8") as lines:
                    for number, line in enumerate(lines, 1):
                        found = None if in_text else IMPORT.match(line)
                        in_text ^= line.count('"""') % 2 == 1
                        if found and found[1] not in allowed:
                            bad += 1
                            place = os.path.relpath(path, root)
                            print(f"{place}:{number}: {name} may not import {found[1]}")
    print(f"imports: {files} files read, {bad} refused")
    sys.exit(1 if bad else 0)


main()
