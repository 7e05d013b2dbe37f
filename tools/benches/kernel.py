# SPDX-License-Identifier: BSD-3-Clause
"""The kernel's forwarding between two hosts, with nftables' NAT on the way or without: three namespaces and veth pairs.

One core sends, forwards and translates: packets are handed on within the sender's system call."""
import json
import os
import subprocess
import time

from benches.machine import CORE, launch, tsc_hz

INSIDE, OUTSIDE = ("10.9.0.2", "10.9.0.1"), ("198.51.100.1", "198.51.100.2")


def run(*command):
    subprocess.run(command, check=True, capture_output=True, text=True)


class Kernel:
    """UDP packets of one flow, as many as one core can."""

    def __init__(self, translates):
        self.translates, self.waited, self.isa = translates, 0.0, ""
        self.spaces = [f"wpb{os.urandom(3).hex()}" for _ in range(3)]

    def command(self):
        return "iperf3 through nftables" if self.translates else "iperf3 through forwarding"

    def up(self):
        client, router, server = self.spaces
        for space in self.spaces:
            run("ip", "netns", "add", space)
            run("ip", "-n", space, "link", "set", "lo", "up")
        for one, other, addresses, name in ((client, router, INSIDE, "in"), (router, server, OUTSIDE, "out")):
            run("ip", "link", "add", name, "netns", one, "type", "veth", "peer", "name", name, "netns", other)
            for space, address in zip((one, other), addresses):
                run("ip", "-n", space, "addr", "add", f"{address}/24", "dev", name)
                run("ip", "-n", space, "link", "set", name, "up")
        run("ip", "-n", client, "route", "add", "default", "via", INSIDE[1])
        run("ip", "-n", server, "route", "add", "default", "via", OUTSIDE[0])
        run("ip", "netns", "exec", router, "sysctl", "-qw", "net.ipv4.ip_forward=1")
        if self.translates:
            run("ip", "netns", "exec", router, "nft", "add table ip n; add chain ip n p { type nat hook postrouting priority "
                "100 ; }; add rule ip n p oif out masquerade")

    def down(self):
        for space in self.spaces:
            subprocess.run(["ip", "netns", "del", space], capture_output=True)

    def run(self, seconds):
        """@return clk a packet"""
        client, _, server = self.spaces
        self.up()
        try:
            sink = launch(["ip", "netns", "exec", server, "iperf3", "-s", "-1", "-A", "0"], stdout=subprocess.DEVNULL)
            time.sleep(0.3)
            took = max(1, round(seconds))
            told = subprocess.run(["ip", "netns", "exec", client, "iperf3", "-c", OUTSIDE[1], "-u", "-b", "0", "-l", "18",
                                   "-t", str(took), "-A", str(CORE), "-J"], capture_output=True, text=True, check=True)
            sink.wait(20)
        finally:
            self.down()
        sent = json.loads(told.stdout)["end"]["sum"]["packets"]
        return tsc_hz() * took / sent
