# SPDX-License-Identifier: BSD-3-Clause
"""NAT44: what translation costs, for how many flows, and what flows cost in memory.

Input is one file of 64-byte TCP frames on one path, read again and again. A step in front of the nat (tests/bench/flows)
writes the endpoints of its next flow into each packet: each packet is of another flow than the one before, flows come
round in an order that is neither that of their numbers nor that of their creation, 64 of a host. Its cost is measured
in the same run, on a path without the nat, and subtracted. Packets from outside have the endpoints that the nat
has given; a step behind it has noted them. All directions and phases are documents that one daemon is given one after
the other by SIGHUP, so that its sessions stay; it is stopped (SIGSTOP) while somebody else is measured.

established  the whole path without the driver: (flows and nat) - (flows) + (a no-op service) - (testpmd io). That is
             tag, path, parser, look-up by keyed hash, filter and TCP state, translation, accounts, tag. TCP, both SYNs seen.
new flows    likewise, of packets that are all SYNs of flows that there are not yet: mapping, host and port block, from none
             to 2 million, without events to a log.
crafted      1 million flows of a host each, chosen so that weak hashes collide, against random ones: only what the nat adds.
memory       what the process has for itself (huge pages included), less what it has with one flow.
nftables     for orientation: what the kernel's NAT adds to its forwarding, in one row of its own.
two workers  cycles of both cores: half of the packets come in at the wrong one, and are handed over.

Reference: VPP 26.06 nat44-ed, in2out, without driver, as stored; tied to this machine and hour by testpmd 5tswap, which was measured
beside it, too. 5tswap knows no NSH: it gets the same frames without. Targets were set beside those figures, and are tied likewise: 90,
220 and 260 clk of established flows, 1,300 clk of a new one.
"""
import os
import statistics
import time

from benches.contestants import Testpmd
from benches.daemon import Daemon
from benches.kernel import Kernel
from benches.ledger import alternate, row
from benches.machine import BUILD, CORE, resident, run_delay
from benches.traffic import TCP, write_pcap

ABOUT = "Established and new flows: the whole path without the driver. Crafted: only what the nat adds."
# clk, measured once on a machine like this one: the middles of the ranges seen, by flows.
VPP = {1: 144, 1000: 136, 100000: 531, 1000000: 565}
SWAP = 55  # testpmd 5tswap, 64 B, beside it
ESTABLISHED = {1: None, 1000: 90, 100000: 220, 1000000: 260, 10000000: None}  # flows: target
NEW, NEW_TARGET = 2000000, 1300  # 2 million a second
CRAFTED, CRAFTED_TARGET = 1000000, 1.1
MEMORY_FLOWS, SESSION_TARGET, MEMORY_TARGET = 10000000, 192, 2.5
KEY_BITS = {"address": 28, "port": 15}  # that inside endpoints may differ in: 16.0.0.0/4, and ports from 32768


# Inside endpoints: what each bit of a flow's number changes in them.

def endpoint(address=0, port=0):
    return {"address": ".".join(str(address >> shift & 255) for shift in (24, 16, 8, 0)), "port": port}


def hosts_of_64():
    return {"first": endpoint(10 << 24, 20480),
            "bits": [endpoint(port=1 << i) for i in range(6)] + [endpoint(1 << i) for i in range(18)]}


def crafted(bits, mix=False):
    return {"first": endpoint(16 << 24, 32768 + 1234), "bits": bits, "mix": mix}


def crc32c(data):
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc


def crc_collisions(n):
    """n independent changes of an endpoint that leave the low bits of its CRC32C (as rte_hash_crc has it) as they are: as
    many bits as can be, 23 of n = 20."""
    changes = [(1 << i, 0) for i in range(KEY_BITS["address"])] + [(0, 1 << i) for i in range(KEY_BITS["port"])]
    low = len(changes) - n
    pivots, free = {}, []
    for address, port in changes:
        crc = crc32c(address.to_bytes(4, "big") + port.to_bytes(2, "big") + b"\0") & ((1 << low) - 1)
        for bit in range(low):  # by elimination
            if crc >> bit & 1 and bit in pivots:
                other, (a, p) = pivots[bit]
                crc, address, port = crc ^ other, address ^ a, port ^ p
        if crc:
            pivots[(crc & -crc).bit_length() - 1] = crc, (address, port)
        else:
            free.append(endpoint(address, port))
    return free[:n]


