# SPDX-License-Identifier: BSD-3-Clause
"""The machine: its cores, its clock, and who else wants them."""
import json
import os
import struct
import subprocess
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(TOP, "build")
CORE = 1  # the one that is measured
ALL_CORES = os.sched_getaffinity(0)


def launch(command, **how):
    """A process that may run anywhere; we ourselves keep off the core that is measured."""
    return subprocess.Popen(command, preexec_fn=lambda: os.sched_setaffinity(0, ALL_CORES), **how)


def stay_off():
    """Keeps this process off the core that is measured."""
    if ALL_CORES - {CORE}:
        os.sched_setaffinity(0, ALL_CORES - {CORE})


def steal_ticks():
    """What the hypervisor took so far, of how much."""
    with open("/proc/stat") as file:
        fields = file.readline().split()
    return int(fields[8]), sum(map(int, fields[1:]))


def run_delay(pid):
    """Nanoseconds that the busiest thread of a process, its worker, has waited for its core so far."""
    busiest = (0, 0)
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/schedstat") as file:
            on_core, waited = map(int, file.read().split()[:2])
        busiest = max(busiest, (on_core, waited))
    return busiest[1]


def resident(pid):
    """Bytes of memory that a process has for itself: huge pages too, files and shared memory not."""
    sizes = {}
    with open(f"/proc/{pid}/status") as file:
        for line in file:
            name, _, value = line.partition(":")
            if value.strip().endswith("kB"):
                sizes[name] = int(value.split()[0]) * 1024
    return sizes["RssAnon"] + sizes.get("HugetlbPages", 0)


def huge():
    """Whether there are huge pages for DPDK."""
    try:
        with open("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages") as file:
            return int(file.read()) * 2 >= 1024 and os.geteuid() == 0
    except OSError:
        return False


def tsc_hz(cache=[]):
    """The rate that DPDK itself finds; asked of our daemon's counters once."""
    if not cache:
        with tempfile.TemporaryDirectory() as folder:
            stats = os.path.join(folder, "s.json")
            document = os.path.join(folder, "d.json")
            pcap = os.path.join(folder, "i.pcap")
            with open(pcap, "wb") as file:
                file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
            with open(document, "w") as file:
                json.dump({"version": 1, "ports": [{"name": "p", "type": "pcap", "in": pcap}]}, file)
            subprocess.run([os.path.join(BUILD, "pe", "waypointd"), "-c", document, "--stats", stats], check=True,
                           stderr=subprocess.DEVNULL)
            with open(stats) as file:
                cache.append(json.load(file)["tsc_hz"])
    return cache[0]


def describe():
    """One line."""
    with open("/proc/cpuinfo") as file:
        model = next(line.split(":")[1].strip() for line in file if line.startswith("model name"))
    return f"{model}, {os.cpu_count()} cores, TSC {tsc_hz() / 1e9:.3f} GHz, huge pages: {'yes' if huge() else 'no'}"
