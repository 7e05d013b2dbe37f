# SPDX-License-Identifier: BSD-3-Clause
"""Sends tagged frames to waypointd through each kind of port, and takes its links away meanwhile.

Every frame that was taken must be counted."""
import atexit
import json
import os
import signal
import socket
import subprocess
import tempfile
import time

from frames import udp
from veth import PACKET_OUTGOING, Network

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
BUILD = os.path.join(TOP, os.environ.get("WP_BUILD_DIR", "build"))
N, HOSTS = 2000, 64


def frame(host, order=b"n......."):
    return udp(291, order, bytes((10, 0, 0, host)), bytes((10, 0, 1, 1)))


class Exchange(Network):
    """What it sends comes back."""

    def drain(self, limit):
        """@return how many frames came back; waits until there are that many, or nothing comes for a second"""
        got = 0
        while got < limit:
            try:
                data, where = self.socket.recvfrom(4096)
            except (TimeoutError, OSError):
                break
            got += where[2] != PACKET_OUTGOING and data[12:14] == b"\x89\x4f"
        return got

    def exchange(self, n):
        """Sends frames a few at a time. @return how many came back"""
        got = 0
        for first in range(0, n, 100):
            for i in range(first, min(first + 100, n)):
                self.socket.send(frame(i % HOSTS + 1))
            got += self.drain(min(100, n - first))
        return got


class Pe:
    """waypointd in a namespace, or in ours."""

    def __init__(self, folder, port, network=None, cores=(0,)):
        self.stats_file = f"{folder}/stats.json"
        document = {"version": 1, "workers": {"cores": list(cores)},
                    "modules": [os.path.join(BUILD, "tests", "path", "probe.so")], "ports": [dict(port, name="p0")],
                    "instances": [{"name": "probe", "service": "probe", "config": {"count_hosts": True}}],
                    "paths": [{"name": "out", "spi": 291, "steps": [{"instance": "probe"}]}]}
        with open(f"{folder}/document.json", "w") as file:
            json.dump(document, file)
        if os.path.exists(self.stats_file):
            os.unlink(self.stats_file)
        command = [os.path.join(BUILD, "pe", "waypointd"), "-c", f"{folder}/document.json", "--stats", self.stats_file]
        if network:
            command = ["ip", "netns", "exec", network.name, *command]
        self.log = open(f"{folder}/log", "w+")
        self.process = subprocess.Popen(command, stderr=self.log)
        atexit.register(self.process.kill)  # a test that fails leaves none behind
        for _ in range(100):
            if os.path.exists(self.stats_file):
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        self.process.kill()
        raise AssertionError(self.said())

    def said(self):
        self.log.seek(0)
        return self.log.read()

    def stop(self):
        """@return the last counters, which are checked to be closed"""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(20) == 0, self.said()
        with open(self.stats_file) as file:
            stats = json.load(file)
        path = stats["paths"][0]
        gone = path["tx"] + sum(path["drops"].values()) + sum(sum(step["drops"].values()) for step in path["steps"])
        assert path["rx"] == gone, path
        assert stats["audit"]["failures"] == 0, stats["audit"]
        return stats


def try_interface(folder, kind, queues):
    network = Exchange(queues)
    try:
        port = {"type": kind, "interface": "near", "queues": queues, "mtu": 1700}
        pe = Pe(folder, port, network, cores=range(min(queues, os.cpu_count())))
        got = network.exchange(N)
        stats = pe.stop()
        assert got == N and stats["paths"][0]["tx"] == N, (kind, queues, got, stats["paths"][0], stats["ports"])
        assert all(one["counters"]["foreign-writer"] == 0 for one in stats["instances"])
        print(f"{kind}, {queues} queues: {got} of {N} frames came back; packets of workers:",
              [worker["packets"] for worker in stats["workers"]])
    finally:
        network.close()


def try_flap(folder, kind):
    """Holds frames while the link goes down: they are dropped as such, and later ones pass again."""
    network = Exchange(1)
    try:
        pe = Pe(folder, {"type": kind, "interface": "near", "mtu": 1700}, network)
        assert network.exchange(100) == 100
        for _ in range(3):
            for host in range(50):
                network.socket.send(frame(host + 1, b"h\xffn....."))  # held for 255 ms, then they go on
            network.ip("link", "set", "far", "down")
            time.sleep(0.6)
            network.ip("link", "set", "far", "up")
            time.sleep(0.3)
            network.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)  # says that the network was down
            assert network.exchange(100) == 100, pe.said()
        stats = pe.stop()
        dropped = stats["paths"][0]["drops"].get("link-down", 0)
        assert dropped == 150 and stats["paths"][0]["tx"] == 400, (stats["paths"][0], pe.said())
        assert pe.said().count("link down") == 3, pe.said()
        print(f"{kind}, link down three times: {dropped} held frames dropped as link-down, all others came back")
    finally:
        network.close()


def try_claim(folder):
    """A second waypointd on an interface is refused and harms nobody; one that was killed leaves nothing in the way."""
    network = Exchange(1)
    port = {"type": "xdp", "interface": "near", "mtu": 1700}
    try:
        first = Pe(folder, port, network)
        with tempfile.TemporaryDirectory() as other:
            try:
                Pe(other, port, network)
                raise RuntimeError("a second waypointd has the interface too")
            except AssertionError as error:
                assert "another port or another waypointd has it" in str(error), error
        assert network.exchange(100) == 100, first.said()
        first.process.kill()
        first.process.wait(20)
        again = Pe(folder, port, network)
        assert network.exchange(100) == 100, again.said()
        assert again.stop()["paths"][0]["tx"] == 100
        print("xdp: a second waypointd is refused, the first goes on; after kill -9 the next start has the interface")
    finally:
        network.close()


def try_memif(folder):
    pe = Pe(folder, {"type": "memif", "socket": f"{folder}/memif.sock", "server": True})
    peer = subprocess.run([os.path.join(BUILD, "tests", "smoke", "memif_peer", "memif_peer"), f"{folder}/memif.sock",
                           frame(1).hex(), str(N)], capture_output=True, text=True, timeout=60)
    stats = pe.stop()
    assert peer.returncode == 0, peer.stderr
    assert int(peer.stdout.split()[-1]) == N == stats["paths"][0]["tx"], (peer.stdout, stats["paths"][0], pe.said())
    print(f"memif: {N} of {N} frames came back")


def main():
    with tempfile.TemporaryDirectory() as folder:
        try_interface(folder, "packet", 1)
        try_interface(folder, "xdp", 1)
        try_interface(folder, "xdp", 2)
        try_flap(folder, "packet")
        try_flap(folder, "xdp")
        try_claim(folder)
        try_memif(folder)


if __name__ == "__main__":
    main()