PATTERNS = {
    "random": crafted([endpoint(1 << i) for i in range(28)] + [endpoint(port=1 << i) for i in range(0, 12, 3)], mix=True),
    "addresses in a row": crafted([endpoint(1 << i) for i in range(20)]),
    "multiples of 256": crafted([endpoint(1 << i) for i in range(8, 28)]),
    "equal XOR of address and port": crafted([endpoint(1 << i, 1 << i) for i in range(15)] +
                                             [endpoint(1 << i) for i in range(16, 21)]),
    "equal low 23 bits of CRC32C": crafted(crc_collisions(20)),
}


class Nat:
    """A daemon with n flows."""

    def __init__(self, folder, pcap, n, endpoints, cores=(CORE,)):
        self.daemon = Daemon(folder)
        self.pcap, self.n, self.endpoints, self.cores = pcap, n, endpoints, cores
        shared = "/dev/shm" if os.access("/dev/shm", os.W_OK) else folder
        self.file = os.path.join(shared, f"waypoint-bench-{os.getpid()}-{os.path.basename(self.daemon.folder)}")
        with open(self.file, "wb") as file:
            file.write(bytes(8 * n))  # the pages are there from the beginning

    def document(self, phase):
        """phase: noop, or open, answer, out, in; 'base-' in front of it: without the nat."""
        mode = phase.replace("base-", "")
        flows = {**self.endpoints, "flows": self.n, "file": self.file}
        nat = {"pools": [{"name": "p", "addresses": ["100.64.0.0/20"]}]}
        steps = ["noop"] if mode == "noop" else [phase] if mode != phase else [phase, "nat"]
        steps += ["learn"] if mode == "open" else []
        instances = [{"name": "noop", "service": "noop"}, {"name": "nat", "service": "nat", "config": nat}]
        if mode != "noop":
            instances += [{"name": phase, "service": "flows", "config": {**flows, "mode": mode}},
                          {"name": "learn", "service": "flows", "config": {**flows, "mode": "learn"}}]
        sides = ["destination", "source"] if mode in ("answer", "in") else ["source", "destination"]
        paths = [{"name": "p", "spi": 1, "inside": sides[0], "reverse": "back", "steps": [{"instance": i} for i in steps]},
                 {"name": "back", "spi": 2, "inside": sides[1], "reverse": "p", "steps": [{"instance": "nat"}]}]
        modules = [os.path.join(BUILD, "tests", "bench", f"{name}.so") for name in ("noop", "flows")] + ["nat"]
        room = self.n + 100000
        tables = [{"service": "nat", "table": table, "max_entries": entries} for table, entries in
                  (("mappings", room), ("peers", 1000), ("subscribers", min(room, 1200000)),
                   ("blocks", min(room, 1200000)), ("addresses", 5000))]
        return self.daemon.document([self.pcap] * len(self.cores), modules, instances, paths, tables, self.cores)

    def begin(self):
        """Runs it without flows."""
        self.daemon.start(self.document("noop"))

    def one_pass(self, phase):
        """Lets each flow have one packet. Returns clk a packet."""
        pid, start = self.daemon.process.pid, time.monotonic()
        waited = run_delay(pid)
        self.daemon.reload(self.document(phase))

        def count(now, name):
            return next(i for i in now["instances"] if i["name"] == phase)["counters"][name]

        self.daemon.last = last = self.daemon.wait_for(lambda now: count(now, "pass-packets") >= self.n)
        self.daemon.waited = (run_delay(pid) - waited) / 1e9 / (time.monotonic() - start)
        dropped = last["paths"][0]["steps"][-1]["drops"] if phase in ("open", "answer") else {}
        if sum(dropped.values()) != 0:
            raise RuntimeError(f"nat drops packets in {phase}: {dropped}")
        return count(last, "pass-ns") * last["tsc_hz"] / 1e9 / self.n

    def open(self):
        """Opens all flows, and lets the other side answer."""
        try:
            self.begin()
            for _ in self.cores:
                self.one_pass("open")  # twice, for what a full ring between two workers has dropped
            self.one_pass("answer")
            self.daemon.pause()
        except BaseException:
            self.end()
            raise
        return self

    def sweep(self, phase, seconds):
        self.daemon.reload(self.document(phase))
        return self.daemon.measure(seconds)

    def end(self):
        try:
            self.daemon.stop()
        finally:
            if os.path.exists(self.file):
                os.unlink(self.file)


