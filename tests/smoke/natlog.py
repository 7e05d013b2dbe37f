# SPDX-License-Identifier: BSD-3-Clause
"""The NAT's log from a running waypointd to collectors: nfcapd over UDP, and over TCP one that stops reading for a while.

A test service makes the events up, so no NAT is needed. As an argument: udp or tcp; with 'collect PORT FILE' it is the
collector over TCP itself, so that it can be stopped."""
import collections
import glob
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
BUILD = os.path.join(TOP, os.environ.get("WP_BUILD_DIR", "build"))
sys.path.insert(0, os.path.join(TOP, "tests", "unit", "nat"))
from ipfix import Reader  # noqa: E402

SPI, BLOCKS, SESSION = 7, 7, 4
STOPPED_S = 10 if os.environ.get("WP_TEST_ALL") else 4
STOPPED_MAX_S = 25  # a connection that takes nothing for 30 s is given up


def collect(port, name):
    """Takes one connection and writes what comes to a file, until the other side hangs up."""
    with socket.create_server(("127.0.0.1", port)) as server, open(name, "wb") as file:
        print("ready", flush=True)
        connection = server.accept()[0]
        while data := connection.recv(1 << 16):
            file.write(data)


def free_port(kind):
    with socket.socket(socket.AF_INET, kind) as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def write_document(folder, targets, loop, every=1, sessions=5):
    document = {
        "version": 1, "workers": {"cores": [0]}, "modules": [os.path.join(BUILD, "tests", "smoke", "natlog", "natlog.so")],
        "tenants": [{"name": "green"}],
        "ports": [{"name": "p", "type": "pcap", "in": "in.pcap", **({"loop": True} if loop else {"out": "out.pcap"})}],
        "instances": [{"name": "cgn", "service": "natlog", "config": {"log": targets, "every": every, "sessions": sessions}}],
        "paths": [{"name": "out", "spi": SPI, "tenant": "green", "steps": [{"instance": "cgn"}]}]}
    with open(f"{folder}/new.json", "w") as file:
        json.dump(document, file)
    os.rename(f"{folder}/new.json", f"{folder}/document.json")


def start(folder, packets):
    subprocess.run([os.path.join(TOP, "tools", "mkpcap"), f"{folder}/in.pcap", "--spi", str(SPI), "--count", str(packets)], check=True)
    return subprocess.Popen([os.path.join(BUILD, "pe", "waypointd"), "-c", "document.json", "--stats", "stats.json"],
                            cwd=folder, stderr=subprocess.PIPE, text=True)


def end(process):
    errors = process.communicate(timeout=60)[1]
    assert process.returncode == 0, errors


def read_stats(folder):
    with open(f"{folder}/stats.json") as file:
        return json.load(file)


def fresh_stats(folder):
    """Waits for a snapshot that is made from now on, and the next, so that it is not of before."""
    seen = set()
    while len(seen) < 3:
        time.sleep(0.05)
        if os.path.exists(f"{folder}/stats.json"):
            stats = read_stats(folder)
            seen.add(stats["time_ns"])
    return stats


