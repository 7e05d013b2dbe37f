# SPDX-License-Identifier: BSD-3-Clause
"""Traffic: pcap files of frames."""
import random
import struct

UDP, TCP = 17, 6


def packet(size, source, dest, protocol=UDP):
    """Ethernet, IPv4 and UDP or TCP; size: bytes of it (without FCS)."""
    header = 8 if protocol == UDP else 20
    total = max(size - 14, 20 + header)
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, total, 0, 0, 64, protocol, 0, source, dest)
    words = sum(struct.unpack("!10H", ip))
    words = (words & 0xFFFF) + (words >> 16)
    words = (words & 0xFFFF) + (words >> 16)
    ip = ip[:10] + struct.pack("!H", ~words & 0xFFFF) + ip[12:]
    if protocol == UDP:
        l4 = struct.pack("!HHHH", 1000, 2000, total - 20, 0)
    else:
        l4 = struct.pack("!HHIIHHHH", 1000, 2000, 1, 1, 0x5010, 65535, 0, 0)  # an ACK
    return bytes.fromhex("0200000000020200000000010800") + ip + l4 + bytes(total - 20 - header)


def tagged(spi, inner):
    """The same in NSH MD type 1, as a router sends it."""
    outer = bytes.fromhex("020000000a00020000000b00894f")
    return outer + struct.pack("!HBBI", 63 << 6 | 6, 1, 3, spi << 8 | 255) + bytes(16) + inner


def write_pcap(name, spis, sizes, n, protocol=UDP):
    """n frames: service paths (None: without a tag) and sizes in random order (by a fixed seed), evenly used. From random
    hosts, and to one; of TCP to random ones, too."""
    rng = random.Random(1)
    all_spis = [spis[i % len(spis)] for i in range(n)]
    all_sizes = [sizes[i % len(sizes)] for i in range(n)]
    rng.shuffle(all_spis)
    rng.shuffle(all_sizes)
    with open(name, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for spi, size in zip(all_spis, all_sizes):
            source = bytes((10, rng.randrange(256), rng.randrange(256), 1 + rng.randrange(250)))
            dest = bytes((10, 1, 0, 10)) if protocol == UDP else struct.pack("!I", rng.randrange(1 << 28, 1 << 29))
            inner = packet(size, source, dest, protocol)
            data = inner if spi is None else tagged(spi, inner)
            file.write(struct.pack("<IIII", 0, 0, len(data), len(data)) + data)
