# SPDX-License-Identifier: BSD-3-Clause
"""Captures of a path while packets pass: what is copied where, filters, limits, and that no packet is lost by it."""
import base64
import os
import struct
import subprocess
import tempfile
import threading
import time

from controlled import Pe, write
from frames import udp
from veth import Network

GOOD, BAD = bytes((10, 0, 0, 1)), bytes((11, 0, 0, 1))


def document():
    paths = [{"name": name, "spi": spi, "steps": [{"instance": "fw"}, {"instance": "hop"}]} for name, spi in (("one", 1), ("two", 2))]
    return {"version": 1, "workers": {"cores": [0]}, "state_dir": "state", "control": {"socket": "control.sock"},
            "modules": ["firewall", "ttl"], "ports": [{"name": "p", "type": "packet", "interface": "near", "mtu": 1700}],
            "instances": [{"name": "fw", "service": "firewall", "config": {"rules": [{"action": "allow", "from": "10.0.0.0/8"}]}},
                          {"name": "hop", "service": "ttl"}], "paths": paths}


def options(data):
    """Of a block: {code: value}"""
    found = {}
    while len(data) >= 4:
        code, size = struct.unpack_from("<HH", data)
        if code == 0:
            break
        found[code] = data[4:4 + size]
        data = data[4 + (size + 3) // 4 * 4:]
    return found


def blocks(data):
    """All packets of a pcapng file: (interface, time, length, bytes, comment); its interfaces: (link, options)"""
    packets, interfaces = [], []
    while data:
        kind, size = struct.unpack_from("<II", data)
        assert struct.unpack_from("<I", data, size - 4)[0] == size and size % 4 == 0, (kind, size)
        body, data = data[8:size - 4], data[size:]
        if kind == 1:
            interfaces.append((struct.unpack_from("<H", body)[0], options(body[8:])))
        elif kind == 6:
            interface, high, low, captured, whole = struct.unpack_from("<IIIII", body)
            more = options(body[20 + (captured + 3) // 4 * 4:])
            packets.append((interface, high << 32 | low, whole, body[20:20 + captured], more[1].decode()))
    return packets, interfaces


def fetch(client):
    """The file, by the socket."""
    data, offset = b"", 0
    while True:
        part = client.result("capture.read", offset=offset)
        data += base64.b64decode(part["bytes"])
        offset = part["next"]
        if not part["more"]:
            return data


def what_is_copied(network, client, folder):
    client.error(4, "capture.status")
    begun = time.time_ns()
    file = client.result("capture.start", path="one", seconds=30)["file"]
    client.error(5, "capture.start", path="two")
    assert len(network.exchange([udp(1, b"x" * 500, GOOD), udp(1, b"y", BAD), udp(2, b"z", GOOD)])) == 2
    ended = client.result("capture.stop")
    assert ended["end"] == "stopped" and ended["lost"] == 0 and not ended["running"]
    data = fetch(client)
    with open(os.path.join(folder, file), "rb") as same:
        assert same.read() == data
    packets, interfaces = blocks(data)
    comments = sorted(comment for *_, comment in packets)  # the two may have come in one burst
    assert comments == ["fw (firewall): drop, default", "fw (firewall): next", "hop (ttl): next", "in, spi 1 si 255",
                        "in, spi 1 si 255", "out"], comments
    assert ended["packets"] == 6 and len(data) == ended["bytes"]
    assert [link for link, _ in interfaces] == [1] and interfaces[0][1][2] == b"one"
    assert all(begun <= when <= time.time_ns() for _, when, *_ in packets), "another time"
    come, gone = packets[0], next(packet for packet in packets if packet[4] == "out")
    assert come[2] == 542 and len(come[3]) == 256 and gone[2] == 542 + 38, (come[2], gone[2])
    assert gone[3][12:14] == b"\x89\x4f" and come[3][12:14] == b"\x08\x00"
    shown = subprocess.run(["tcpdump", "-nr", os.path.join(folder, file)], stdout=subprocess.PIPE, text=True, check=True).stdout
    assert len(shown.splitlines()) == 6, shown
    print("what is copied: before, behind each step, as sent, with what was decided; tcpdump reads it")


def filters(network, client):
    for wanted, expected in (({"points": "drops"}, ["fw (firewall): drop, default"]), ({"points": "out"}, ["out"]),
                             ({"points": "in", "address": "11.0.0.0/8"}, ["in, spi 1 si 255"]),
                             ({"points": "steps", "address": "10.0.0.1"}, ["fw (firewall): next", "hop (ttl): next"]),
                             ({"address": "2001:db8::/32"}, [])):
        client.result("capture.start", path="one", file="filtered", **wanted)
        network.exchange([udp(1, b"x", GOOD), udp(1, b"y", BAD)])
        client.result("capture.stop")
        assert sorted(comment for *_, comment in blocks(fetch(client))[0]) == expected, wanted
    client.error(4, "capture.start", path="three")
    client.error(-32602, "capture.start", path="one", file="../x")
    client.result("capture.start", path="one", packets=5)
    network.exchange([udp(1, b"x", GOOD)] * 10)
    ended = client.result("capture.status")
    assert ended["end"] == "packets" and ended["packets"] == 5 and not ended["running"], ended
    client.result("capture.start", path="one", seconds=1)
    time.sleep(1.3)
    assert client.result("capture.status")["end"] == "seconds"
    client.result("capture.start", path="one")
    changed = document()
    changed["paths"][0]["spi"] = 9
    client.result("config.commit", document=changed)
    assert client.result("capture.status")["end"] == "document"
    client.result("config.commit", document=document())
    print("filters and limits: points, addresses, packets, seconds, and the end of its path")


def under_load(network, client):
    """Captures come and go while packets pass: none is lost."""
    ends, sent = threading.Event(), [0]
    before = client.result("stats.get")["paths"][0]

    def send():
        while not ends.is_set():
            network.socket.send(udp(1, b"load", GOOD))
            sent[0] += 1
            time.sleep(0.0001)

    thread = threading.Thread(target=send)
    thread.start()
    n = 0
    for _ in range(50):
        client.result("capture.start", path="one", packets=1000000)
        time.sleep(0.02)
        n += client.result("capture.stop")["packets"]
    ends.set()
    thread.join()
    time.sleep(0.5)
    stats = client.result("stats.get")
    after = stats["paths"][0]
    assert after["rx"] - before["rx"] == after["tx"] - before["tx"] == sent[0], (sent, before["rx"], after)
    assert n > sent[0] and stats["audit"]["failures"] == 0, (n, sent)
    print(f"under load: 50 captures, {n} copies of {sent[0]} packets, none of which was lost")


def main():
    network = Network(1)
    try:
        with tempfile.TemporaryDirectory(prefix="waypoint-capture-") as folder:
            pe = Pe(folder, ("ip", "netns", "exec", network.name))
            write(pe.file, document())
            with pe:
                client = pe.start()
                time.sleep(0.5)
                what_is_copied(network, client, folder)
                filters(network, client)
                under_load(network, client)
                client.result("capture.start", path="one")
                assert pe.stop() == 0
    finally:
        network.close()


main()
