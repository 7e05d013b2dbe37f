# SPDX-License-Identifier: BSD-3-Clause
"""What the control socket tells without being asked: keys that come to their end, packets that are dropped, links, epochs."""
import json
import os
import subprocess
import tempfile
import time

from controlled import BUILD, Pe, write, write_keys
from frames import udp
from veth import Network

KEY = {"algorithm": "aes-128-gcm", "key": "5a" * 16, "salt": "01020304"}


def document(key, **more):
    return {"version": 1, "workers": {"cores": [0]}, "state_dir": "state", "control": {"socket": "control.sock"},
            "key_store": "keys.json", "modules": ["encrypt"],
            "ports": [{"name": "p", "type": "packet", "interface": "near", "mtu": 1700}],
            "instances": [{"name": "e", "service": "encrypt"}],
            "paths": [{"name": "t", "spi": 1, "steps": [{"instance": "e", "args": {
                "spi": 4096, "local": "192.0.2.1", "remote": "192.0.2.2", "key": key, **more}}]}]}


def passes(network, n=10):
    """Sends packets; @return how many come back"""
    return len(network.exchange([udp(1, b"hello")] * n))


class Events:
    def __init__(self, client):
        self.client, self.number = client, client.result("events.subscribe")["next"]

    def wait(self, kind, **wanted):
        """The next event of a kind, and of what it says."""
        while True:
            event = self.client.read()["params"]
            assert event["number"] == self.number, (event, self.number)
            self.number += 1
            if event["kind"] == kind and all(event["data"].get(name) == value for name, value in wanted.items()):
                return event


def lifetimes(network, client, events, socket):
    end = time.time() + 2
    text = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(end))
    client.result("key.put", name="short@1", not_after=text, **dict(KEY, key="5b" * 16))
    events.wait("key", key="short@1", what="put")
    epoch = client.result("config.commit", document=document("short@1"), comment="short")["epoch"]
    events.wait("epoch", epoch=epoch, comment="short")
    events.wait("key-ends", key="short@1", not_after=text, over=False)
    assert passes(network) == 10
    events.wait("key-ends", key="short@1", over=True)
    time.sleep(0.3)  # control looks at keys ten times a second
    assert passes(network) == 0
    assert events.wait("drops", path="t", reason="fail-no-key")["tenant"] == "default"
    events.wait("alert", instance="e", what="lifetime-over")
    assert client.result("key.list")["keys"][0]["not_after"] == ""
    doctor = subprocess.run([os.path.join(BUILD, "ctl", "cli", "wpctl"), "-s", socket, "--json", "doctor"], capture_output=True, text=True)
    found = {(one["level"], one["where"]) for one in json.loads(doctor.stdout)}
    assert doctor.returncode == 1 and {("fault", "key short@1"), ("note", "path t")} <= found, doctor
    # Begun again with a key that is over: nothing passes, all else runs.
    client.result("config.commit", document=document("short@1", dscp=1))
    assert passes(network) == 0
    client.result("config.commit", document=document("long@1", max_packets=100))
    assert passes(network) == 10
    assert passes(network, 75) == 75
    events.wait("alert", instance="e", what="lifetime-near")
    print("lifetimes: told before, at the end, and of each packet that had no key")


def links(network, events):
    network.ip("link", "set", "far", "down")
    events.wait("link", port="p", up=False)
    network.ip("link", "set", "far", "up")
    events.wait("link", port="p", up=True)
    print("links: told when they go and come")


def main():
    network = Network(1)
    try:
        with tempfile.TemporaryDirectory(prefix="waypoint-events-") as folder:
            pe = Pe(folder, ("ip", "netns", "exec", network.name))
            write_keys(folder, [dict(KEY, name="long@1")])
            write(pe.file, document("long@1"))
            with pe:
                client = pe.start()
                time.sleep(0.5)
                events = Events(pe.client())
                lifetimes(network, client, events, pe.socket)
                links(network, events)
                assert pe.stop() == 0
    finally:
        network.close()


main()
