# SPDX-License-Identifier: BSD-3-Clause
"""The runtime alone: tag, path, steps that do nothing, tag."""
import os

from benches.contestants import Testpmd, Waypointd
from benches.ledger import alternate, row
from benches.traffic import write_pcap

ABOUT = ""


def noop_paths(n_paths, n_instances, steps):
    instances = [{"name": f"n{i}", "service": "noop"} for i in range(n_instances)]
    paths = [{"name": f"p{i}", "spi": 1 + 3 * i, "steps": [{"instance": f"n{i % n_instances}"}] * steps}
             for i in range(n_paths)]
    return instances, paths


def run(folder, pairs, seconds):
    rows = []
    one = os.path.join(folder, "one.pcap")
    many = os.path.join(folder, "many.pcap")
    write_pcap(one, [1], [64], 4096)
    write_pcap(many, [1 + 3 * i for i in range(4096)], [64], 4096)
    base = Waypointd(folder, one, *noop_paths(1, 1, 1))
    (io, ours), lost = alternate("dispatch", [Testpmd(one), base], pairs, seconds)
    rows.append(row("one no-op service, 64 B", "clk", ours, io, "testpmd io, same input",
                    [b - a for a, b in zip(io, ours)], 35, "ours - reference", lost, base.isa))
    eight = Waypointd(folder, one, *noop_paths(1, 1, 8))
    (short, long), lost = alternate("steps", [base, eight], pairs, seconds)
    rows.append(row("each further no-op service", "clk", long, short, "one step; ours: eight",
                    [(b - a) / 7 for a, b in zip(short, long)], 6, "(ours - reference) / 7", lost, base.isa))
    single = Waypointd(folder, many, *noop_paths(4096, 1, 1))
    rows_many = [("4,096 paths on one instance", single, 1.15),
                 ("4,096 paths on 1,024 instances", Waypointd(folder, many, *noop_paths(4096, 1024, 1)), 2.0)]
    for name, contestant, target in rows_many:
        (few, lots), lost = alternate(name, [base, contestant], pairs, seconds)
        rows.append(row(name, "clk", lots, few, "one path", [b / a for a, b in zip(few, lots)], target,
                        "ours / reference", lost, base.isa))
    return rows