class Contestant:
    """What is common."""

    def __init__(self, nat):
        self.nat = nat

    def command(self):
        return f"waypointd with {self.nat.n} flows"

    def note(self):
        self.waited, self.isa = self.nat.daemon.waited, self.nat.daemon.isa


class Phase(Contestant):
    """One phase of a daemon that has its flows."""

    def __init__(self, nat, phase):
        super().__init__(nat)
        self.phase = phase

    def run(self, seconds):
        self.nat.daemon.resume()
        try:
            return self.nat.sweep(self.phase, seconds)
        finally:
            self.nat.daemon.pause()
            self.note()


class Life(Contestant):
    """A new daemon, each time: gives what the nat adds to a packet that opens a flow, and to one of an established flow (None
    when only new flows are of interest)."""

    def __init__(self, nat, established):
        super().__init__(nat)
        self.established = established

    def run(self, seconds):
        try:
            self.nat.begin()
            opened = self.added(self.nat.one_pass, "open")
            if not self.established:
                return opened, None
            self.nat.one_pass("answer")
            return opened, self.added(lambda phase: self.nat.sweep(phase, seconds), "out")
        finally:
            self.nat.daemon.stop()

    def added(self, measure, phase):
        """What the nat adds in a phase."""
        base = measure("base-" + phase)
        self.note()
        waited = self.waited
        clk = measure(phase)
        self.note()
        self.waited = max(waited, self.waited)
        return clk - base


def short(n):
    for size, letter in ((1000000, " M"), (1000, " k")):
        if n >= size:
            return f"{n // size}{letter}"
    return str(n)


def established(nat, bottom, pairs, seconds, reference=None, target=None):
    """Rows of both directions."""
    two = len(nat.cores) != 1
    noop = Phase(nat, "noop")
    phases = [Phase(nat, phase) for phase in ("base-out", "out", "base-in", "in")]
    name = f"{short(nat.n)} flow{'s' if nat.n > 1 else ''}"
    figures, lost = alternate(name, [*bottom, noop, *phases], pairs, seconds)
    io, swap, none = figures[:3]
    rows = []
    for i, direction in ((3, "out"), (5, "in")):
        path = [nat_ - base + n - floor for nat_, base, n, floor in zip(figures[i + 1], figures[i], none, io)]
        label = f"{name}, {direction}" + (", two workers" if two else "")
        if reference is not None:
            rows.append(row(label, "clk", path, reference[direction], "one worker", [p / statistics.median(
                reference[direction]) for p in path], None, "ours / reference", lost, noop.isa))
        elif nat.n in VPP:
            vpp = [VPP[nat.n] * s / SWAP for s in swap]
            rows.append(row(label, "clk", path, vpp, "VPP 26.06 (stored, by 5tswap's ratio)", [p / v for p, v in zip(path, vpp)],
                            None if target is None else round(target / VPP[nat.n], 3), "ours / reference", lost, noop.isa))
        else:
            rows.append(row(label, "clk", path, swap, "testpmd 5tswap, with input", path, target, "ours", lost, noop.isa))
        rows[-1]["values"] = path
    return rows


def take_values(rows):
    return [one.pop("values") for one in rows]


