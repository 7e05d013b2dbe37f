# SPDX-License-Identifier: BSD-3-Clause
"""Runs contestants in turn, and makes rows of their figures."""
import os
import random
import statistics
import sys

from benches.machine import TOP, describe, steal_ticks

VOID = 0.01  # of the time: stolen, or spent waiting for the core


def bootstrap(values, rounds=2000):
    """The median and its 95 % interval."""
    rng = random.Random(1)
    medians = sorted(statistics.median(rng.choices(values, k=len(values))) for _ in range(rounds))
    return statistics.median(values), [round(medians[int(0.025 * rounds)], 3), round(medians[int(0.975 * rounds)], 3)]


def progress(text):
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def alternate(name, contestants, pairs, seconds):
    """Runs all contestants in turn, pairs times; returns their figures and the shares of time that were lost."""
    figures = [[] for _ in contestants]
    waited = []
    before = steal_ticks()
    for i in range(pairs):
        for j, contestant in enumerate(contestants):
            progress(f"{name}: pair {i + 1} of {pairs}, {contestant.command()[:60]}")
            figures[j].append(contestant.run(seconds))
            waited.append(contestant.waited)
    after = steal_ticks()
    steal = (after[0] - before[0]) / max(1, after[1] - before[1])
    progress("")
    return figures, {"steal": round(steal, 4), "waited": round(statistics.mean(waited), 4)}


def middle(figures):
    """Of one figure, or of some."""
    return round(statistics.median(figures) if isinstance(figures, list) else figures, 1)


def row(name, unit, ours, reference, reference_name, values, target, relation, lost, isa):
    """One line of the ledger. values: what the target is compared with, one for each pair; target None: none is set."""
    ratio, interval = bootstrap(values)
    holds = None
    if target is not None and max(lost.values()) <= VOID:
        holds = interval[1] <= target
    return {"row": name, "unit": unit, "ours": middle(ours), "reference": middle(reference),
            "reference_name": reference_name, "ratio": round(ratio, 3), "interval": interval,
            "target": relation if target is None else f"{relation} <= {target:,}", "holds": holds,
            "has_target": target is not None, **lost, "isa": isa}


def verdict(one):
    if not one["has_target"]:
        return "-" if max(one["steal"], one["waited"]) <= VOID else "void"
    return {True: "yes", False: "no", None: "void"}[one["holds"]]


def text_table(rows):
    head = ("row", "ours", "reference", "what it is", "ratio", "95 % interval", "target", "holds")
    lines = [head] + [(r["row"], f"{r['ours']:.1f} {r['unit']}", f"{r['reference']:.1f}", r["reference_name"],
                       f"{r['ratio']:.4g}", f"{r['interval'][0]:.4g} .. {r['interval'][1]:.4g}", r["target"], verdict(r))
                      for r in rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    text = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |" for line in lines]
    return text[:1] + ["|" + "|".join("-" * (width + 2) for width in widths) + "|"] + text[1:]


def sections(page):
    """What docs/bench.md has of each benchmark: {name: text}."""
    try:
        with open(page) as file:
            parts = file.read().split("\n## ")[1:]
    except FileNotFoundError:
        parts = []
    return {part.split("\n", 1)[0]: part.split("\n", 1)[1].strip() for part in parts}


def write_page(results):
    """Puts results into docs/bench.md; of other benchmarks it keeps what it has. results: {name: (rows, what they are)}"""
    page = os.path.join(TOP, "docs", "bench.md")
    text = sections(page)
    for name, (rows, about) in results.items():
        text[name] = "\n".join(([about, ""] if about else []) + text_table(rows))
    with open(page, "w") as file:
        file.write("# Measured\n\nMade by `sudo tools/bench --all --write`; how it measures stands there. "
                   "\"clk\" is TSC cycles a packet on one core.\nA target holds when the whole 95 % interval of the "
                   "compared value lies inside; a run is void when more than 1 % of the time was stolen or spent waiting for the core.\n\n"
                   f"Machine: {describe()}.\n")
        for name in sorted(text):
            file.write(f"\n## {name}\n\n{text[name]}\n")
