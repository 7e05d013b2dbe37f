# SPDX-License-Identifier: BSD-3-Clause
"""The control plane beside the packets: what being asked costs the workers, and how long a commit takes."""
import copy
import json
import os
import socket
import threading
import time

from benches.daemon import Daemon
from benches.dispatch import noop_paths
from benches.ledger import alternate, bootstrap, row
from benches.machine import BUILD
from benches.traffic import write_pcap

ABOUT = "One worker serves packets all the time; control and who asks share the other core. " \
        "Cost unchanged: the same as when nobody asks, within the interval of nobody asking twice."
RATE = 10_000  # stats.get a second
BATCH = 50
COMMIT_PATHS = 1000


class Asker:
    """Asks for all counters at a rate, from a thread of its own."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.answered, self.ends = 0, False
        self.thread = threading.Thread(target=self.run)
        self.begin = time.monotonic()
        self.thread.start()

    def run(self):
        batch = "[" + ",".join('{"jsonrpc":"2.0","method":"stats.get","id":1}' for _ in range(BATCH)) + "]\n"
        asked = 0
        while not self.ends:
            if asked < (time.monotonic() - self.begin) * RATE:
                self.socket.sendall(batch.encode())
                asked += BATCH
                while not self.socket.recv(1 << 20).endswith(b"\n"):
                    pass
                self.answered += BATCH
            else:
                time.sleep(0.001)

    def end(self):
        """Answers a second."""
        self.ends = True
        self.thread.join()
        self.socket.close()
        return self.answered / (time.monotonic() - self.begin)


class Asked:
    """Our daemon, with somebody asking or not. The same process for all."""

    def __init__(self, daemon, asks):
        self.daemon, self.asks, self.rates = daemon, asks, []

    def command(self):
        return f"{RATE} stats.get a second" if self.asks else "nobody asks"

    def run(self, seconds):
        asker = Asker(os.path.join(self.daemon.folder, "control.sock")) if self.asks else None
        try:
            clk = self.daemon.measure(seconds)
        finally:
            if asker:
                self.rates.append(asker.end())
        self.waited = self.daemon.waited
        return clk


class Commits:
    """How long config.commit takes for a large document of which a tenth changes."""

    waited = 0

    def __init__(self, daemon, document):
        self.daemon, self.documents = daemon, [document, copy.deepcopy(document)]
        for path in self.documents[1]["paths"][::10]:
            path["steps"] = path["steps"] * 2

    def command(self):
        return f"config.commit of {COMMIT_PATHS} paths"

    def run(self, seconds):
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(os.path.join(self.daemon.folder, "control.sock"))
            took = []
            end = time.monotonic() + seconds
            while time.monotonic() < end or len(took) < 4:
                self.documents.reverse()
                text = json.dumps({"jsonrpc": "2.0", "method": "config.commit", "id": 1,
                                   "params": {"document": self.documents[0]}}).encode() + b"\n"
                begin = time.monotonic()
                control.sendall(text)
                answer = control.recv(1 << 16)
                took.append((time.monotonic() - begin) * 1e3)
                if b'"in_force":true' not in answer:
                    raise RuntimeError(f"it is refused: {answer!r}")
        return bootstrap(took)[0]


def controlled(daemon, pcap, instances, paths):
    document = daemon.document([pcap], [os.path.join(BUILD, "tests", "bench", "noop.so")], instances, paths)
    return {**document, "control": {"socket": os.path.join(daemon.folder, "control.sock")}}


def run(folder, pairs, seconds):
    pcap = os.path.join(folder, "one.pcap")
    write_pcap(pcap, [1], [64], 4096)
    rows = []
    small, large = Daemon(folder), Daemon(folder)
    try:
        small.start(controlled(small, pcap, *noop_paths(1, 1, 1)))
        asked = Asked(small, True)
        (idle, again, busy), lost = alternate("control", [Asked(small, False), Asked(small, False), asked], pairs, seconds)
        noise = bootstrap([max(b / a, a / b) for a, b in zip(idle, again)])[1][1]
        rows.append(row(f"{RATE:,} stats.get a second", "clk", busy, idle, "nobody asks", [b / a for a, b in zip(idle, busy)],
                        noise, "ours / reference", lost, small.isa))
        rows.append(row("stats.get answered a second", "/s", asked.rates, RATE, "wanted", [RATE / rate for rate in asked.rates],
                        1.02, "reference / ours", lost, small.isa))
        small.stop()
        document = controlled(large, pcap, *noop_paths(COMMIT_PATHS, 100, 2))
        large.start(document)
        (took,), lost = alternate("commit", [Commits(large, document)], pairs, seconds)
        rows.append(row(f"config.commit of {COMMIT_PATHS:,} paths", "ms", took, 100, "target", took, 100, "ours", lost, small.isa))
    finally:
        small.stop()
        large.stop()
    return rows
