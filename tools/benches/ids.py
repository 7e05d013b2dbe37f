# SPDX-License-Identifier: BSD-3-Clause
"""The service ids, and Suricata, over the same laps of a capture with the same rules."""
import json
import os
import shutil
import statistics
import subprocess

from benches.ledger import alternate, row
from benches.machine import BUILD, CORE, TOP, launch, tsc_hz

ABOUT = "CPU time as cycles a packet: of all threads, or of the workers alone: Suricata's manager of flows, which never rests, has the other core, and so has what " \
        "our control thread does beside a worker (memory that comes back and is made ready). " \
        "Each lap of the capture has other addresses and a later time. Loading rules is not counted, nor is reading the capture, of which ours has a lap in " \
        "memory; Suricata reads a file. Both write alerts, and look at no checksums. Bare scan: hs_scan() alone, of what the service has scanned for " \
        "literals in one lap, in turn with laps."
SUITES = os.path.join(TOP, "..", "shared", "suites")
CAPTURE = os.path.join(SUITES, "traffic", "mix.pcap")
RULES = os.path.join(SUITES, "rules", "et2024.rules")
LAPS = 40
LOADS = 4  # laps of a run that is about loading
SURICATA_YAML = """%YAML 1.1
---
include: /etc/suricata/suricata.yaml
outputs:
  - eve-log: {enabled: yes, filetype: regular, filename: eve.json, types: [alert]}
"""


def lines_of(file):
    """How many lines it has; and it is taken away."""
    try:
        with open(file, "rb") as lines:
            n = sum(1 for _ in lines)
        os.unlink(file)
        return n
    except FileNotFoundError:
        return 0


def cpu_seconds(pid):
    """What all threads of a process have had of cores so far."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def worker_times(pid):
    """Seconds that Suricata's worker has had its core so far, and that it has waited for it."""
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/comm") as file:
            if not file.read().startswith("W#"):
                continue
        with open(f"/proc/{pid}/task/{task}/schedstat") as file:
            return [int(field) / 1e9 for field in file.read().split()[:2]]
    raise RuntimeError("suricata has no worker")


def ratios(ours, reference):
    return [a / b for a, b in zip(ours, reference)]


class Ours:
    """The service in one process with the laps; what stands in front of them is not counted."""

    def __init__(self, folder, laps, cache=True, bare=False):
        self.folder, self.laps = folder, laps
        self.cache = os.path.join(folder, "cache") if cache else None
        self.bare, self.lines, self.workers = bare, [], []

    def command(self):
        return "ids_bench --bare" if self.bare else "ids_bench --cache" if self.cache else "ids_bench"

    def run(self, seconds):
        eve = os.path.join(self.folder, "ours.json")
        process = launch(["taskset", "-c", str(CORE), os.path.join(BUILD, "tests", "bench", "ids_bench"), "--rules", RULES, "--laps",
                          str(self.laps), "--eve", eve, *(["--cache", self.cache] if self.cache else []),
                          *(["--bare"] if self.bare else []), CAPTURE], stdout=subprocess.PIPE, text=True)
        text, _ = process.communicate()
        if process.returncode != 0:
            raise RuntimeError(f"ids_bench has ended with {process.returncode}")
        line = json.loads(text)
        if sum(line["alerts"]) != lines_of(eve) or line["lost"] or line["no_room"]:
            raise RuntimeError(f"of {sum(line['alerts'])} alerts some were not written, or something had no room: {text[:200]}")
        self.lines.append(line)
        self.waited = max(0.0, 1 - sum(line["cpu"]) * tsc_hz() / 1e9 / sum(line["clk"]))
        self.workers.append(statistics.mean(line["cpu"]) * tsc_hz() / 1e9)
        return self.workers[-1] + line["control_cpu"] * tsc_hz() / 1e9


