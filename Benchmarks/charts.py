#!/usr/bin/env python3
"""Draws the charts of Docs/Performance.md from what report.py wrote.

usage: charts.py FILE FOLDER

Standard library only; the same file gives the same bytes.
"""
import html
import json
import math
import pathlib
import sys

INK, GRID, GOOD, BAD, PEER = "#1f2933", "#d5dae0", "#2f7d4f", "#b3541e", "#8a94a0"
FONT = "font-family='ui-sans-serif,system-ui,sans-serif'"
ROW, LEFT, WIDTH, RIGHT = 22, 440, 820, 70


def text(x, y, content, anchor="start", size=12, colour=INK, weight="normal"):
    return (f"<text x='{x:.1f}' y='{y:.1f}' {FONT} font-size='{size}' fill='{colour}' "
            f"font-weight='{weight}' text-anchor='{anchor}'>{html.escape(content)}</text>")


def rectangle(x, y, width, height, colour):
    return (f"<rect x='{x:.1f}' y='{y:.1f}' width='{max(1, width):.1f}' height='{height}' "
            f"fill='{colour}'/>")


def line(x, top, bottom, colour=GRID, width=1):
    return (f"<line x1='{x:.1f}' y1='{top}' x2='{x:.1f}' y2='{bottom}' stroke='{colour}' "
            f"stroke-width='{width}'/>")


def drawing(height, parts):
    return "\n".join([
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{WIDTH}' height='{height}' "
        f"viewBox='0 0 {WIDTH} {height}'>",
        f"<rect width='{WIDTH}' height='{height}' fill='white'/>", *parts, "</svg>", ""])


def ratios(title, subtitle, rows):
    """Bars from 1, on a logarithmic scale: how ours compares with a peer; left is less."""
    values = [row["ratio"] for row in rows]
    low = 10 ** math.floor(math.log10(min(values + [0.5])))
    high = 10 ** math.ceil(math.log10(max(values + [2])))
    span = WIDTH - LEFT - RIGHT

    def x(value):
        return LEFT + span * math.log(value / low) / math.log(high / low)

    top, bottom = 64, 64 + ROW * len(rows)
    parts = [text(16, 26, title, size=16, weight="bold"), text(16, 46, subtitle, size=12)]
    tick = low
    while tick <= high * 1.001:
        parts += [line(x(tick), top, bottom), text(x(tick), bottom + 18, f"{tick:g}", "middle", 11)]
        tick *= 10
    for i, row in enumerate(rows):
        y = top + i * ROW
        better = (row["ratio"] > 1) == row["unit"].endswith("/s")
        start, end = sorted((x(1), x(row["ratio"])))
        parts += [
            text(LEFT - 8, y + 15, f"{row['name']} / {row['peerName']}", "end", 11),
            rectangle(start, y + 4, end - start, ROW - 8, GOOD if better else BAD),
            text(WIDTH - RIGHT + 8, y + 15, f"{row['ratio']:.2f}", size=11),
        ]
    parts.append(line(x(1), top - 4, bottom + 4, INK, 1.5))
    return drawing(bottom + 32, parts)


def throughput(title, subtitle, groups):
    """Bars of messages a second, a group for each load."""
    highest = max(value for _, bars in groups for _, value in bars)
    span = WIDTH - 240 - 100
    parts = [text(16, 26, title, size=16, weight="bold"), text(16, 46, subtitle, size=12)]
    y = 64
    for name, bars in groups:
        parts.append(text(16, y + 15, name, weight="bold"))
        y += ROW
        for who, value in bars:
            colour = GOOD if who.startswith("iot-cloud") else PEER
            parts += [
                text(232, y + 15, who, "end", 11),
                rectangle(240, y + 4, span * value / highest, ROW - 8, colour),
                text(246 + span * value / highest, y + 15, f"{value:,.0f}", size=11),
            ]
            y += ROW
        y += 8
    return drawing(y + 12, parts)


def main():
    programs = json.loads(pathlib.Path(sys.argv[1]).read_text())
    folder = pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    families = {
        "mqtt": ("MQTT codec and topics", ("MQTTCodecBenchmarks", "MQTTTopicsBenchmarks")),
        "json-rules": ("JSON and rules", ("JSONBenchmarks", "RulesSQLBenchmarks")),
        "security": ("Certificates, manifests, files", (
            "X509VerificationBenchmarks", "FirmwareManifestBenchmarks",
            "FileEncryptionBenchmarks")),
    }
    for name, (title, members) in families.items():
        rows = [row for member in members for row in programs.get(member, [])
                if row.get("ratio") and row["peerName"] != "dependent miss"]
        if rows:
            chart = ratios(
                title, "time of ours / time of the peer in the same run; below 1 ours is faster",
                rows)
            (folder / f"{name}.svg").write_text(chart)
    loads = {}
    for row in programs.get("MQTTBrokerBenchmarks", []):
        if row["unit"] == "msg/s" and row.get("peer"):
            loads.setdefault(row["name"].removeprefix("broker/"), []).append(row)
    if loads:
        groups = [
            (name, [("iot-cloud", max(row["ours"] for row in rows))]
             + [(row["peerName"], row["peer"]) for row in rows])
            for name, rows in loads.items()]
        chart = throughput(
            "Broker over loopback", "messages a second at the subscribers, 64 B, two cores", groups)
        (folder / "broker.svg").write_text(chart)
    print("charts:", ", ".join(sorted(path.name for path in folder.glob("*.svg"))))


main()
