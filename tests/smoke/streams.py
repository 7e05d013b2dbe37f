# SPDX-License-Identifier: BSD-3-Clause
"""What the tracker tells of TCP streams, beside what others make of the same captures.

Suricata is the judge of what a receiver reads (bytes that it logs when they are acknowledged), tshark of whole captures; random
overlaps are made here. A difference fails, unless it is in KNOWN with its reason. A seeded tenth of the captures; all of them
with WP_TEST_ALL."""
import concurrent.futures
import ipaddress
import json
import os
import random
import re
import struct
import subprocess
import sys
import tempfile

import suites

SUITES = sys.argv[1]
ALL, SEED = suites.ALL, suites.SEED
REPLAY = os.path.join(os.path.dirname(__file__), "..", "..", os.environ.get("WP_BUILD_DIR", "build"),
                      "tests", "unit", "stream", "stream_replay")

# Captures in which we say something else than a judge, and why.
TUNNELS = "connections within tunnels are the tunnel's flow"
STOPS = "Suricata stops logging a connection whose application it does not look into; tshark says what we say"
KNOWN = {
    "57c489c4ae50.pcap": TUNNELS, "7d0495fee31d.pcap": TUNNELS, "407d322209fc.pcap": TUNNELS,
    "389343a54db8.pcap": STOPS, "312ab591caec.pcap": STOPS, "07b0cbd28828.pcap": STOPS, "f1dff0e477d9.pcap": STOPS,
    "3e1bb8427b9e.pcap": "Suricata loses the connection in a flood of SYNs with its addresses; tshark says what we say",
    "2e4fba222d79.pcap": "behind a gap at the beginning Suricata logs the bytes twice",
    "1336d5f054f9.pcap": "behind a gap at the beginning Suricata logs the bytes twice",
    "ftp/bigtransfer.pcap": "packets were filtered out: what is left jumps further than any window",
    "ipv4/fragmented-4.pcap": "a segment without ACK: its receiver drops it",
    "modbus/fuzz-72.pcap": "headers are random",
    "tcp/reassembly.pcap": "frames were cut short when they were captured: their receiver would drop them",
    "tcp/rst-inject-rae.pcap": "bytes behind a RST: nobody reads them",
    "tls/heartbleed-encrypted-success.pcap": "bytes behind a RST: nobody reads them",
    "tls/tls13draft16-ff52.a01.pcap": "bytes behind a RST: nobody reads them",
    "mixed-vlan-mpls.pcap": TUNNELS, "mpls-in-vlan.pcap": TUNNELS, "pbb.pcap": TUNNELS, "pppoe-over-qinq.pcap": TUNNELS,
    "snap-tcp.pcap": "IEEE 802.3 frames with SNAP are not taken for IP", "erspan.pcap": TUNNELS,
}


MET = set()  # those of them that have differed


def is_known(name):
    return name in KNOWN or name.startswith("tunnels/")


def side(endpoint):
    """"ADDRESS_PORT" or "ADDRESS:PORT", in one form."""
    address, port = re.match(r"\[?(.*?)\]?[_:](\d+)$", endpoint).groups()
    return str(ipaddress.ip_address(address)), int(port)


def read_streams(folder):
    """Files ADDRESS_PORT-ADDRESS_PORT-(ts|tc).data: {(from, to): bytes}"""
    streams = {}
    for name in os.listdir(folder):
        client, server, way = re.match(r"(.*_\d+)-(.*_\d+)--?(ts|tc)\.data$", name).groups()
        key = (side(client), side(server)) if way == "ts" else (side(server), side(client))
        with open(os.path.join(folder, name), "rb") as file:
            streams[key] = streams.get(key, b"") + file.read()
    return streams


def ours(capture, **conf):
    with tempfile.TemporaryDirectory(prefix="waypoint-streams-") as folder:
        conf = {"tell": "acknowledged", "verify_checksums": False, **conf}
        subprocess.run([REPLAY, "-c", json.dumps(conf), "-o", folder, capture], check=True, stderr=subprocess.PIPE)
        return read_streams(folder)


def suricata(capture, *settings):
    with tempfile.TemporaryDirectory(prefix="waypoint-streams-") as folder:
        os.mkdir(os.path.join(folder, "tcp"))
        options = ["outputs.10.tcp-data.enabled=yes", "outputs.10.tcp-data.type=dir", "outputs.10.tcp-data.filename=tcp",
                   "stream.reassembly.depth=0", "stream.reassembly.memcap=2gb", "stream.memcap=2gb",
                   "app-layer.protocols.tls.encryption-handling=full", "app-layer.protocols.ssh.enabled=no", *settings]
        subprocess.run(["suricata", "-r", capture, "-S", "/dev/null", "-l", folder, "-k", "none", "--runmode", "single",
                        *(word for option in options for word in ("--set", option))], check=True, capture_output=True)
        return read_streams(os.path.join(folder, "tcp"))


def tshark(capture):
    """All connections followed, one behind the other where they have the same addresses; without the notes on gaps."""
    numbers = subprocess.run(["tshark", "-r", capture, "-Y", "tcp", "-T", "fields", "-e", "tcp.stream"],
                             check=True, capture_output=True, text=True).stdout.split()
    n = max((int(number) for number in numbers if number.isdigit()), default=-1) + 1
    follow = [word for i in range(n) for word in ("-z", f"follow,tcp,raw,{i}")]
    text = subprocess.run(["tshark", "-q", "-r", capture, *follow], check=True, capture_output=True, text=True).stdout
    parts = {}
    for part in text.split("Follow: tcp,raw\n")[1:]:
        number, first, second = re.match(r"Filter: tcp\.stream eq (\d+)\nNode 0: (.*)\nNode 1: (.*)\n", part).groups()
        lines = re.findall(r"^(\t?)([0-9a-f]+)$", part, re.MULTILINE)
        parts[int(number)] = [(side(first), side(second), b"".join(bytes.fromhex(hexes) for tab, hexes in lines if not tab)),
                              (side(second), side(first), b"".join(bytes.fromhex(hexes) for tab, hexes in lines if tab))]
    streams = {}
    for number in sorted(parts):
        for sender, receiver, data in parts[number]:
            data = re.sub(rb"\[\d+ bytes missing in capture file\]\0?", b"", data)
            if data:
                streams[sender, receiver] = streams.get((sender, receiver), b"") + data
    return streams


