#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The encrypt and decrypt modules against scapy, with what the smoke test through a whole PE cannot set: sequence numbers
around 2^32 and far beyond. usage: scapy_esp.py ESP_HELPER"""
import json
import os
import random
import subprocess
import sys
import warnings

warnings.filterwarnings("ignore")
try:
    from scapy.all import IP, UDP, IPv6, Raw
    from scapy.layers.ipsec import ESP, SecurityAssociation
except ImportError:
    print("scapy is not installed")
    sys.exit(77)

SEED = int(os.environ.get("WP_SEED", "1"))
PACKETS = 60 if os.environ.get("WP_TEST_ALL") else 7  # of each case
ENDS = {4: ("192.0.2.1", "192.0.2.2"), 6: ("2001:db8::1", "2001:db8::2")}
# key bytes, outer version, first number; None: without ESN. The second but last crosses 2^32, the last is far beyond.
CASES = [(size, version, first) for size in (16, 32) for version in (4, 6)
         for first in (None, 1, 2**32 - 4, (7 << 32) + 5)]


class Helper:
    def __init__(self, path):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, *words):
        self.process.stdin.write(" ".join(str(word) for word in words) + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def run(self, step, data):
        """Returns the outcome and the packet's bytes."""
        outcome, _, rest = self.ask("run", step, data.hex()).partition(" ")
        return outcome, bytes.fromhex(rest)

    def close(self):
        self.process.stdin.close()
        return self.process.wait()


class Case:
    def __init__(self, helper, rng, index, size, version, first):
        self.helper, self.version, self.first = helper, version, first
        self.esn, self.number = first is not None, first or 1
        self.spi = rng.randrange(256, 2**32)
        self.key = rng.randbytes(size + 4)
        source, dest = ENDS[version]
        name = f"{size * 8}k{index}@1"
        helper.ask("key", name, self.key.hex())
        common = {"spi": self.spi, "key": name, "esn": self.esn}
        self.seal = helper.ask("seal", json.dumps({"local": source, "remote": dest, "mtu": 9000, **common}))
        self.open = helper.ask("open", json.dumps({"local": dest, "remote": source, "sas": [common]}))
        helper.ask("number", self.seal, self.number)

    def scapy(self, number):
        source, dest = ENDS[self.version]
        header = IP(src=source, dst=dest) if self.version == 4 else IPv6(src=source, dst=dest)
        return SecurityAssociation(ESP, spi=self.spi, crypt_algo="AES-GCM", crypt_key=self.key, tunnel_header=header,
                                   **self.extended(number))

    def extended(self, number):
        return {"esn_en": True, "esn": number >> 32} if self.esn else {}

    def parse(self, data):
        return (IP if self.version == 4 else IPv6)(data)

    def ours_to_scapy(self, packet):
        outcome, sealed = self.helper.run(self.seal, bytes(packet))
        assert outcome == "next", outcome
        plain = self.scapy(self.number).decrypt(self.parse(sealed), **self.extended(self.number))
        assert bytes(plain) == bytes(packet), (bytes(plain).hex(), bytes(packet).hex())
        return sealed

    def scapy_to_ours(self, packet, rng):
        scapy = self.scapy(self.number)
        scapy.seq_num = self.number & 0xFFFFFFFF  # the argument seq_num cannot be 0
        sealed = bytes(scapy.encrypt(packet, **self.extended(self.number)))
        bad = bytearray(sealed)
        bad[rng.randrange((20 if self.version == 4 else 40) + 8, len(bad))] ^= 1 << rng.randrange(8)
        outcome, _ = self.helper.run(self.open, bytes(bad))
        assert outcome == "bad-icv", outcome
        outcome, plain = self.helper.run(self.open, sealed)
        assert outcome == "next", (outcome, self.number)
        # scapy lowers the inner TTL, as a router does; the header's other bytes stay.
        start = 12 if packet.version == 4 else 8
        assert plain[start:] == bytes(packet)[start:] and plain[0] == bytes(packet)[0], plain.hex()
        outcome, _ = self.helper.run(self.open, sealed)
        assert outcome == "replay", outcome


def warm_up(case):
    """Brings the receiver's window near the first number: what lies 2^31 and more ahead cannot be told from the past."""
    want = case.number
    for number in range(2**31 - 1, want, 2**31 - 1):
        case.number = number
        case.scapy_to_ours(IP(bytes(IP(src="10.0.0.1", dst="10.0.0.2") / UDP(sport=1, dport=2))), random.Random(0))
    case.number = want


def inner(rng):
    data = rng.randbytes(rng.choice((rng.randrange(0, 40), rng.randrange(0, 1400))))
    if rng.randrange(2):
        packet = IP(src="10.0.0.1", dst="10.0.0.2", tos=rng.choice((0, 2, 184)), flags=rng.choice(("", "DF")))
        return IP(bytes(packet / UDP(sport=1000, dport=2000) / Raw(data)))
    return IPv6(bytes(IPv6(src="2001:db8:1::1", dst="2001:db8:1::2") / UDP(sport=1000, dport=2000) / Raw(data)))


def main():
    rng, helper, n = random.Random(SEED), Helper(sys.argv[1]), 0
    for index, (size, version, first) in enumerate(CASES):
        case = Case(helper, rng, index, size, version, first)
        warm_up(case)
        for _ in range(PACKETS):
            packet = inner(rng)
            case.ours_to_scapy(packet)
            case.scapy_to_ours(packet, rng)
            case.number += 1
            n += 1
    assert helper.close() == 0
    print(f"{n} packets each way, as many with a flipped bit and as many repeated; {len(CASES)} tunnels, seed {SEED}")


if __name__ == "__main__":
    main()
