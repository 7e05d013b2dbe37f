# SPDX-License-Identifier: BSD-3-Clause
"""Two documents in turn while packets flow; each seals every packet twice, under two keys and SPIs of its own. No packet may be
sealed by both documents."""
import os
import struct
import tempfile
import time

from controlled import Pe, write, write_keys
from traffic import ESP, MARK, Traffic, unsealed
from veth import Network

FLIPS = 1000 if os.environ.get("WP_TEST_ALL") else 100
KEYS = [{"name": f"t@{i + 1}", "algorithm": "aes-128-gcm", "key": f"{i + 1:02x}" * 16, "salt": "01020304"} for i in range(4)]
FIRST_SPI = 4096  # inner: and 1 of the other document; outer: behind them


def document(i):
    def step(n):
        return {"instance": f"e{n // 2}", "args": {"spi": FIRST_SPI + n, "local": "192.0.2.1", "remote": "192.0.2.2", "key": f"t@{n + 1}"}}

    return {"version": 1, "workers": {"cores": [0, 1]}, "state_dir": "state", "control": {"socket": "control.sock"},
            "key_store": "keys.json", "modules": ["encrypt"],
            "ports": [{"name": "p", "type": "packet", "interface": "near", "mtu": 1700}],
            "instances": [{"name": "e0", "service": "encrypt"}, {"name": "e1", "service": "encrypt"}],
            "paths": [{"name": "t", "spi": 1, "steps": [step(i), step(2 + i)]}]}


def seen(frame):
    """@return (document of the outer, of the inner tunnel, number of the packet)"""
    outer, _, plain = unsealed(frame, lambda spi: KEYS[spi - FIRST_SPI])
    plain = plain[:struct.unpack_from("!H", plain, 2)[0]]  # without the trailer
    inner, _, plain = unsealed(bytes(ESP - 20) + plain, lambda spi: KEYS[spi - FIRST_SPI])
    return outer - FIRST_SPI - 2, inner - FIRST_SPI, struct.unpack_from("!I", plain, plain.index(MARK) + len(MARK))[0]


def main():
    network = Network(1)
    try:
        with tempfile.TemporaryDirectory(prefix="waypoint-flips-") as folder:
            pe = Pe(folder, ("ip", "netns", "exec", network.name))
            write_keys(folder, KEYS)
            write(pe.file, document(0))
            with pe:
                client = pe.start()
                time.sleep(0.5)
                with Traffic(network) as traffic:
                    for i in range(1, FLIPS + 1):
                        client.result("config.commit", document=document(i % 2))
                        time.sleep(0.005)
                stats = client.result("stats.get")
                assert pe.stop() == 0
    finally:
        network.close()
    packets = [seen(frame) for frame in traffic.frames]
    mixed = [packet for packet in packets if packet[0] != packet[1]]
    assert not mixed, f"{len(mixed)} packets saw a mix: {mixed[:3]}"
    assert len({number for *_, number in packets}) == len(packets) == traffic.sent, (len(packets), traffic.sent)
    by = [sum(1 for packet in packets if packet[0] == i) for i in range(2)]
    assert stats["audit"]["failures"] == 0 and min(by) > traffic.sent // 10, by
    print(f"{FLIPS} flips, {traffic.sent} packets, {by[0]} and {by[1]} of the two documents: none lost, none of both")


main()
