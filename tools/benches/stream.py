# SPDX-License-Identifier: BSD-3-Clause
"""The tracker of flows: what following costs a packet of connections that are there, and what strangers can make of it."""
import json
import os
import subprocess

from benches.contestants import Testpmd
from benches.ledger import progress, row
from benches.machine import BUILD, CORE, launch, steal_ticks
from benches.traffic import TCP, write_pcap

ABOUT = "Look-up, following and telling; the packet is parsed already, and its bytes are in a cache. Established TCP connections in " \
        "turn, each side sends 10 bytes and acknowledges what it has. All of a comparison run in one process, a round each in turn. Targets in clk are " \
        "those of a quiet machine (testpmd 5tswap 55 clk), tied to 5tswap measured beside."
SWAP_QUIET = 55  # clk: testpmd 5tswap, 64 bytes, when the machine is quiet
FLOWS = 100_000


def play(comparison, flows, payload, rounds):
    """{contestant: its line}, and the shares of time that were lost."""
    before = steal_ticks()
    progress(f"stream: {comparison}, {flows:,} flows")
    process = launch(["taskset", "-c", str(CORE), os.path.join(BUILD, "tests", "bench", "stream_bench"), comparison, str(flows),
                      str(payload), str(rounds)], stdout=subprocess.PIPE, text=True)
    text, _ = process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"stream_bench {comparison} has ended with {process.returncode}")
    after = steal_ticks()
    progress("")
    lines = {line["name"]: line for line in json.loads(text)}
    return lines, {"steal": round((after[0] - before[0]) / max(1, after[1] - before[1]), 4), "waited": 0.0}


def ratios(ours, reference):
    return [a / b for a, b in zip(ours, reference)]


def level_rows(swap, rounds, payload, targets):
    lines, lost = play("levels", FLOWS, payload, rounds)
    rows = []
    for name, line in lines.items():
        target = targets.get(name)
        limit = None if target is None else round(target / SWAP_QUIET, 2)
        rows.append(row(f"{name}, {FLOWS:,} flows, {payload} bytes", "clk", line["clk"], [swap], "testpmd 5tswap now",
                        [clk / swap for clk in line["clk"]], limit, "5tswap" if limit is None else f"{target} clk: ratio", lost, ""))
    return rows


def flood_rows(rounds):
    lines, lost = play("floods", 10_000, 10, rounds)
    rows = []
    for name, base in (("SYN", "quiet"), ("disorder", "quiet"), ("fragments", "quiet"), ("overlaps", "quiet, compared")):
        line = lines[name]
        if line["told"] != line["sent"]:
            raise RuntimeError(f"{name}: {line['sent'] - line['told']} of {line['sent']} bytes were not told")
        rows.append(row(f"beside a flood: {name}", "clk", line["clk"], lines[base]["clk"], base, ratios(line["clk"], lines[base]["clk"]),
                        1.2, "ratio", lost, ""))
    return rows


def run(folder, pairs, seconds):
    rounds = max(9, int(pairs * seconds))
    plain = os.path.join(folder, "plain.pcap")
    write_pcap(plain, [None], [64], 4096, TCP)
    swap = Testpmd(plain, "5tswap").run(seconds)
    rows = level_rows(swap, rounds, 10, {"connection": 60, "bytes": 120})
    rows += level_rows(swap, rounds, 300, {})
    lines, lost = play("six", FLOWS, 10, rounds)
    one, six = lines["one tracker"]["clk"], lines["six trackers"]["clk"]
    rows.append(row("six services: one tracker", "clk", one, six, "six trackers", ratios(one, six), round(1 / 3, 3), "ratio", lost, ""))
    lines, lost = play("chosen", FLOWS, 10, rounds)
    chosen, full = lines["connection"]["clk"], lines["all"]["clk"]
    rows.append(row("six services, chosen level", "clk", chosen, full, "full level", ratios(chosen, full), round(1 / 1.7, 3), "ratio", lost, ""))
    rows += flood_rows(rounds)
    lines, lost = play("views", 10_000, 300, rounds)
    for name in ("none of the protocols", "HTTP bodies"):
        rows.append(row(f"read as protocols: {name}", "clk", lines[name]["clk"], lines["bytes"]["clk"], "bytes",
                        ratios(lines[name]["clk"], lines["bytes"]["clk"]), None, "ratio", lost, ""))
    lines, lost = play("memory", 1_000_000, 10, 3)
    memory = lines["bytes"]["memory"] / 1e9
    rows.append(row("memory of 1,000,000 flows", "GB", memory, 1.5, "limit", [memory, memory], 1.5, "GB", lost, ""))
    return rows
