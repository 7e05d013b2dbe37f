# SPDX-License-Identifier: BSD-3-Clause
"""ESP against scapy: both directions, both key sizes, IPv4 and IPv6 inside and outside, with and without ESN."""
import json
import os
import random
import subprocess
import sys
import tempfile
import warnings

warnings.filterwarnings("ignore")
from scapy.all import IP, UDP, Ether, IPv6, Raw, rdpcap, wrpcap  # noqa: E402
from scapy.contrib.nsh import NSH  # noqa: E402
from scapy.layers.ipsec import ESP, SecurityAssociation  # noqa: E402

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
WAYPOINTD = os.path.join(TOP, "build", "pe", "waypointd")
SEED = int(os.environ.get("WP_SEED", "1"))
PACKETS = 1000 if os.environ.get("WP_TEST_ALL") else 100
# key bytes, outer version, esn
CASES = [(size, version, esn) for size in (16, 32) for version in (4, 6) for esn in (False, True)]
ENDS = {4: ("192.0.2.1", "192.0.2.2"), 6: ("2001:db8::1", "2001:db8::2")}


def association(key, version, esn, spi):
    source, dest = ENDS[version]
    header = IP(src=source, dst=dest) if version == 4 else IPv6(src=source, dst=dest)
    more = {"esn_en": True, "esn": 0} if esn else {}
    return SecurityAssociation(ESP, spi=spi, crypt_algo="AES-GCM", crypt_key=key, tunnel_header=header, **more)


def tagged(spi, packet):
    return (Ether(dst="02:00:00:00:0a:00", src="02:00:00:00:0b:00", type=0x894F)
            / NSH(ttl=63, mdtype=1, nextproto=3, spi=spi, si=255)
            / Ether(dst="02:00:00:00:00:02", src="02:00:00:00:00:01",
                    type=0x0800 if packet.version == 4 else 0x86DD) / packet)


def inner(rng):
    data = rng.randbytes(rng.randrange(0, 1300))
    if rng.randrange(2):
        return IP(src="10.0.0.1", dst="10.0.0.2", tos=rng.choice((0, 2, 184)), flags=rng.choice(("", "DF"))) \
            / UDP(sport=1000, dport=2000) / Raw(data)
    return IPv6(src="2001:db8:1::1", dst="2001:db8:1::2") / UDP(sport=1000, dport=2000) / Raw(data)


def run(folder, document):
    """Runs waypointd over in.pcap; returns (frames out, counters)."""
    with open(os.path.join(folder, "document.json"), "w") as file:
        json.dump(document, file)
    subprocess.run([WAYPOINTD, "-c", "document.json", "--stats", "stats.json"], cwd=folder, check=True,
                   stderr=subprocess.DEVNULL)
    with open(os.path.join(folder, "stats.json")) as file:
        stats = json.load(file)
    assert stats["audit"]["failures"] == 0, stats["audit"]
    return rdpcap(os.path.join(folder, "out.pcap")), stats


def write_keys(folder, keys):
    names = {16: "aes-128-gcm", 32: "aes-256-gcm"}
    text = json.dumps({"keys": [{"name": name, "algorithm": names[len(key) - 4], "key": key[:-4].hex(),
                                 "salt": key[-4:].hex()} for name, key in keys.items()]})
    path = os.path.join(folder, "keys.json")
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
        file.write(text)


def document(paths):
    return {"version": 1, "key_store": "keys.json", "state_dir": "state", "modules": ["encrypt", "decrypt"],
            "ports": [{"name": "file", "type": "pcap", "in": "in.pcap", "out": "out.pcap"}],
            "instances": [{"name": "out", "service": "encrypt"}, {"name": "in", "service": "decrypt"}],
            "paths": paths}


def encrypt_ours(folder, rng, keys):
    paths, packets = [], []
    for i, (_, version, esn) in enumerate(CASES):
        paths.append({"name": f"p{i}", "spi": 100 + i, "steps": [{"instance": "out", "args": {
            "spi": 4096 + i, "local": ENDS[version][0], "remote": ENDS[version][1], "key": f"k{i}@1", "esn": esn}}]})
    for _ in range(PACKETS):
        packets.append((rng.randrange(len(CASES)), inner(rng)))
    wrpcap(os.path.join(folder, "in.pcap"), [tagged(100 + i, packet) for i, packet in packets])
    frames, _ = run(folder, document(paths))
    assert len(frames) == len(packets), (len(frames), len(packets))
    for (i, packet), frame in zip(packets, frames):
        size, version, esn = CASES[i]
        assert frame[NSH].spi == 100 + i and frame[NSH].si == 254
        outer = (IP if version == 4 else IPv6)(bytes(frame[NSH].payload)[14:])
        plain = association(keys[f"k{i}@1"], version, esn, 4096 + i).decrypt(outer)
        want = bytes((IP if packet.version == 4 else IPv6)(bytes(packet)))
        assert bytes(plain) == want, (i, bytes(plain).hex(), want.hex())
    return len(frames)


def decrypt_theirs(folder, rng, keys):
    paths, packets, number = [], [], [0] * len(CASES)
    for i, (_, version, esn) in enumerate(CASES):
        paths.append({"name": f"p{i}", "spi": 100 + i, "inside": "destination", "steps": [{"instance": "in", "args": {
            "local": ENDS[version][1], "remote": ENDS[version][0],
            "sas": [{"spi": 4096 + i, "key": f"k{i}@1", "esn": esn}]}}]})
    for _ in range(PACKETS):
        i = rng.randrange(len(CASES))
        size, version, esn = CASES[i]
        number[i] += 1
        packet = inner(rng)
        more = {"esn_en": True, "esn": 0} if esn else {}
        sealed = association(keys[f"k{i}@1"], version, esn, 4096 + i).encrypt(packet, seq_num=number[i], **more)
        bad = rng.random() < 0.2
        if bad:  # one flipped bit behind the sequence number
            data = bytearray(bytes(sealed))
            data[rng.randrange(20 + 8 if version == 4 else 48, len(data))] ^= 1 << rng.randrange(8)
            sealed = (IP if version == 4 else IPv6)(bytes(data))
        packets.append((i, packet, sealed, bad))
    wrpcap(os.path.join(folder, "in.pcap"), [tagged(100 + i, sealed) for i, _, sealed, _ in packets])
    frames, stats = run(folder, document(paths))
    good = [(i, packet) for i, packet, _, bad in packets if not bad]
    assert len(frames) == len(good), (len(frames), len(good))
    for (i, packet), frame in zip(good, frames):
        want = bytes((IP if packet.version == 4 else IPv6)(bytes(packet)))
        got = bytes(frame[NSH].payload)[14:]
        assert got[8:] == want[8:] and got[:1] == want[:1], (i, got.hex(), want.hex())
    icv = sum(path["steps"][0]["drops"]["bad-icv"] for path in stats["paths"])
    assert icv == len(packets) - len(good), (icv, len(packets) - len(good))
    return len(packets)


def main():
    rng = random.Random(SEED)
    keys = {f"k{i}@1": rng.randbytes(size + 4) for i, (size, _, _) in enumerate(CASES)}
    for job in (encrypt_ours, decrypt_theirs):
        with tempfile.TemporaryDirectory() as folder:
            write_keys(folder, keys)
            print(f"{job.__name__}: {job(folder, rng, keys)} packets, {len(CASES)} tunnels, seed {SEED}")


if __name__ == "__main__":
    sys.exit(main())
