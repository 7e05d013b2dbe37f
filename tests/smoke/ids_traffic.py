# SPDX-License-Identifier: BSD-3-Clause
"""A waypointd with the service ids on a pair of interfaces, and packets through it from a thread of its own."""
import json
import os
import re
import struct
import threading
import time

from controlled import BUILD, Pe, write
from frames import udp
from veth import Network, is_answer

HERE = os.path.dirname(os.path.abspath(__file__))


def document(rules, tracker=None, **config):
    return {"version": 1, "workers": {"cores": [0]}, "state_dir": "state", "control": {"socket": "control.sock"}, "modules": ["ids"],
            "module_dir": os.path.abspath(os.path.join(BUILD, "services")),
            "ports": [{"name": "p", "type": "packet", "interface": "near", "mtu": 1700}],
            "instances": [{"name": "guard", "service": "ids", "config": {"rules": rules, **config}},
                          {"name": "tracker", "service": "stream", "config": tracker or {}}],
            "paths": [{"name": "t", "spi": 1, "steps": [{"instance": "guard"}]}]}


def memory(pid, what):
    """MB of "VmRSS", or of "VmHWM": the highest since forget_peak()"""
    with open(f"/proc/{pid}/status") as file:
        return int(re.search(what + r":\s+(\d+)", file.read())[1]) / 1024


def forget_peak(pid):
    with open(f"/proc/{pid}/clear_refs", "w") as file:
        file.write("5")


class Guard:
    """waypointd with ids, in a namespace; to be used with "with"."""

    def __init__(self, folder, rules, **config):
        self.network = Network(1)
        self.pe = Pe(folder, ("ip", "netns", "exec", self.network.name))
        self.pe.options = ["--stats", "stats.json"]
        self.document = document(rules, **config)
        write(self.pe.file, self.document)

    def __enter__(self):
        self.client = self.pe.start()
        self.client.socket.settimeout(300)
        time.sleep(0.5)
        return self

    def __exit__(self, kind, error, trace):
        self.pe.__exit__(kind, error, trace)
        self.network.close()

    def counters(self, stats=None):
        """Of the instance, by name; and of the path. @param stats  None: as they are now"""
        stats = stats or self.client.result("stats.get")
        return next(one for one in stats["instances"] if one["name"] == "guard")["counters"], stats["paths"][0]

    def commit(self, document=None):
        return self.client.result("config.commit", document=document or self.document)["epoch"]

    def settle(self, counter, value):
        """Waits until a counter is at a value. @return all of them"""
        for _ in range(100):
            counters, _ = self.counters()
            if counters[counter] >= value:
                break
            time.sleep(0.05)
        return counters

    def close(self):
        """Ends it; all packets must be accounted for. @return the last counters, as counters()"""
        assert self.pe.stop() == 0
        with open(os.path.join(self.pe.folder, "stats.json")) as file:
            stats = json.load(file)
        path = stats["paths"][0]
        gone = path["tx"] + sum(path["drops"].values()) + sum(sum(step["drops"].values()) for step in path["steps"])
        assert path["rx"] == gone and stats["audit"]["failures"] == 0, (path, stats["audit"])
        return self.counters(stats)


class Stream:
    """Packets, a thousand a second, numbered; notes the longest time between two that come back, and how many do. 'hiccup' is the
    longest time between two that are sent: what this machine does to whom nobody holds up."""

    def __init__(self, network):
        self.network, self.sent, self.back, self.longest, self.last, self.hiccup = network, 0, 0, 0.0, 0.0, 0.0
        self.ends = threading.Event()
        self.sender, self.receiver = threading.Thread(target=self.send), threading.Thread(target=self.receive)
        self.socket = network.open_socket()
        self.socket.settimeout(0.1)
        self.sender.start()
        self.receiver.start()

    def send(self):
        last = time.monotonic()
        while not self.ends.is_set():
            now = time.monotonic()
            self.hiccup, last = max(self.hiccup, now - last), now
            self.network.socket.send(udp(1, struct.pack("!Q", self.sent) + bytes(56), bytes((10, 0, 0, self.sent % 64))))
            self.sent += 1
            time.sleep(0.001)

    def receive(self):
        while not self.ends.is_set() or self.back < self.sent:
            try:
                if not is_answer(*self.socket.recvfrom(4096)):
                    continue
            except TimeoutError:
                if self.ends.is_set():
                    break
                continue
            now = time.monotonic()
            if self.last:
                self.longest = max(self.longest, now - self.last)
            self.last = now
            self.back += 1

    def forget(self):
        self.longest = self.hiccup = 0.0

    def close(self):
        """@return how many are lost"""
        self.ends.set()
        self.sender.join()
        self.receiver.join()
        self.socket.close()
        return self.sent - self.back
