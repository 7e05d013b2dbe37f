# SPDX-License-Identifier: BSD-3-Clause
"""What collectors have of flows, beside a capture of them that tshark reads. As an argument: the folder with left.pcap, stream
(what came over TCP), nfcapd/ (what came over UDP) and stats.json."""
import collections
import glob
import ipaddress
import json
import os
import re
import subprocess
import sys

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(TOP, "tests", "unit", "nat"))
from ipfix import REVERSE, Reader  # noqa: E402

ICMP, TCP, UDP, ICMP6 = 1, 6, 17, 58
LEFT4, RIGHT4, OTHER4 = "10.2.0.2", "10.2.0.3", "10.2.0.4"
LEFT6, RIGHT6 = "2001:db8:2::2", "2001:db8:2::3"
IDLE, ACTIVE, DETECTED, FORCED = 1, 2, 3, 4
SLACK_MS = 500  # between the capture's host and the PE, all on one core maybe
Flow = collections.namedtuple("Flow", "protocol source dest sport dport")  # ICMP: sport is type and code, dport 0
WANTED = {  # and how they end
    Flow(ICMP, LEFT4, RIGHT4, 0x0800, 0): IDLE, Flow(ICMP6, LEFT6, RIGHT6, 0x8000, 0): IDLE,
    Flow(TCP, LEFT4, RIGHT4, 40001, 80): DETECTED, Flow(TCP, LEFT6, RIGHT6, 40002, 80): DETECTED,
    Flow(UDP, LEFT4, RIGHT4, 40003, 53): IDLE, Flow(UDP, LEFT6, RIGHT6, 40004, 53): IDLE,
    Flow(TCP, LEFT4, RIGHT4, 40005, 81): DETECTED, Flow(UDP, LEFT6, RIGHT6, 40006, 5201): IDLE,
    Flow(ICMP, LEFT4, OTHER4, 0x0800, 0): FORCED}
LONG, UNTIL_END = Flow(UDP, LEFT6, RIGHT6, 40006, 5201), Flow(ICMP, LEFT4, OTHER4, 0x0800, 0)


class Seen:
    """What a capture has of a flow; both ways: [0] is of who began."""

    def __init__(self, ms):
        self.first_ms, self.packets, self.octets, self.flags = ms, [0, 0], [0, 0], [0, 0]

    def add(self, side, ms, size, flags):
        self.last_ms = ms
        self.packets[side] += 1
        self.octets[side] += size
        self.flags[side] |= flags & 0xff


def captured(file):
    """{Flow: Seen}"""
    fields = ("frame.time_epoch", "ip.src", "ip.dst", "ip.len", "ip.proto", "ipv6.src", "ipv6.dst", "ipv6.plen", "ipv6.nxt",
              "tcp.srcport", "tcp.dstport", "tcp.flags", "udp.srcport", "udp.dstport", "icmp.type", "icmpv6.type")
    text = subprocess.run(["tshark", "-r", file, "-o", "ip.defragment:FALSE", "-T", "fields", "-E", "occurrence=f",
                           *(word for field in fields for word in ("-e", field))], check=True, capture_output=True, text=True).stdout
    flows = {}
    for line in text.splitlines():
        packet = dict(zip(fields, line.split("\t")))
        ms = int(float(packet["frame.time_epoch"]) * 1000)
        version = "ip" if packet["ip.src"] else "ipv6"
        if not packet[f"{version}.src"] or packet["icmpv6.type"] in ("133", "134", "135", "136", "143"):
            continue
        size = int(packet["ip.len"]) if version == "ip" else int(packet["ipv6.plen"]) + 40
        kind = packet["icmp.type"] or packet["icmpv6.type"]
        ports = ([int(kind) << 8, 0] if kind else
                 [int(packet[f"tcp.{end}"] or packet[f"udp.{end}"]) for end in ("srcport", "dstport")])
        protocol = int(packet["ip.proto"] or packet["ipv6.nxt"])
        way = Flow(protocol, packet[f"{version}.src"], packet[f"{version}.dst"], *ports)
        back = way._replace(source=way.dest, dest=way.source, sport=way.dport, dport=way.sport)
        if kind in ("0", "129"):
            back = back._replace(sport=0x0800 if kind == "0" else 0x8000, dport=0)
        side = 1 if back in flows else 0
        flow = flows.setdefault(back if side else way, Seen(ms))
        flow.add(side, ms, size, int(packet["tcp.flags"] or "0", 16))
    return flows


class Record:
    """A record by its elements' numbers."""

    def __init__(self, elements):
        def number(element):
            return int.from_bytes(elements.get(element, b""), "big")

        def both(element):
            return [number(element), number((REVERSE, element))]

        source, dest = (str(ipaddress.ip_address(elements.get(four) or elements[six])) for four, six in ((8, 27), (12, 28)))
        self.flow = Flow(number(4), source, dest, number(7) or number(32) or number(139), number(11))
        self.first_ms, self.last_ms = number(152), number(153)
        self.octets, self.packets, self.flags = both(85), both(86), both(6)
        self.reason, self.direction, self.id = number(136), number(239), number(148)
        self.path, self.tenant = number(138), elements[236]

    def __repr__(self):
        return str(vars(self))


