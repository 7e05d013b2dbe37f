#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""What hosts behind the NAT see of each other, datagram by datagram: talk.py RED RED2 BLUE OUTSIDE, names of namespaces.

One process with a socket in each namespace, so that what was sent and what came can be compared at once. A line a
check; exit status 1 when one failed."""
import ctypes
import errno
import ipaddress
import os
import socket
import sys

from scapy.all import IP, UDP, Raw, fragment

CLONE_NEWNET = 0x40000000
OUTSIDE, OUTSIDE2 = "198.51.100.10", "198.51.100.11"
POOLS = {"red": ipaddress.ip_network("203.0.113.0/28"), "blue": ipaddress.ip_network("203.0.113.16/28")}
PORT, INSIDE_PORT = 7000, 5000
WAIT_S = 3
failed = False


def brief(what):
    text = repr(what)
    return text if len(text) <= 120 else f"{text[:60]} ... {text[-50:]}"


def check(words, expected, seen):
    global failed
    print(f"ok      {words}" if expected == seen else f"FAILED  {words}: expected {brief(expected)}, seen {brief(seen)}", flush=True)
    failed = failed or expected != seen


def drain(*sockets):
    """Forgets what came to the wrong one, so that one failure is not the next one's."""
    for one in sockets:
        one.setblocking(False)
        while receive(one)[1] is not None:
            pass
        one.settimeout(WAIT_S)


def enter(space):
    """This process goes into a namespace; sockets stay where they were made."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open(f"/var/run/netns/{space}") as file:
        if libc.setns(file.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"cannot enter the namespace {space}")


def udp(space, address="0.0.0.0", port=0):
    enter(space)
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.bind((address, port))
    one.settimeout(WAIT_S)
    return one


def receive(one):
    """What came, and from where; or why nothing did."""
    try:
        return one.recvfrom(65535)
    except (TimeoutError, BlockingIOError):
        return ("nothing", None)
    except OSError as error:
        return (errno.errorcode[error.errno], None)


def outside_of(one, server, address=OUTSIDE):
    """The endpoint that the server sees of a socket behind the NAT."""
    one.sendto(b"who am I", (address, PORT))
    return receive(server)[1]


def send_fragments(space, source, dest, sport, dport, payload, size):
    """A datagram in pieces, the last one first."""
    enter(space)
    packet = IP(src=source, dst=dest, id=int.from_bytes(os.urandom(2), "big") or 1) / UDP(sport=sport, dport=dport) / Raw(payload)
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        for piece in reversed(fragment(packet, fragsize=size)):
            raw.sendto(bytes(piece), (dest, 0))


def endpoints(red, blue, red2, server):
    """Who is seen as what from outside: None who is not."""
    seen = {name: outside_of(one, server) for name, one in (("red", red), ("blue", blue), ("red2", red2))}
    for name, at in seen.items():
        pool = POOLS[name.rstrip("2")]
        check(f"{name} is seen from {pool}: {at}", True, at is not None and ipaddress.ip_address(at[0]) in pool)
    check("red and blue, of one address and port inside, are two outside", True, seen["red"] != seen["blue"])
    return seen


def mappings(red, blue, server2, seen):
    """The same mapping whoever is talked to, and for each tenant its own."""
    for name, one in (("red", red), ("blue", blue)):
        check(f"{name} is the same to another server", seen[name], outside_of(one, server2, OUTSIDE2))
        server2.sendto(b"you are " + name.encode(), seen[name])
        check(f"{name} gets what is its own", (b"you are " + name.encode(), (OUTSIDE2, PORT)), receive(one))


def hairpins(red, red2, blue, seen):
    red.sendto(b"over the fence", seen["red2"])
    check("hairpin: red2 hears red, from red's outside endpoint", (b"over the fence", seen["red"]), receive(red2))
    red2.sendto(b"and back", seen["red"])
    check("hairpin: red hears red2, from red2's outside endpoint", (b"and back", seen["red2"]), receive(red))
    red.sendto(b"to another tenant", seen["blue"])
    check("red reaches blue as anybody outside does", (b"to another tenant", seen["red"]), receive(blue))


def fragments(names, red, blue, server, seen):
    payload = os.urandom(4000)
    for name, one in (("red", red), ("blue", blue)):
        send_fragments(names[name], "192.168.0.2", OUTSIDE, INSIDE_PORT, PORT, payload, 1000)
        check(f"{name}: fragments out, the last one first, are one datagram outside", (payload, seen[name]), receive(server))
        send_fragments(names["outside"], OUTSIDE, seen[name][0], PORT, seen[name][1], payload, 1000)
        check(f"{name}: fragments in, the last one first, are one datagram inside", (payload, (OUTSIDE, PORT)), receive(one))


def errors(names, red, seen):
    """A closed port inside is told to those outside: an ICMP error on its way out."""
    asker = udp(names["outside"], OUTSIDE2)
    red.close()
    asker.connect(seen["red"])
    asker.send(b"anybody there?")
    check("port unreachable of red reaches the one outside", ("ECONNREFUSED", None), receive(asker))


def main():
    names = dict(zip(("red", "red2", "blue", "outside"), sys.argv[1:]))
    server, server2 = udp(names["outside"], OUTSIDE, PORT), udp(names["outside"], OUTSIDE2, PORT)
    red, blue = udp(names["red"], port=INSIDE_PORT), udp(names["blue"], port=INSIDE_PORT)
    red2 = udp(names["red2"], port=INSIDE_PORT)
    seen = endpoints(red, blue, red2, server)
    if None in seen.values():
        return
    mappings(red, blue, server2, seen)
    hairpins(red, red2, blue, seen)
    drain(red, red2, blue)
    fragments(names, red, blue, server, seen)
    errors(names, red, seen)


main()
sys.exit(failed)