class Suricata:
    """One worker that reads a file of the same laps. It says when it starts, and when all packets are done."""

    def __init__(self, folder, pcap):
        self.folder, self.pcap = folder, pcap
        self.yaml = os.path.join(folder, "suricata.yaml")
        self.alerts, self.workers, self.packets = [], [], []
        with open(self.yaml, "w") as file:
            file.write(SURICATA_YAML)

    def command(self):
        return "suricata --runmode single -r laps.pcap"

    def watch(self, process):
        """Seconds that the packets have taken, of all threads and of the worker alone; and how many packets there were."""
        begin = end = packets = None
        for line in process.stdout:
            if "Engine started" in line:
                begin = [cpu_seconds(process.pid), *worker_times(process.pid)]
            elif "time elapsed" in line:
                end = [cpu_seconds(process.pid), *worker_times(process.pid)]
                elapsed = float(line.rpartition("elapsed")[2].rstrip("s\n"))
            elif " packets, " in line:
                packets = int(line.partition(" packets, ")[0].split()[-1])
        if not begin or not end or not packets:
            raise RuntimeError("suricata has ended early")
        all_threads, worker, waited = (b - a for a, b in zip(begin, end))
        self.waited = waited / elapsed
        return all_threads, worker, packets

    def run(self, seconds):
        process = launch(["suricata", "-v", "-c", self.yaml, "-r", self.pcap, "-S", RULES, "-l", self.folder, "-k", "none",
                          "--runmode", "single", "--set", "vars.address-groups.HOME_NET=any", "--set",
                          "vars.address-groups.EXTERNAL_NET=any"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            took, worker, packets = self.watch(process)
        finally:
            process.kill()
            process.wait()
        self.packets.append(packets)
        self.alerts.append(lines_of(os.path.join(self.folder, "eve.json")))
        self.workers.append(worker * tsc_hz() / packets)
        return took * tsc_hz() / packets


def speed_rows(folder, laps, pairs, seconds):
    pcap = os.path.join(folder, "laps.pcap")
    subprocess.run([os.path.join(BUILD, "tests", "bench", "ids_bench"), "--write", pcap, "--laps", str(laps), CAPTURE], check=True)
    os.makedirs(os.path.join(folder, "cache"), mode=0o700, exist_ok=True)
    suricata, ours = Suricata(folder, pcap), Ours(folder, laps)
    Ours(folder, 1).run(seconds)  # fills the cache
    (theirs, clk), lost = alternate("ids", [suricata, ours], pairs, seconds)
    os.unlink(pcap)
    if [line["packets"] for line in ours.lines] != suricata.packets:
        raise RuntimeError(f"{ours.lines[0]['packets']} packets were looked at, by Suricata {suricata.packets[0]}")
    alerts = [sum(line["alerts"]) / laps for line in ours.lines]
    theirs_alerts = [n / laps for n in suricata.alerts]
    loads = [line["load_s"] for line in ours.lines]
    return [row("IDS, et2024, mix", "clk", clk, theirs, "Suricata 7.0.10, all threads", ratios(clk, theirs), 0.5, "ours / reference", lost, ""),
            row("IDS, et2024, mix, its worker", "clk", ours.workers, suricata.workers, "Suricata 7.0.10, its worker alone", ratios(ours.workers, suricata.workers), 0.5,
                "ours / reference", lost, ""),
            row("alerts of a lap", "", alerts, theirs_alerts, "Suricata 7.0.10", ratios(alerts, theirs_alerts), None, "ours / reference", lost, ""),
            row("load from cache", "s", loads, 2, "target", loads, 2, "ours", lost, "")]


def bare_rows(folder, laps, pairs, seconds):
    contestant = Ours(folder, laps, cache=False, bare=True)
    _, lost = alternate("ids, bare scan", [contestant], pairs, seconds)
    bare = [statistics.mean(line["bare_cpu"]) * tsc_hz() / 1e9 for line in contestant.lines]
    shares = [share for line in contestant.lines for share in ratios(line["cpu"], line["bare_cpu"])]
    return [row("IDS, et2024, mix, its worker", "clk", contestant.workers, bare, "bare scan of our own groups", shares, round(1 / 0.7, 3), "ours / reference", lost, "")]


def load_rows(folder, pairs, seconds):
    contestant = Ours(folder, LOADS, cache=False)
    _, lost = alternate("ids, loading", [contestant], pairs, seconds)
    loads = [line["load_s"] for line in contestant.lines]
    memory = [line["memory"] / 1e6 for line in contestant.lines]
    return [row("load, cold", "s", loads, 15, "target", loads, 15, "ours", lost, ""),
            row("memory at its peak, load included", "MB", memory, 400, "target", memory, 400, "ours", lost, "")]


def run(folder, pairs, seconds):
    for path in (CAPTURE, RULES):
        if not os.path.exists(path):
            raise RuntimeError(f"{path} is not there")
    if not shutil.which("suricata"):
        raise RuntimeError("suricata is not there")
    laps = max(LAPS, int(LAPS * seconds / 2))
    return speed_rows(folder, laps, pairs, seconds) + bare_rows(folder, max(8, laps // 4), pairs, seconds) + load_rows(folder, pairs, seconds)
