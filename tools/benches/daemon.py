# SPDX-License-Identifier: BSD-3-Clause
"""Our daemon: started, told, measured by its own counters."""
import json
import os
import signal
import tempfile
import time

from benches.machine import BUILD, CORE, launch, run_delay


class Daemon:
    """A waypointd over pcap files that are read again and again: one port for each file."""

    def __init__(self, folder):
        self.folder = tempfile.mkdtemp(dir=folder)
        self.process = None
        self.workers, self.waited = 1, 0.0

    def document(self, pcaps, modules, instances, paths, tables=(), cores=(CORE,)):
        return {"version": 1, "workers": {"cores": list(cores), "idle": "spin", "buffers": 8192 * len(pcaps)},
                "state_dir": os.path.join(self.folder, "state"), "modules": list(modules), "tables": list(tables),
                "ports": [{"name": f"in{i}", "type": "pcap", "in": pcap, "loop": True} for i, pcap in enumerate(pcaps)],
                "instances": instances, "paths": paths}

    def write(self, document):
        name = os.path.join(self.folder, "document.json")
        with open(name, "w") as file:
            json.dump(document, file)
        return name

    def start(self, document, keys=None):
        """Runs it until packets flow."""
        if keys:
            document = {**document, "key_store": os.path.join(self.folder, "keys.json")}
            with os.fdopen(os.open(document["key_store"], os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
                json.dump({"keys": keys}, file)
        self.stats = os.path.join(self.folder, "stats.json")
        if os.path.exists(self.stats):
            os.unlink(self.stats)
        self.workers = len(document["workers"]["cores"])
        with open(os.path.join(self.folder, "log"), "w") as log:
            self.process = launch([os.path.join(BUILD, "pe", "waypointd"), "-c", self.write(document), "--stats", self.stats],
                                  stderr=log)
        self.last = None
        self.last = self.wait_for(received)

    def reload(self, document):
        """Puts another document in force, and waits for the first counters of it."""
        epoch = self.last["epoch"]
        self.write(document)
        self.process.send_signal(signal.SIGHUP)
        self.last = self.wait_for(lambda now: now["epoch"] > epoch)

    def pause(self):
        """Leaves the core to others."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def stop(self):
        if self.process is None:
            return
        self.resume()
        self.process.send_signal(signal.SIGTERM)
        status, self.process = self.process.wait(), None
        if status != 0:
            raise RuntimeError(f"waypointd failed: {self.log()}")

    def log(self):
        with open(os.path.join(self.folder, "log")) as file:
            return file.read()[-1000:]

    @property
    def isa(self):
        return self.last["isa"]

    def wait_for(self, wanted, seconds=60):
        """The first new counters that wanted() likes. Parsed only when they are new, for those of 4,096 paths are long."""
        seen, end = None, time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise RuntimeError(f"waypointd ended: {self.log()}")
            try:
                status = os.stat(self.stats)
                if (status.st_ino, status.st_mtime_ns) != seen:
                    seen = status.st_ino, status.st_mtime_ns
                    with open(self.stats) as file:
                        now = json.load(file)
                    if (self.last is None or now["time_ns"] > self.last["time_ns"]) and wanted(now):
                        return now
            except (OSError, ValueError):
                pass
            time.sleep(0.02)
        raise RuntimeError(f"waypointd does not get there: {self.log()}")

    def next(self):
        self.last = self.wait_for(received)
        return self.last

    def measure(self, seconds):
        """clk a packet that came out again, of all workers together. With one worker all must; between two, rings are
        full when one of them has to wait for its core."""
        first = self.next()  # tables, caches and reservations have grown
        waited = run_delay(self.process.pid)
        while self.next()["time_ns"] - first["time_ns"] < seconds * 1e9:
            pass
        last, took = self.last, self.last["time_ns"] - first["time_ns"]
        self.waited = (run_delay(self.process.pid) - waited) / took
        packets = received(last) - received(first)
        sent = sum(port["tx"] for port in last["ports"]) - sum(port["tx"] for port in first["ports"])
        if sent == 0 or (self.workers == 1 and abs(packets - sent) > 0.01 * packets):
            raise RuntimeError(f"{packets} packets in, {sent} out: {last['paths'][0]}")
        return self.workers * last["tsc_hz"] * took / 1e9 / sent


def received(counters):
    """Packets that came in, of all ports."""
    return sum(port["rx"] for port in counters["ports"])
