# SPDX-License-Identifier: BSD-3-Clause
"""Two hosts, and a router that sends what is between them past a PE that prevents; behind the PE it takes 10 ms.

    left ------ router ------ right     (namespaces)
                  | far
                  | near
                  PE
"""
import collections
import os
import select
import signal
import socket
import struct
import tempfile
import threading
import time

from ids_traffic import Guard, document
from veth import ETH_P_ALL, PACKET_OUTGOING, SO_RCVBUFFORCE, run, setns

RULES = """drop tcp any any -> any any (msg:"drop"; content:"wicked"; sid:1;)
rejectboth tcp any any -> any any (msg:"reject"; content:"refused"; sid:2;)
drop udp any any -> any any (msg:"datagram"; content:"wicked"; sid:3;)
"""
DELAY_S, SOON_S = 0.01, 2
TCP_FASTOPEN, MSG_FASTOPEN = 23, 0x20000000  # of the kernel's headers
OF_NEIGHBOURS = range(133, 138)              # ICMPv6: what hosts need to find each other
ADDRESSES = {socket.AF_INET: ("10.9.0.1", "10.9.0.2"), socket.AF_INET6: ("fd09::1", "fd09::2")}


class Router:
    """Sends IP from "left0" to the path 1, from "right0" to the path 2, and what comes back where it goes; a process."""

    def __init__(self, network):
        self.ports = [network.inside(lambda name=name: self.open(name)) for name in ("left0", "right0", "far")]
        self.late = collections.deque()  # when, to which port, what
        self.pid = os.fork()
        if self.pid == 0:
            self.serve()

    @staticmethod
    def open(name):
        raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        raw.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 24)
        raw.bind((name, 0))
        return raw

    def take(self, port, frame):
        if port is self.ports[2]:
            if frame[12:14] == b"\x89\x4f":
                self.late.append((time.monotonic() + DELAY_S, self.ports[frame[20] == 1], frame[38:]))
            return
        is_left = port is self.ports[0]
        is_ip = frame[12:14] == b"\x08\x00" or (frame[12:14] == b"\x86\xdd" and not (frame[20] == 58 and frame[54] in OF_NEIGHBOURS))
        if is_ip:
            nsh = struct.pack("!HBBI", 63 << 6 | 6, 1, 3, (1 if is_left else 2) << 8 | 255) + bytes(16)
            self.ports[2].send(bytes.fromhex("020000000a00020000000b00894f") + nsh + frame)
        else:
            self.ports[is_left].send(frame)

    def serve(self):
        while True:
            wait = max(0, self.late[0][0] - time.monotonic()) if self.late else None
            for port in select.select(self.ports, [], [], wait)[0]:
                frame, where = port.recvfrom(4096)
                if where[2] != PACKET_OUTGOING:
                    self.take(port, frame)
            while self.late and self.late[0][0] <= time.monotonic():
                _, port, frame = self.late.popleft()
                port.send(frame)

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


class Hosts:
    """The namespaces "left" and "right", at the router's."""

    def __init__(self, network):
        self.names = [network.name + side for side in ("l", "r")]
        for i, (name, port) in enumerate(zip(self.names, ("left0", "right0"))):
            run("ip", "netns", "add", name)
            network.ip("link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", name)
            run("ip", "netns", "exec", network.name, "sysctl", "-qw", f"net.ipv6.conf.{port}.disable_ipv6=1")
            network.ip("link", "set", port, "up")
            run("ip", "netns", "exec", name, "ethtool", "-K", "eth0", "tx", "off", "sg", "off", "tso", "off", "gso", "off")
            run("ip", "netns", "exec", name, "sysctl", "-qw", "net.ipv4.tcp_fastopen=3")
            for addresses, size in ((ADDRESSES[socket.AF_INET], 24), (ADDRESSES[socket.AF_INET6], 64)):
                run("ip", "-n", name, "addr", "add", f"{addresses[i]}/{size}", "dev", "eth0", *(["nodad"] if size == 64 else []))
            run("ip", "-n", name, "link", "set", "eth0", "up")

    def socket(self, side, *kind):
        here, there = (os.open(name, os.O_RDONLY) for name in ("/proc/self/ns/net", f"/run/netns/{self.names[side]}"))
        try:
            setns(there)
            made = socket.socket(*kind)
            made.settimeout(SOON_S)
            return made
        finally:
            setns(here)
            os.close(here)
            os.close(there)

    def listen(self, family):
        listener = self.socket(1, family, socket.SOCK_STREAM)
        listener.setsockopt(socket.IPPROTO_TCP, TCP_FASTOPEN, 5)
        listener.bind((ADDRESSES[family][1], 0))
        listener.listen()
        return listener

    def connect(self, family):
        """@return both ends of a connection"""
        with self.listen(family) as listener:
            client = self.socket(0, family, socket.SOCK_STREAM)
            client.connect(listener.getsockname()[:2])
            return client, listener.accept()[0]

    def close(self):
        for name in self.names:
            run("ip", "netns", "del", name)


