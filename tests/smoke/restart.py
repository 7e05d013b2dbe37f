# SPDX-License-Identifier: BSD-3-Clause
"""UDP for restart.sh: 'echo' answers every datagram with where it seems to come from; 'send N' has one socket for each
of N mappings. For each line of input it lets all of them send, and says how many were answered, and how many of those
from another outside endpoint than the first time."""
import resource
import select
import socket
import sys
import time

SERVER = ("10.1.0.10", 7)
CLIENT, FIRST_PORT = "10.1.0.2", 10000
TURNS = 5  # sockets and switch may lose some


def echo():
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    server.bind(SERVER)
    while True:
        _, peer = server.recvfrom(2048)
        server.sendto(b"%s %d" % (peer[0].encode(), peer[1]), peer)


class Flows:
    def __init__(self, n):
        resource.setrlimit(resource.RLIMIT_NOFILE, (n + 100, n + 100))
        self.poll, self.number, self.outside, self.sockets = select.epoll(), {}, {}, []
        for i in range(n):
            one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            one.bind((CLIENT, FIRST_PORT + i))
            one.connect(SERVER)
            one.setblocking(False)
            self.number[one.fileno()] = i
            self.poll.register(one, select.EPOLLIN)
            self.sockets.append(one)

    def collect(self, seconds):
        end = time.monotonic() + seconds
        while len(self.seen) < len(self.sockets) and time.monotonic() < end:
            for fd, _ in self.poll.poll(0.01):
                i = self.number[fd]
                try:
                    endpoint = self.sockets[i].recv(2048)
                except OSError:
                    continue
                self.seen.add(i)
                if self.outside.setdefault(i, endpoint) != endpoint:
                    self.moved.add(i)

    def ask(self):
        self.seen, self.moved = set(), set()
        for _ in range(TURNS):
            for i, one in enumerate(self.sockets):
                if i not in self.seen:
                    try:
                        one.send(b"x")
                    except OSError:
                        pass
                if i % 50 == 49:
                    self.collect(0.002)
            self.collect(1)
        return len(self.seen), len(self.moved)


def main():
    if sys.argv[1] == "echo":
        echo()
    flows = Flows(int(sys.argv[2]))
    for _ in sys.stdin:
        print(*flows.ask(), flush=True)


if __name__ == "__main__":
    main()
