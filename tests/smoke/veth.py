# SPDX-License-Identifier: BSD-3-Clause
"""A namespace with a pair of interfaces: "near" is the PE's, "far" is ours."""
import ctypes
import os
import socket
import subprocess

ETH_P_ALL, PACKET_OUTGOING, CLONE_NEWNET, SO_RCVBUFFORCE = 3, 4, 0x40000000, 33  # of the kernel's headers


def run(*command):
    subprocess.run(command, check=True, capture_output=True, text=True)


class Network:
    """A namespace of this process's own, with a pair of interfaces."""

    def __init__(self, queues):
        self.name = f"wpp{os.urandom(4).hex()}"
        run("ip", "netns", "add", self.name)
        pair = ["numtxqueues", str(queues), "numrxqueues", str(queues)]
        self.ip("link", "add", "near", *pair, "type", "veth", "peer", "name", "far", *pair)
        for end in ("near", "far"):
            run("ip", "netns", "exec", self.name, "sysctl", "-qw", f"net.ipv6.conf.{end}.disable_ipv6=1")
            self.ip("link", "set", end, "mtu", "1700", "up")
        self.socket = self.open_socket()

    def ip(self, *command):
        run("ip", "-n", self.name, *command)

    def inside(self, make):
        """@return what make() makes in the namespace, a socket"""
        here = os.open("/proc/self/ns/net", os.O_RDONLY)
        there = os.open(f"/run/netns/{self.name}", os.O_RDONLY)
        try:
            setns(there)
            return make()
        finally:
            setns(here)
            os.close(here)
            os.close(there)

    def open_socket(self):
        """A raw socket on the far end."""
        raw = self.inside(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL)))
        raw.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 24)
        raw.bind(("far", 0))
        raw.settimeout(1)
        return raw

    def exchange(self, frames, seconds=0.3):
        """Sends frames; @return the tagged ones that come back, until none does for so long"""
        back = []
        self.socket.settimeout(seconds)
        for frame in frames:
            self.socket.send(frame)
        try:
            while True:
                data, where = self.socket.recvfrom(4096)
                if is_answer(data, where):
                    back.append(data)
        except TimeoutError:
            return back

    def close(self):
        self.socket.close()
        run("ip", "netns", "del", self.name)


def is_answer(data, where):
    """@return whether a frame is tagged, and not one of our own on its way out"""
    return where[2] != PACKET_OUTGOING and data[12:14] == b"\x89\x4f"


def setns(fd):
    if ctypes.CDLL(None, use_errno=True).setns(fd, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")
