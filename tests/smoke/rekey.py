# SPDX-License-Identifier: BSD-3-Clause
"""Re-keys a PE from another host (TLS), 128 and 256 bits in turn, while packets flow through its tunnel.

Each packet that comes out is decrypted with the key of its SPI: all that went in must come out, each under one key, no
nonce of a key twice, nothing in clear."""
import os
import struct
import tempfile
import time

from authority import Authority, connect
from controlled import Pe, write, write_keys
from traffic import MARK, Traffic, unsealed
from veth import Network

REKEYS = 1000 if os.environ.get("WP_TEST_ALL") else 100
FIRST_SPI = 4096


def key_of(i):
    return {"name": f"t@{i + 1}", "algorithm": "aes-128-gcm" if i % 2 else "aes-256-gcm",
            "key": (struct.pack("!I", i) * 8)[:16 if i % 2 else 32].hex(), "salt": struct.pack("!I", i * 7 + 1).hex()}


def document(i):
    return {"version": 1, "workers": {"cores": [0]}, "state_dir": "state", "control": {
                "socket": "control.sock", "listen": "127.0.0.1:6640", "certificate": "pe.crt", "private_key": "pe.key",
                "authority": "ca.crt", "identities": [{"name": "operator", "role": "operator"}, {"name": "keeper", "role": "key-manager"}]},
            "key_store": "keys.json", "modules": ["encrypt"],
            "ports": [{"name": "p", "type": "packet", "interface": "near", "mtu": 1700}],
            "instances": [{"name": "e", "service": "encrypt"}],
            "paths": [{"name": "t", "spi": 1, "steps": [{"instance": "e", "args": {
                "spi": FIRST_SPI + i, "local": "192.0.2.1", "remote": "192.0.2.2", "key": f"t@{i + 1}"}}]}]}


def opened(frame):
    """@return (SPI, nonce, number of the packet)"""
    spi, iv, plain = unsealed(frame, lambda spi: key_of(spi - FIRST_SPI))
    return spi, iv, struct.unpack_from("!I", plain, plain.index(MARK) + len(MARK))[0]


def rekey(operator, keeper):
    for i in range(1, REKEYS + 1):
        keeper.result("key.put", **key_of(i))
        operator.result("config.commit", document=document(i), comment=f"key {i}")
        keeper.result("key.delete", name=f"t@{i}")  # of the document before


def main():
    network = Network(1)
    with tempfile.TemporaryDirectory(prefix="waypoint-rekey-") as folder:
        os.mkdir(os.path.join(folder, "state"))
        pe = Pe(folder, ("ip", "netns", "exec", network.name))
        write_keys(folder, [key_of(0)])
        write(pe.file, document(0))
        network.ip("link", "set", "lo", "up")
        authority = Authority(folder, "ca")
        for name in ("pe", "operator", "keeper"):
            authority.issue(name)
        try:
            with pe:
                client = pe.start()
                time.sleep(0.5)
                with Traffic(network) as traffic:
                    rekey(*(network.inside(lambda: connect(folder, 6640, name)) for name in ("operator", "keeper")))
                stats = client.result("stats.get")
                assert client.result("key.list")["keys"][0]["name"] == f"t@{REKEYS + 1}"
                assert pe.stop() == 0
        finally:
            network.close()
    packets = [opened(frame) for frame in traffic.frames]
    numbers, nonces = {number for _, _, number in packets}, {(spi, iv) for spi, iv, _ in packets}
    assert stats["audit"]["failures"] == 0, stats["audit"]
    assert len(packets) == len(numbers) == traffic.sent, (len(packets), len(numbers), traffic.sent)
    assert len(nonces) == len(packets), "a nonce twice"
    used = len({spi for spi, _, _ in packets})
    assert used > REKEYS // 2, used
    print(f"{REKEYS} re-keyings, {traffic.sent} packets under {used} keys: none lost, none in clear, no nonce twice")


main()