def received(end, seconds=0.3):
    """@return what comes until nothing does for so long"""
    got, last = b"", None
    end.settimeout(seconds)
    try:
        while last != b"":
            last = end.recv(1 << 16)
            got += last
    except TimeoutError:
        pass
    return got


def stops(hosts, family):
    """What a rule stops: in a stream, beside an urgent byte, in a SYN, in fragments."""
    for parts in ((b"wicked",), (b"wic", b"ked")):
        client, server = hosts.connect(family)
        client.sendall(b"good ")
        for part in parts:
            time.sleep(0.05)
            client.sendall(part)
        assert b"ked" not in received(server)
    client, server = hosts.connect(family)
    client.send(b"wicX", socket.MSG_OOB)
    time.sleep(0.05)
    client.sendall(b"ked")
    assert received(server) == b"wic"
    with hosts.listen(family) as listener:
        for text in (b"good", b"good", b"wicked"):
            client = hosts.socket(0, family, socket.SOCK_STREAM)
            client.settimeout(None)  # else it does not wait for the cookie
            client.sendto(text, MSG_FASTOPEN, listener.getsockname()[:2])
            assert received(listener.accept()[0]) == (text if text == b"good" else b"")
    server, client = (hosts.socket(side, family, socket.SOCK_DGRAM) for side in (1, 0))
    server.bind((ADDRESSES[family][1], 9))
    for text in (b"good", b"wicked"):
        client.sendto(bytes(4000) + text + bytes(4000), (ADDRESSES[family][1], 9))
        assert received(server)[4000:4004] == (b"good" if text == b"good" else b"")


class Sender(threading.Thread):
    """Sends what nobody reads twice, and reads, until that fails."""

    def __init__(self, end):
        super().__init__()
        self.end, self.word, self.ended = end, b"", 0
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 15)  # so that the word is on its way soon
        self.start()

    def run(self):
        reader = threading.Thread(target=self.read)
        reader.start()
        try:
            while True:
                word = self.word
                self.end.send(word or bytes(8192))
                if word:
                    self.word = b""
        except OSError as error:
            assert isinstance(error, ConnectionError), error
            self.ended = time.monotonic()
        reader.join()

    def read(self):
        try:
            while self.end.recv(1 << 16):
                pass
        except OSError:
            pass


def rejects(hosts, family):
    """Both ends know at once, whoever was rejected, though both send and receive as fast as they can."""
    for who in range(2):
        ends = hosts.connect(family)
        senders = [Sender(end) for end in ends]
        time.sleep(0.3)
        begin, senders[who].word = time.monotonic(), b"refused"
        for sender in senders:
            sender.join()
            assert sender.ended - begin < SOON_S, sender.ended - begin
    client, server = hosts.connect(family)
    client.sendall(b"refused")
    for end in (client, server):
        try:
            assert not end.recv(1), "bytes"
            raise AssertionError("a FIN")
        except ConnectionResetError:
            pass


def main():
    with tempfile.TemporaryDirectory(prefix="waypoint-ids-") as folder:
        with open(os.path.join(folder, "own.rules"), "w") as file:
            file.write(RULES)
        guard = Guard(folder, ["own.rules"])
        guard.document = document(["own.rules"], {"policy": "linux"}, mode="prevent")
        step = [{"instance": "guard"}]
        guard.document["paths"] = [{"name": "there", "spi": 1, "inside": "source", "reverse": "back", "steps": step},
                                   {"name": "back", "spi": 2, "inside": "destination", "reverse": "there", "steps": step}]
        hosts = Hosts(guard.network)
        router = Router(guard.network)
        try:
            with guard:
                guard.commit()
                for family, name in ((socket.AF_INET, "IPv4"), (socket.AF_INET6, "IPv6")):
                    stops(hosts, family)
                    rejects(hosts, family)
                    print(f"{name}: what is stopped never arrives, what is rejected ends at both ends within {SOON_S} s")
                guard.pe.stop()
        finally:
            router.close()
            hosts.close()


main()
