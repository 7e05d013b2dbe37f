# SPDX-License-Identifier: BSD-3-Clause
"""What attackers can make of the dearest rules: a link of a constant rate, some packets of which are theirs."""
import json
import os
import shutil
import subprocess

from benches.ids import CAPTURE, RULES
from benches.ledger import progress, row
from benches.machine import BUILD, CORE, launch, steal_ticks

ABOUT = "Packets come at a rate of which those of the capture alone would take 80 % of a worker's time; of a part of them the attacker's come " \
        "instead: messages that make the dearest rules of the set work as hard as may be, on 64 connections of 200 packets at a time. Two workers take parts of a lap in " \
        "turn, one with them and one without. Goodput: which part of the capture's packets is served in the time that there is, and looked at in full. Planted: " \
        "alerts of the capture's packets. Rule: cycles a byte of the dearest rule alone, over 1,000 bytes made for it, behind each lap, beside those of the lap's packets, all included. Small " \
        "requests are dear for no rule: what is asked about them takes several times what a packet of the capture does, and nothing is heavy about that."
MIXES = (("1 every 3 s", ("--interval", "3"), 13), ("333 a second", ("--interval", "0.003"), 4), ("30 %", ("--share", "0.3"), 4), ("60 %", ("--share", "0.6"), 4))
SMALL = "60 % of small requests", ("--share", "0.6", "--small"), 4


def play(folder, how, laps):
    """What the program says of a mix, and the shares of time that were lost."""
    before = steal_ticks()
    progress(f"attack: {' '.join(how)}")
    process = launch(["taskset", "-c", str(CORE), os.path.join(BUILD, "tests", "bench", "ids_attack"), "--rules", RULES, "--cache",
                      os.path.join(folder, "cache"), "--laps", str(laps), *how, CAPTURE], stdout=subprocess.PIPE, text=True)
    text, _ = process.communicate()
    progress("")
    if process.returncode != 0:
        raise RuntimeError(f"ids_attack has ended with {process.returncode}")
    after = steal_ticks()
    return json.loads(text), {"steal": round((after[0] - before[0]) / max(1, after[1] - before[1]), 4), "waited": 0.0}


def goodput_row(name, line, lost, target):
    """Loss is 1 / goodput: what is asked for stands on the other side of <= then."""
    goodput = [lap["served"] * lap["whole"] for lap in line["laps"]]
    return row(f"{name}: goodput without attack", "", 1, goodput, "with attack", [1 / max(part, 1e-3) for part in goodput], target, "without / with", lost, "")


def mix_rows(name, line, lost):
    missed = line["planted"] - line["found"]
    return [goodput_row(name, line, lost, 1.111),
            row(f"{name}: planted intrusions missed", "", missed, line["planted"], "planted", [max(0, missed)], 0, "missed", lost, "")]


def rule_row(lines, lost):
    rule = [cost for line in lines for cost in line["rule"]["clk_byte"]]
    benign = [cost for line in lines for cost in line["rule"]["benign_clk_byte"]]
    return row("worst rule alone", "clk/B", rule, benign, "packets of the capture", [a / b for a, b in zip(rule, benign)], 8, "rule / capture", lost, "")


def run(folder, pairs, seconds):
    for path in (CAPTURE, RULES):
        if not os.path.exists(path):
            raise RuntimeError(f"{path} is not there")
    os.makedirs(os.path.join(folder, "cache"), mode=0o700, exist_ok=True)
    rows, lines, lost = [], [], {}
    for name, how, laps in MIXES:
        line, lost = play(folder, how, max(laps, int(laps * seconds / 2)))
        lines.append(line)
        rows += mix_rows(name, line, lost)
    name, how, laps = SMALL
    line, lost = play(folder, how, laps)
    rows.append(goodput_row(name, line, lost, None))
    shutil.rmtree(os.path.join(folder, "cache"))
    return rows + [rule_row(lines, lost)]
