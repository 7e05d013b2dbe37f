# SPDX-License-Identifier: BSD-3-Clause
"""Stands for systemd: a socket that waypointd tells how it is."""
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from controlled import BUILD, TOP, write

WATCHDOG_S = 1


def heard(notify, until):
    """@return the messages up to one that begins with @p until"""
    messages = []
    while not messages or not messages[-1].startswith(until):
        messages.append(notify.recv(4096).decode())
    return messages


def main():
    with tempfile.TemporaryDirectory(prefix="waypoint-supervised-") as folder:
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        notify.bind(os.path.join(folder, "notify"))
        notify.settimeout(30)
        write(os.path.join(folder, "document.json"), {"version": 1, "workers": {"cores": [0]},
                                                      "ports": [{"name": "n", "type": "null"}]})
        log = os.path.join(folder, "log")
        process = subprocess.Popen([os.path.join(BUILD, "pe", "waypointd"), "-c", "document.json", "--stats", "nowhere/stats.json"],
                                   cwd=folder, stderr=open(log, "w", encoding="utf-8"),
                                   env={**os.environ, "NOTIFY_SOCKET": os.path.join(folder, "notify"),
                                        "WATCHDOG_USEC": str(WATCHDOG_S * 1000000)})
        try:
            assert "epoch 1" in heard(notify, "READY=1")[-1]
            start = time.monotonic()
            for _ in range(6):
                heard(notify, "WATCHDOG=1")
            took = time.monotonic() - start
            assert took < 6 * WATCHDOG_S / 2, took  # in time, twice over
            process.send_signal(signal.SIGHUP)
            assert "epoch 2" in heard(notify, "STATUS=")[-1]
            process.send_signal(signal.SIGTERM)
            heard(notify, "STOPPING=1")
            assert process.wait(20) == 0
            with open(log) as lines:
                assert lines.read().count("--stats: nowhere/stats.json: ") == 1, "each second the same line"
        finally:
            process.kill()
    verified = "not verified: no systemd-analyze here"
    if shutil.which("systemd-analyze"):
        told = subprocess.run(["systemd-analyze", "verify", os.path.join(TOP, "config", "waypointd.service")],
                              capture_output=True, text=True)
        # Neither the program nor its manual is installed here.
        wrong = [line for line in told.stderr.splitlines() if "waypointd.service" in line and "not executable" not in line and "man " not in line]
        assert not wrong, wrong
        verified = "verified"
    print(f"ready, with its epoch, fed {6 / took:.0f} times a second, stopping; the unit is {verified}")


main()
