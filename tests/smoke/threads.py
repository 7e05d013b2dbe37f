# SPDX-License-Identifier: BSD-3-Clause
"""Runs waypointd with two workers at full speed, and checks its counters when it has drained."""
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

from frames import tcp, udp, write_pcap

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
BUILD = os.path.join(TOP, os.environ.get("WP_BUILD_DIR", "build"))
SECONDS = 30 if os.environ.get("WP_TEST_ALL") else 3
SPI_OUT, SPI_BACK, SPI_SEAL, SPI_FLOWS = 291, 292, 293, 294
PAIRS = 8000


def frames(back, rng):
    for _ in range(512):
        host, far = bytes((10, 0, 0, rng.randrange(1, 200))), bytes((198, 51, 100, rng.randrange(1, 9)))
        spi = SPI_BACK if back else rng.choice((SPI_OUT, SPI_SEAL))
        yield udp(spi, bytes(8), far, host) if back else udp(spi, bytes(8), host, far)


def pairs(back):
    """SYNs, or the answers to them: both ends are inside, so that each way is another worker's."""
    for i in range(PAIRS):
        one, other = bytes((10, 1, i >> 8, i & 255)), bytes((10, 2, i >> 8, i & 255))
        yield tcp(SPI_FLOWS, other, one, 80, 2000, 500, 101, 0x12) if back else tcp(SPI_FLOWS, one, other, 2000, 80, 100, 0, 2)


def document(mark):
    probe = {"instance": "probe", "args": {"mark": mark}}
    tunnel = {"instance": "seal", "args": {"spi": 4096, "local": "192.0.2.1", "remote": "192.0.2.2", "key": "k@1"}}
    return {"version": 1, "workers": {"cores": [0, 1]}, "key_store": "keys.json", "state_dir": "state",
            "modules": [os.path.join(BUILD, "tests", "path", "probe.so"), os.path.join(BUILD, "tests", "path", "listener.so"), "encrypt",
                        "firewall"],
            "ports": [{"name": name, "type": "pcap", "in": f"{name}.pcap", "loop": True} for name in ("inside", "outside")],
            "instances": [{"name": "listener", "service": "listener"},
                          {"name": "flows", "service": "stream", "config": {"tcp_new_s": 1, "verify_checksums": False}},
                          {"name": "probe", "service": "probe", "config": {"count_hosts": True}},
                          {"name": "seal", "service": "encrypt"},
                          {"name": "fw", "service": "firewall", "config": {"rules": [
                              {"action": "drop", "from": "10.0.0.7/32"}], "default": "allow"}}],
            "paths": [{"name": "out", "spi": SPI_OUT, "reverse": "back", "steps": [probe, {"instance": "fw"}]},
                      {"name": "back", "spi": SPI_BACK, "inside": "destination", "reverse": "out",
                       "steps": [{"instance": "fw"}, probe]},
                      {"name": "flows", "spi": SPI_FLOWS, "steps": [{"instance": "listener"}]},
                      {"name": "seal", "spi": SPI_SEAL, "steps": [probe, {"instance": "fw"}, tunnel]}]}


def check(stats):
    counters = {one["name"]: one["counters"] for one in stats["instances"]}
    assert stats["audit"]["failures"] == 0, stats["audit"]
    assert stats["audit"]["checks"] > 5, stats["audit"]
    assert counters["probe"]["foreign-writer"] == 0, counters
    assert counters["listener"]["foreign"] == 0 and counters["listener"]["misplaced"] == 0, counters
    assert counters["flows"]["flows"] >= PAIRS and counters["flows"]["no_room"] == 0, counters
    assert counters["seal"]["packets"] > 1000 and counters["seal"]["not-reserved"] == 0, counters  # from the first packet on
    assert all(worker["packets"] > 1000 and worker["handed_over"] > 100 for worker in stats["workers"]), stats["workers"]
    for path in stats["paths"]:
        gone = path["tx"] + sum(path["drops"].values()) + sum(sum(step["drops"].values()) for step in path["steps"])
        assert path["rx"] == gone and path["tx"] > 0, path
    return sum(path["rx"] for path in stats["paths"])


def wait_for_epoch(epoch, process, folder):
    """Until it is in force: a machine that is busy takes its time, and two signals may become one."""
    end = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < end:
        with open(f"{folder}/log") as log:
            if f"epoch {epoch} is in force" in log.read():
                return
        time.sleep(0.02)
    with open(f"{folder}/log") as log:
        sys.exit(f"epoch {epoch} did not come: {log.read()}")


def reload_for(seconds, process, folder):
    """Puts one document after the other in force. Returns the last epoch."""
    wait_for_epoch(1, process, folder)
    end, epoch = time.monotonic() + seconds, 1
    while epoch == 1 or time.monotonic() < end:
        time.sleep(0.1)
        epoch += 1
        with open(f"{folder}/new.json", "w") as file:
            json.dump(document(epoch % 2), file)
        os.rename(f"{folder}/new.json", f"{folder}/document.json")
        process.send_signal(signal.SIGHUP)
        wait_for_epoch(epoch, process, folder)
    return epoch


def main():
    rng = random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        write_pcap(f"{folder}/inside.pcap", [*frames(False, rng), *pairs(False)])
        write_pcap(f"{folder}/outside.pcap", [*frames(True, rng), *pairs(True)])
        with os.fdopen(os.open(f"{folder}/keys.json", os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            json.dump({"keys": [{"name": "k@1", "algorithm": "aes-128-gcm", "key": "5a" * 16, "salt": "01020304"}]}, file)
        with open(f"{folder}/document.json", "w") as file:
            json.dump(document(1), file)
        with open(f"{folder}/log", "w") as log:
            process = subprocess.Popen([os.path.join(BUILD, "pe", "waypointd"), "-c", "document.json", "--stats", "stats.json"],
                                       cwd=folder, stderr=log)
        try:
            epoch = reload_for(SECONDS, process, folder)
            time.sleep(1)
        finally:
            process.send_signal(signal.SIGTERM)
            status = process.wait(timeout=60)
        with open(f"{folder}/log") as log:
            errors = log.read()
        if status != 0:
            sys.exit(f"status {status}: {errors}")
        with open(f"{folder}/stats.json") as file:
            stats = json.load(file)
        packets = check(stats)
        print(f"{packets} packets, epoch {stats['epoch']}, accounts closed, one writer a host")
        assert stats["epoch"] == epoch, errors


if __name__ == "__main__":
    main()