def new_flows(folder, tagged, bottom, pairs, seconds, cores):
    nat = Nat(folder, tagged, NEW, hosts_of_64(), cores)
    still = Nat(folder, tagged, 1, hosts_of_64(), cores)
    noop, life = Phase(still, "noop"), Life(nat, False)
    two = len(cores) != 1
    still.begin()
    still.daemon.pause()
    try:
        (io, swap, none, opened), lost = alternate("new flows", [*bottom, noop, life], pairs, seconds)
    finally:
        still.end()
        nat.end()
    path = [o[0] + n - floor for o, n, floor in zip(opened, none, io)]
    tied = [NEW_TARGET * s / SWAP for s in swap]
    return row("a new flow" + (", two workers" if two else ""), "clk", path, tied, "2 M/s a core (by 5tswap's ratio)",
               [p / t for p, t in zip(path, tied)], None if two else 1.0, "ours / reference", lost, noop.isa)


def crafted_flows(folder, tagged, pairs, seconds):
    lives = [Life(Nat(folder, tagged, CRAFTED, endpoints), True) for endpoints in PATTERNS.values()]
    rows = []
    try:
        figures, lost = alternate("crafted", lives, pairs, seconds)
    finally:
        for life in lives:
            life.nat.end()
    for i, what in ((0, "new"), (1, "established")):
        random = [figure[i] for figure in figures[0]]
        for name, others in list(zip(PATTERNS, figures))[1:]:
            ours = [figure[i] for figure in others]
            rows.append(row(f"{name}, {what}", "clk", ours, random, "random ones", [a / b for a, b in zip(ours, random)],
                            CRAFTED_TARGET, "ours / reference", lost, lives[0].isa))
    return rows


def memory(nat, empty, isa):
    """What the sessions of a daemon take."""
    full, bottom = resident(nat.daemon.process.pid), resident(empty.daemon.process.pid)
    session = (full - bottom) / nat.n
    lost = {"steal": 0.0, "waited": 0.0}
    return [row(f"memory of a session, of {short(nat.n)}", "B", session, SESSION_TARGET, "target", [session], SESSION_TARGET,
                "ours", lost, isa),
            row(f"memory with {short(nat.n)} sessions, all in", "GB", full / 1e9, MEMORY_TARGET, "target", [full / 1e9],
                MEMORY_TARGET, "ours", lost, isa)]


def kernel(pairs, seconds):
    """What nftables' NAT adds to the kernel's forwarding, for orientation: one flow, established."""
    (plain, translated), lost = alternate("nftables", [Kernel(False), Kernel(True)], pairs, seconds)
    added = [b - a for a, b in zip(plain, translated)]
    return row("1 flow, nftables over forwarding", "clk", translated, plain, "the kernel's forwarding alone", added, None,
               "ours - reference", lost, "")


def run(folder, pairs, seconds):
    tagged, plain = os.path.join(folder, "nat.pcap"), os.path.join(folder, "plain.pcap")
    write_pcap(tagged, [1], [64], 4096, TCP)
    write_pcap(plain, [None], [64], 4096, TCP)
    bottom = [Testpmd(tagged), Testpmd(plain, "5tswap")]
    nats, rows, values = {}, [], {}
    try:
        for n, target in ESTABLISHED.items():
            nats[n] = nat = Nat(folder, tagged, n, hosts_of_64()).open()
            rows += established(nat, bottom, pairs, seconds, target=target)
            values[n] = dict(zip(("out", "in"), take_values(rows[-2:])))
            if n not in (1, MEMORY_FLOWS):
                nats.pop(n).end()
        rows += memory(nats[MEMORY_FLOWS], nats[1], rows[0]["isa"])
        nats.pop(MEMORY_FLOWS).end()
        if os.cpu_count() > 1:
            nats[2] = nat = Nat(folder, tagged, 1000000, hosts_of_64(), (CORE, 0)).open()
            rows += established(nat, bottom, pairs, seconds, reference=values[1000000])
            take_values(rows[-2:])
            nats.pop(2).end()
    finally:
        for nat in nats.values():
            nat.end()
    rows.append(new_flows(folder, tagged, bottom, pairs, seconds, (CORE,)))
    if os.cpu_count() > 1:
        rows.append(new_flows(folder, tagged, bottom, pairs, seconds, (CORE, 0)))
    rows.append(kernel(pairs, seconds))
    return rows + crafted_flows(folder, tagged, pairs, seconds)
