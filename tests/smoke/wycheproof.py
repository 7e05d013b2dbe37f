# SPDX-License-Identifier: BSD-3-Clause
"""A vector whose additional data are 8 bytes is an ESP packet: SPI and sequence number are those bytes, salt and IV the nonce. Its
plain text is no tunnelled packet, so a valid one is dropped for its contents, and only an invalid one for its ICV."""
import json
import os
import subprocess
import sys
import tempfile

from frames import tagged, write_pcap

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
WAYPOINTD = os.path.join(TOP, "build", "pe", "waypointd")


def applicable(group, test):
    return (group["ivSize"] == 96 and group["tagSize"] == 128 and group["keySize"] in (128, 256)
            and len(test["aad"]) == 16 and len(test["ct"]) >= 8 and len(test["ct"]) % 8 == 0
            and int(test["aad"][:8], 16) >= 256 and int(test["aad"][8:], 16) != 0)


def esp(test, flip=None):
    """The ESP packet of a vector, with one bit of ciphertext or tag flipped if told."""
    sealed = bytearray(bytes.fromhex(test["ct"] + test["tag"]))
    if flip is not None:
        sealed[flip // 8 % len(sealed)] ^= 1 << flip % 8
    return bytes.fromhex(test["aad"]) + bytes.fromhex(test["iv"])[4:] + bytes(sealed)


def frame(spi, payload):
    return tagged(spi, bytes((192, 0, 2, 1)), bytes((192, 0, 2, 2)), 50, payload)


def main():
    with open(sys.argv[1]) as file:
        groups = json.load(file)["testGroups"]
    every = [(group, test) for group in groups for test in group["tests"]]
    tests = [test for group, test in every if applicable(group, test)]
    if not tests:
        sys.exit("no vector is an ESP packet: nothing was tested")
    keys, paths, frames = [], [], []
    for i, test in enumerate(tests):
        bits = len(test["key"]) * 4
        keys.append({"name": f"k{i}@1", "algorithm": f"aes-{bits}-gcm", "key": test["key"], "salt": test["iv"][:8]})
        paths.append({"name": f"p{i}", "spi": 1 + i, "steps": [{"instance": "d", "args": {
            "local": "192.0.2.2", "remote": "192.0.2.1",
            "sas": [{"spi": int(test["aad"][:8], 16), "key": f"k{i}@1", "esn": False, "window": 64}]}}]})
        flips = 8 * (len(test["ct"]) + len(test["tag"])) // 2
        frames += [frame(1 + i, esp(test, flip)) for flip in range(flips)] + [frame(1 + i, esp(test))] * 2
        test["flips"] = flips
    document = {"version": 1, "key_store": "keys.json", "modules": ["decrypt"], "paths": paths,
                "ports": [{"name": "f", "type": "pcap", "in": "in.pcap", "out": "out.pcap"}],
                "instances": [{"name": "d", "service": "decrypt"}]}
    with tempfile.TemporaryDirectory() as folder:
        with os.fdopen(os.open(f"{folder}/keys.json", os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            json.dump({"keys": keys}, file)
        with open(f"{folder}/document.json", "w") as file:
            json.dump(document, file)
        write_pcap(f"{folder}/in.pcap", frames)
        subprocess.run([WAYPOINTD, "-c", "document.json", "--stats", "stats.json"], cwd=folder, check=True,
                       stderr=subprocess.DEVNULL)
        with open(f"{folder}/stats.json") as file:
            stats = json.load(file)
    for test, path in zip(tests, stats["paths"]):
        drops = path["steps"][0]["drops"]
        others = sum(n for reason, n in drops.items() if reason not in ("bad-icv", "replay"))
        # Every flipped bit is noticed; the vector itself is authentic once, and a replay the second time.
        if (drops["bad-icv"], others, drops["replay"], path["tx"]) != (test["flips"], 1, 1, 0) or test["result"] != "valid":
            sys.exit(f"vector {test['tcId']} ({test['result']}): {drops}")
    print(f"{len(tests)} vectors are ESP packets, each also with every bit flipped; {len(every) - len(tests)} are not "
          "(other nonce, tag, key or additional data sizes)")


if __name__ == "__main__":
    main()
