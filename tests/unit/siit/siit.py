# SPDX-License-Identifier: BSD-3-Clause
"""lib/siit against scapy: both families of a packet are written here by hand, and scapy completes lengths and checksums.

siit.py TURN. Exit status 77: there is no scapy.
"""
import subprocess
import sys

try:
    from scapy.all import (ICMP, IP, TCP, UDP, ICMPv6DestUnreach, ICMPv6EchoReply, ICMPv6EchoRequest,
                           ICMPv6PacketTooBig, ICMPv6ParamProblem, ICMPv6TimeExceeded, IPOption, IPv6,
                           IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop, IPv6ExtHdrRouting, Raw,
                           fragment, fragment6)
except ImportError:
    print("scapy is missing")
    sys.exit(77)

HOST4, FAR4 = "192.0.2.1", "198.51.100.2"
HOST6, FAR6 = "2001:db8::1", "64:ff9b::c633:6402"
ID = 0x4711


def ip4(back=False, **more):
    source, dest = (FAR4, HOST4) if back else (HOST4, FAR4)
    return IP(**{"src": source, "dst": dest, "ttl": 61, "tos": 0xb8, "id": ID, **more})


def ip6(back=False, **more):
    source, dest = (FAR6, HOST6) if back else (HOST6, FAR6)
    return IPv6(**{"src": source, "dst": dest, "hlim": 61, "tc": 0xb8, **more})


def data(size):
    return Raw(bytes(i * 7 % 251 for i in range(size)))


def tcp(size):
    return TCP(sport=4321, dport=443, seq=77, ack=88, flags="PA", options=[("NOP", None), ("NOP", None), (
        "Timestamp", (1, 2))]) / data(size)


def udp(size, **more):
    return UDP(sport=4321, dport=53, **more) / data(size)


def whole(packet):
    """@return the bytes that scapy completes"""
    return bytes(packet)


def cut(packet, size):
    """@return the first bytes of a completed packet, as an error quotes them"""
    return Raw(whole(packet)[:size])


def both():
    """@return packets that are each other's translation"""
    for size in (0, 1, 2, 99, 1000, 1220):
        for l4 in (tcp, udp):
            if len(ip4() / l4(size)) <= 1260:
                yield ip4() / l4(size), ip6() / l4(size)
    for size in (1261, 1400, 3000):
        yield ip4(flags="DF") / udp(size), ip6() / udp(size)
    yield ip4(proto=47) / data(50), ip6(nh=47) / data(50)
    yield ip4(proto=132) / data(50), ip6(nh=132) / data(50)
    for size in (0, 1, 56):
        yield (ip4() / ICMP(type=8, id=5, seq=6) / data(size),
               ip6() / ICMPv6EchoRequest(id=5, seq=6, data=data(size).load))
        yield (ip4() / ICMP(type=0, id=5, seq=6) / data(size),
               ip6() / ICMPv6EchoReply(id=5, seq=6, data=data(size).load))
    yield from both_errors()


def both_errors():
    for size in (8, 30, 500):
        for l4 in (udp, tcp):
            quoted4, quoted6 = ip4(True) / l4(600), ip6(True) / l4(600)
            quoted4, quoted6 = cut(quoted4, 20 + size), cut(quoted6, 40 + size)
            yield ip4() / ICMP(type=3, code=1) / quoted4, ip6() / ICMPv6DestUnreach(code=0) / quoted6
            yield ip4() / ICMP(type=3, code=3) / quoted4, ip6() / ICMPv6DestUnreach(code=4) / quoted6
            yield ip4() / ICMP(type=3, code=10) / quoted4, ip6() / ICMPv6DestUnreach(code=1) / quoted6
            yield ip4() / ICMP(type=11, code=0) / quoted4, ip6() / ICMPv6TimeExceeded(code=0) / quoted6
            yield ip4() / ICMP(type=12, code=0, ptr=9) / quoted4, ip6() / ICMPv6ParamProblem(ptr=6) / quoted6
            yield (ip4() / ICMP(type=3, code=4, nexthopmtu=1400) / quoted4,
                   ip6() / ICMPv6PacketTooBig(mtu=1420) / quoted6)
    quoted4 = cut(ip4(True) / ICMP(type=8, id=5, seq=6) / data(56), 20 + 40)
    quoted6 = cut(ip6(True) / ICMPv6EchoRequest(id=5, seq=6, data=data(56).load), 40 + 40)
    yield ip4() / ICMP(type=11, code=0) / quoted4, ip6() / ICMPv6TimeExceeded(code=0) / quoted6


def one_way():
    """@return packets, and what they become; the way back is another"""
    yield ip4(options=[IPOption(b"\x07\x07\x04\0\0\0\0\0")]) / udp(50), ip6() / udp(50)
    yield ip4() / udp(50, chksum=0), ip6() / udp(50)
    yield ip4(flags="DF") / udp(50), ip6() / udp(50)
    yield (ip6() / IPv6ExtHdrHopByHop() / IPv6ExtHdrDestOpt() / IPv6ExtHdrRouting(segleft=0) / tcp(50), ip4() / tcp(50))
    yield ip6(fl=0x12345) / tcp(50), ip4() / tcp(50)
    pieces4 = fragment(IP(whole(ip4(id=0x77) / udp(3000))), 1000)
    pieces6 = fragment6(IPv6(whole(ip6() / IPv6ExtHdrFragment(id=0x77) / udp(3000))), 1000 + 48 + 4)
    assert len(pieces4) == len(pieces6) == 4
    for piece4, piece6 in zip(pieces4, pieces6):
        yield piece4, piece6
        yield piece6, piece4


def line(packet):
    to = (HOST6, FAR6, FAR6, HOST6) if whole(packet)[0] >> 4 == 4 else (HOST4, FAR4, FAR4, HOST4)
    return " ".join([whole(packet).hex(), *to, str(ID)])


def main():
    pairs = []
    for packet4, packet6 in both():
        pairs += [(packet4, packet6), (packet6, packet4)]
    pairs += list(one_way())
    got = subprocess.run(sys.argv[1], input="\n".join(line(before) for before, _ in pairs) + "\n", text=True,
                         stdout=subprocess.PIPE, check=True).stdout.split()
    assert len(got) == len(pairs), (len(got), len(pairs))
    bad = 0
    for (before, after), real in zip(pairs, got):
        if real != whole(after).hex():
            bad += 1
            print(f"{before.summary()}\n  is   {real[:260]}\n  not  {whole(after).hex()[:260]}")
    print(f"{len(pairs)} packets, {bad} differ")
    sys.exit(bad != 0)


main()