def read_stream(folder):
    reader = Reader()
    with open(f"{folder}/stream", "rb") as file:
        reader.stream(file.read())
    assert reader.missing == 0 and len(reader.domains) == 1, (reader.missing, reader.domains)
    return [Record(elements) for _, elements in reader.records]


def check_end(record, seen, reason):
    assert (record.reason, record.direction, record.tenant) == (reason, 1, b"green") and record.path in (10, 11), record
    assert abs(record.first_ms - seen.first_ms) < SLACK_MS, (record, vars(seen))
    if record.flow == UNTIL_END:  # it goes on while the PE ends
        assert all(0 < mine <= theirs for mine, theirs in zip(record.packets, seen.packets)), (record, vars(seen))
        return
    assert (record.packets, record.octets, record.flags) == (seen.packets, seen.octets, seen.flags), (record, vars(seen))
    assert abs(record.last_ms - seen.last_ms) < SLACK_MS, (record, vars(seen))


def check_meanwhile(records):
    """Reports of a flow that goes on: each of all that was so far."""
    assert len({record.id for record in records}) == 1 and len({record.flow for record in records}) == 1, records
    for before, after in zip(records, records[1:]):
        assert before.reason == ACTIVE and after.packets[0] >= before.packets[0] and after.last_ms >= before.last_ms, records
        assert abs(after.first_ms - before.first_ms) <= SLACK_MS, records


def check_nfdump(folder, records):
    """The other collector has the same."""
    with open(f"{folder}/nfcapd.log") as file:
        said = file.read()
    assert "Sequence Errors: 0" in said and "Bad Packets: 0" in said, said
    text = subprocess.run(["nfdump", "-r", glob.glob(f"{folder}/nfcapd/nfcapd.2*")[0], "-o", "json"],
                          check=True, capture_output=True, text=True).stdout
    theirs = collections.Counter(
        (flow["proto"], flow.get("src4_addr") or flow["src6_addr"], flow.get("dst4_addr") or flow["dst6_addr"],
         flow.get("src_port"), flow.get("dst_port"), flow["in_packets"], flow["in_bytes"], flow["out_packets"], flow["out_bytes"])
        for flow in json.loads(text))
    ours = collections.Counter(
        (record.flow.protocol, record.flow.source, record.flow.dest,
         *((None, None) if record.flow.protocol in (ICMP, ICMP6) else record.flow[3:]),
         record.packets[0], record.octets[0], record.packets[1], record.octets[1]) for record in records)
    assert ours == theirs, (ours - theirs, theirs - ours)


def check_libfixbuf(folder, records):
    """Its reader knows all elements by name, and says the same of ends."""
    text = subprocess.run(["ipfixDump", "--in", f"{folder}/stream"], check=True, capture_output=True, text=True).stdout
    for name, values in (("flowEndReason", [record.reason for record in records]),
                         ("reversePacketTotalCount", [record.packets[1] for record in records]),
                         ("biflowDirection", [record.direction for record in records])):
        said = [int(value) for value in re.findall(rf"\) +{name} : (\d+)$", text, re.MULTILINE)]
        assert said == values, (name, said, values)


def check_counters(folder, records, flows):
    with open(f"{folder}/stats.json") as file:
        stats = json.load(file)
    counters = next(one for one in stats["instances"] if one["name"] == "flows")["counters"]
    assert counters == {"ended": flows, "active": len(records) - flows, "lost": 0, "no-word": 0, "log-written": 2 * len(records),
                        "log-lost": 0, "log-connects": 2}, (counters, len(records), flows)
    assert stats["audit"]["failures"] == 0, stats["audit"]


def main(folder):
    records, seen, by_flow = read_stream(folder), captured(f"{folder}/left.pcap"), {}
    for record in records:
        by_flow.setdefault(record.flow, []).append(record)
    assert set(by_flow) == set(seen) > set(WANTED), (set(by_flow) ^ set(seen), set(WANTED) - set(seen))
    for flow, of_flow in by_flow.items():
        check_end(of_flow[-1], seen[flow], WANTED.get(flow, DETECTED))  # iperf3 has a connection of its own, too
        check_meanwhile(of_flow)
    ages = [record.last_ms - record.first_ms for record in by_flow[LONG][:-1]]  # it has packets for 5 s, each 40 ms
    assert 1 <= len(ages) <= 2 and all(1990 <= after - before for before, after in zip([0, *ages], ages)), ages
    assert ages[0] < 4000, ages  # this machine may have more to do
    check_nfdump(folder, records)
    check_libfixbuf(folder, records)
    check_counters(folder, records, len(by_flow))
    print(f"{len(records)} records of {len(by_flow)} flows; tshark, nfdump and ipfixDump say the same")


main(sys.argv[1])