def compare(name, mine, theirs, result):
    result["streams"] += len(theirs)
    different = [key for key in set(mine) | set(theirs) if mine.get(key) != theirs.get(key)]
    if not different:
        return
    if is_known(name):
        result["known"] += len(different)
        MET.add(name)
        return
    for (sender, receiver) in different:
        result["different"] += 1
        a, b = mine.get((sender, receiver)), theirs.get((sender, receiver))
        print(f"{name}: {sender} to {receiver}: ours {a and len(a)} bytes, theirs {b and len(b)}", file=sys.stderr)


def judge(title, captures, theirs, **conf):
    """captures: [(name, file)]"""
    result = {"streams": 0, "known": 0, "different": 0}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for (name, file), answer in zip(captures, pool.map(theirs, [file for _, file in captures])):
            compare(name, ours(file, **conf), answer, result)
    print(f"{title}: {len(captures)} captures, {result['streams']} sides of connections, {result['known']} differ for known reasons, "
          f"{result['different']} differ")
    return result["different"] == 0


# Random overlaps. A policy, as Suricata calls it; it has none for first and last.
POLICIES = {"bsd": "bsd", "linux": "linux", "old_linux": "old-linux", "windows": "windows", "vista": "vista", "solaris": "solaris",
            "hpux10": "hpux10", "hpux11": "hpux11", "irix": "irix", "macos": "macos"}
CLIENT_PORT, SERVER_PORT, SERVER_ISN = 20000, 9999, 5000


def packet(source, dest, ports, seq, ack, flags, data=b""):
    tcp = struct.pack("!HHIIBBHHH", *ports, seq & 0xffffffff, ack & 0xffffffff, 0x50, flags, 65535, 0, 0)
    return struct.pack("!BBHHHBBH", 0x45, 0, 40 + len(data), 0, 0, 64, 6, 0) + source + dest + tcp + data


def overlapping(rng):
    """Two segments that may overlap, and what fills the holes: [(start, end, byte)]. A single byte sent twice is left out: it looks
    like a keep-alive, which Suricata passes over."""
    length, segments = rng.choice([6, 12, 24]), []
    while len(segments) < 2:
        start = rng.randint(0, length - 2)
        segments.append((start, rng.randint(start + 2, length), b"AB"[len(segments):len(segments) + 1]))
    have = {at for start, end, _ in segments for at in range(start, end)}
    return segments + [(at, at + 1, b"z") for at in range(max(have)) if at not in have]


def write_overlaps(file, n):
    """n connections for each policy, to hosts of a network of its own."""
    rng, frames = random.Random(SEED), []
    for number, _ in enumerate(POLICIES):
        for i in range(n):
            client, server = bytes((172, 16, i >> 8, i & 255)), bytes((10, number, i >> 8, i & 255))
            out, back = (CLIENT_PORT, SERVER_PORT), (SERVER_PORT, CLIENT_PORT)
            isn = rng.choice((1000, 0xfffffff0, rng.getrandbits(32)))
            segments = overlapping(rng)
            frames += [packet(client, server, out, isn, 0, 2), packet(server, client, back, SERVER_ISN, isn + 1, 0x12),
                       packet(client, server, out, isn + 1, SERVER_ISN + 1, 0x10)]
            frames += [packet(client, server, out, isn + 1 + start, SERVER_ISN + 1, 0x18, byte * (end - start))
                       for start, end, byte in segments]
            frames.append(packet(server, client, back, SERVER_ISN + 1, isn + 1 + max(end for _, end, _ in segments), 0x10))
    with open(file, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
        for i, frame in enumerate(frames):
            out.write(struct.pack("<IIII", 1700000000, i, len(frame), len(frame)) + frame)


def overlaps(folder, n):
    file = os.path.join(folder, "overlaps.pcap")
    write_overlaps(file, n)
    networks = [f"10.{i}.0.0/16" for i, _ in enumerate(POLICIES)]
    theirs = suricata(file, *(f"host-os-policy.{name}.0={network}" for name, network in zip(POLICIES.values(), networks)))
    mine = ours(file, hosts=[{"prefix": network, "policy": policy} for policy, network in zip(POLICIES, networks)])
    result = {"streams": 0, "known": 0, "different": 0}
    compare("overlaps", mine, theirs, result)
    assert result["streams"] == n * len(POLICIES), "Suricata has lost connections"
    print(f"overlaps: {result['streams']} connections with {len(POLICIES)} policies, {result['different']} differ")
    return result["different"] == 0


def main():
    good = judge("Suricata", suites.sample(suites.suite_captures(SUITES)), suricata, policy="bsd", pick_up=False)
    with tempfile.TemporaryDirectory(prefix="waypoint-streams-") as folder:
        captures = suites.mixed_captures(SUITES, folder)
        assert len(captures) > 600
        good &= judge("tshark", suites.sample(captures), tshark, policy="first", window_slack=1 << 28)
        good &= overlaps(folder, 250 if ALL else 50)
    if not good:
        sys.exit("the tracker says something else")
    if ALL and set(KNOWN) - MET:
        sys.exit(f"no difference any more: {sorted(set(KNOWN) - MET)}")


main()
