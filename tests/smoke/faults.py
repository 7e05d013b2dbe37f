# SPDX-License-Identifier: BSD-3-Clause
"""Runs waypointd over files with a service that goes down, and with one that holds on to its packets."""
import json
import os
import signal
import subprocess
import tempfile
import time

from frames import udp, write_pcap

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
BUILD = os.path.join(TOP, os.environ.get("WP_BUILD_DIR", "build"))


def write_orders(folder, index, *orders):
    """What the probe does with each packet, as frames to read."""
    write_pcap(f"{folder}/in.pcap", [udp(291, order, index=index) for order in orders])


def start(folder, steps=1):
    document = {"version": 1, "workers": {"cores": [0]}, "modules": [os.path.join(BUILD, "tests", "path", "probe.so")],
                "ports": [{"name": "p0", "type": "pcap", "in": "in.pcap", "out": "out.pcap"}],
                "instances": [{"name": "mine", "service": "probe"}],
                "paths": [{"name": "out", "spi": 291, "steps": [{"instance": "mine"}] * steps}]}
    with open(f"{folder}/document.json", "w") as file:
        json.dump(document, file)
    return subprocess.Popen([os.path.join(BUILD, "pe", "waypointd"), "-c", f"{folder}/document.json"],
                            stderr=subprocess.PIPE, text=True)


def main():
    with tempfile.TemporaryDirectory() as folder:
        write_orders(folder, 255, b"n.......", b"S.......")
        process = start(folder)
        said = process.communicate(timeout=60)[1]
        assert process.returncode == -signal.SIGSEGV, (process.returncode, said)
        assert "SIGSEGV (a wrong pointer) in instance 'mine' of service 'probe'" in said, said

        write_orders(folder, 255, *[b"h\xffn....."] * 50)  # 16 steps hold each packet for 255 ms
        process = start(folder, 16)
        time.sleep(1)
        process.send_signal(signal.SIGTERM)
        begin = time.monotonic()
        said = process.communicate(timeout=60)[1]
        assert time.monotonic() - begin < 2 and "told to end before the files did" in said, said
        assert process.returncode == 0, (process.returncode, said)

        write_orders(folder, 254, b"n.......")
        process = start(folder)
        said = process.communicate(timeout=60)[1]
        assert process.returncode == 0 and "1 refused: loop" in said, said
    print("a fault names its instance, SIGTERM ends a run over files, refused frames are named")


if __name__ == "__main__":
    main()