def udp(folder):
    """200 packets, 5 sessions each, and one event of the other kinds: all in nfdump's file."""
    port = free_port(socket.SOCK_DGRAM)
    nfcapd = subprocess.Popen(["nfcapd", "-b", "127.0.0.1", "-p", str(port), "-w", folder, "-t", "3600"],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    while "Startup" not in nfcapd.stdout.readline():
        assert nfcapd.poll() is None
    write_document(folder, [{"to": "ipfix-udp", "host": "127.0.0.1", "port": port, "events": "sessions"}], False)
    end(start(folder, 200))
    time.sleep(1)
    nfcapd.terminate()
    said = nfcapd.communicate(timeout=20)[0]
    assert "Sequence Errors: 0" in said and "Bad Packets: 0" in said, said
    text = subprocess.run(["nfdump", "-r", glob.glob(f"{folder}/nfcapd.2*")[0], "-o", "json"],
                          stdout=subprocess.PIPE, check=True, timeout=60).stdout
    flows = json.loads(text)
    kinds = collections.Counter(int(flow["nat_event_id"]) for flow in flows)
    assert kinds == {SESSION: 1000, 3: 1, 12: 1, 13: 1, 14: 1, 15: 1, 16: 1, 17: 1}, kinds
    session = next(flow for flow in flows if int(flow["nat_event_id"]) == SESSION)
    assert (session["src4_addr"], session["src4_xlt_ip"], session["dst4_addr"]) == ("10.0.0.1", "192.0.2.1", "198.51.100.1"), session
    assert int(session["src_xlt_port"]) == int(session["src_port"]) + 1 and int(session["dst_port"]) == 443, session
    counters = read_stats(folder)["instances"][0]["counters"]
    assert counters["log-written"] == 1000 + BLOCKS and counters["log-lost"] == 0, counters
    print(f"nfdump has {len(flows)} records: {dict(kinds)}")


def queued_ns(process):
    """How long workers have waited for a core that another program had."""
    total = 0
    for task in glob.glob(f"/proc/{process.pid}/task/*"):
        with open(f"{task}/comm") as comm, open(f"{task}/schedstat") as schedstat:
            if "worker" in comm.read():
                total += int(schedstat.read().split()[1])
    return total


def look(folder, process):
    """Packets and time so far; the time that the worker could have run."""
    stats = fresh_stats(folder)
    return stats["instances"][0]["counters"]["seen"], stats["time_ns"] - queued_ns(process), stats


def rate(before, after):
    return (after[0] - before[0]) * 1e9 / (after[1] - before[1])


def stop_until_lost(folder, process):
    """Lets time pass, at least until records have been lost."""
    end_s = time.monotonic() + STOPPED_MAX_S
    time.sleep(STOPPED_S)
    now = look(folder, process)
    while now[2]["instances"][0]["counters"]["log-lost"] == 0 and time.monotonic() < end_s:
        now = look(folder, process)
    return now


def check_end(stats, reader, lines):
    instance = stats["instances"][0]
    events, counters, path = instance["events"], instance["counters"], stats["paths"][0]
    assert path["rx"] == path["tx"] == counters["seen"], (path, counters)
    assert not any(path["drops"].values()) and stats["audit"]["failures"] == 0, (path["drops"], stats["audit"])
    assert events["taken"] == counters["log-written"] + counters["log-lost"] - lines, (events, counters, lines)
    assert len(reader.records) == counters["log-written"] - lines, (len(reader.records), counters)
    assert reader.missing <= counters["log-lost"], (reader.missing, counters)  # what was left at the end was after the last message
    assert counters["log-connects"] == 1, counters  # also over the reload
    return events, counters


def tcp(folder):
    """Full load; the collector is stopped for a while, and the document put in force again meanwhile."""
    port = free_port(socket.SOCK_STREAM)
    targets = [{"to": "ipfix-tcp", "host": "127.0.0.1", "port": port, "events": "sessions"},
               {"to": "json", "path": f"{folder}/nat.jsonl"}]
    collector = subprocess.Popen([sys.executable, __file__, "collect", str(port), f"{folder}/stream"], stdout=subprocess.PIPE)
    assert collector.stdout.readline() == b"ready\n"
    write_document(folder, targets, True, every=100, sessions=1)
    process = start(folder, 64)
    at_first = look(folder, process)
    time.sleep(2)
    collector.send_signal(signal.SIGSTOP)
    stopped = look(folder, process)
    write_document(folder, targets, True, every=99, sessions=1)
    process.send_signal(signal.SIGHUP)
    going_on = stop_until_lost(folder, process)
    collector.send_signal(signal.SIGCONT)
    time.sleep(2)
    process.send_signal(signal.SIGTERM)
    end(process)
    collector.wait(timeout=30)
    reader = Reader()
    with open(f"{folder}/stream", "rb") as file:
        reader.stream(file.read())
    with open(f"{folder}/nat.jsonl") as file:
        lines = [json.loads(line) for line in file]
    stats = read_stats(folder)
    events, counters = check_end(stats, reader, len(lines))
    before, meanwhile = rate(at_first, stopped), rate(stopped, going_on)
    print(f"{stats['paths'][0]['rx']} packets, none lost; {before / 1e6:.2f} M/s before, {meanwhile / 1e6:.2f} M/s while it was stopped")
    print(f"{events['taken']} records, {events['lost']} more lost in the ring; {len(reader.records)} arrived in "
          f"{reader.messages} messages, {counters['log-lost']} lost and counted")
    assert stats["epoch"] == 2 and stopped[2]["epoch"] == 1, stats["epoch"]
    assert counters["log-lost"] > 0, "the stop was too short to lose anything"
    assert {line["event"] for line in lines} > {"block-allocated", "quota-exceeded"} and len(lines) == 2 * BLOCKS, lines
    assert meanwhile > before * 0.7, (before, meanwhile)  # other programs share caches and threads of the core


def main():
    if sys.argv[1] == "collect":
        collect(int(sys.argv[2]), sys.argv[3])
        return
    with tempfile.TemporaryDirectory() as folder:
        {"udp": udp, "tcp": tcp}[sys.argv[1]](folder)


if __name__ == "__main__":
    main()
