#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Datagrams there and back: echo.py serve ADDRESS PORT dont|want answers each with itself, with or without DF, and says whose it was;
echo.py ask ADDRESS PORT SIZE sends one until it comes back, and says so, or not after 5 s."""
import os
import socket
import sys

IP_MTU_DISCOVER, MODES = 10, {"dont": 0, "want": 1}


def serve(address, port, mode):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, MODES[mode])
        one.bind((address, port))
        while True:
            data, sender = one.recvfrom(65536)
            print(sender[0], len(data), flush=True)
            try:
                one.sendto(data, sender)
            except OSError:  # too long for what is known of the path by now: the next one is cut
                pass


def ask(address, port, size):
    data = os.urandom(size)
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as one:
        one.connect((address, port))
        one.settimeout(0.5)
        for _ in range(10):
            try:
                one.send(data)
                if one.recv(65536) == data:
                    return "came back"
            except OSError:
                pass
    return "lost"


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(sys.argv[2], int(sys.argv[3]), sys.argv[4])
    else:
        print(ask(sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
