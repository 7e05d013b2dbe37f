# SPDX-License-Identifier: BSD-3-Clause
"""Kills waypointd again and again while it encrypts; collects the IVs of all packets that it sent."""
import json
import os
import random
import signal
import struct
import subprocess
import sys
import tempfile
import time

from frames import udp, write_pcap

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
WAYPOINTD = os.path.join(TOP, "build", "pe", "waypointd")
KILLS = 200 if os.environ.get("WP_TEST_ALL") else 20
SEED = int(os.environ.get("WP_SEED", "1"))
KEY, SALT = "5a" * 32, "01020304"
# One key under several names; the document uses now these, now those.
NAMES = ["a@1", "a@2", "other@1", "b@7"]
SPI_AT, IV_AT = 14 + 24 + 14 + 20, 14 + 24 + 14 + 20 + 8


def write_document(folder, rng):
    first, second = rng.sample(NAMES, 2)
    paths = [{"name": f"p{i}", "spi": 1 + i, "steps": [{"instance": "e", "args": {
        "spi": 4096 + rng.randrange(9), "local": "192.0.2.1", "remote": "192.0.2.2", "key": key,
        "esn": True}}]} for i, key in enumerate((first, second))]
    document = {"version": 1, "workers": {"cores": [1]}, "key_store": "keys.json", "state_dir": "state",
                "modules": ["encrypt"], "instances": [{"name": "e", "service": "encrypt"}], "paths": paths,
                "ports": [{"name": "f", "type": "pcap", "in": "in.pcap", "out": "out.pcap", "loop": True}]}
    with open(os.path.join(folder, "new.json"), "w") as file:
        json.dump(document, file)
    os.rename(os.path.join(folder, "new.json"), os.path.join(folder, "document.json"))


def run_and_kill(folder, rng):
    """One life; returns how often it was reloaded."""
    write_document(folder, rng)
    process = subprocess.Popen([WAYPOINTD, "-c", "document.json"], cwd=folder, stderr=subprocess.PIPE, text=True)
    for line in process.stderr:
        if "is in force" in line:
            break
    else:
        raise SystemExit(f"waypointd did not start, status {process.wait()}")
    reloads = 0
    end = time.monotonic() + rng.uniform(0, 0.06)
    while time.monotonic() < end:
        if rng.random() < 0.5:
            write_document(folder, rng)
            process.send_signal(signal.SIGHUP)
            reloads += 1
        time.sleep(rng.uniform(0, 0.01))
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stderr.close()
    return reloads


def read_ivs(name):
    with open(name, "rb") as file:
        data = file.read()
    at, ivs = 24, []
    while at + 16 <= len(data):
        size = struct.unpack_from("<I", data, at + 8)[0]
        if at + 16 + size > len(data):
            break  # cut by the kill
        ivs.append(struct.unpack_from("!Q", data, at + 16 + IV_AT)[0])
        at += 16 + size
    return ivs


def main():
    rng = random.Random(SEED)
    seen, reloads = set(), 0
    with tempfile.TemporaryDirectory() as folder:
        write_pcap(os.path.join(folder, "in.pcap"), [udp(1 + i % 2) for i in range(64)])
        keys = [{"name": name, "algorithm": "aes-256-gcm", "key": KEY, "salt": SALT} for name in NAMES]
        with os.fdopen(os.open(os.path.join(folder, "keys.json"), os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            json.dump({"keys": keys}, file)
        for life in range(KILLS):
            reloads += run_and_kill(folder, rng)
            ivs = read_ivs(os.path.join(folder, "out.pcap"))
            new = set(ivs)
            if len(new) != len(ivs):
                sys.exit(f"life {life}: {len(ivs) - len(new)} nonces repeat within it")
            if new & seen:
                sys.exit(f"life {life}: {len(new & seen)} nonces of earlier lives come again, such as "
                         f"{min(new & seen)}")
            seen |= new
    if not seen:
        sys.exit("no packet was sent: nothing was tested")
    print(f"{KILLS} kills, {reloads} reloads, {len(seen)} packets, no nonce twice, seed {SEED}")


if __name__ == "__main__":
    main()
