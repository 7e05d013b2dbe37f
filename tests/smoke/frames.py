# SPDX-License-Identifier: BSD-3-Clause
"""Frames as a waypoint router sends them, and captures of them. Checksums are left out: nobody between here and there asks."""
import struct


def tagged(spi, source, dest, protocol, payload, index=255):
    """Ethernet, NSH (RFC 8300, MD type 1), Ethernet, IPv4; addresses are 4 bytes each."""
    nsh = struct.pack("!HBBI", 63 << 6 | 6, 1, 3, spi << 8 | index) + bytes(16)
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 0, 0, 64, protocol, 0, source, dest)
    return (bytes.fromhex("020000000a00020000000b00894f") + nsh + bytes.fromhex("0200000000020200000000010800") + ip +
            payload)


def udp(spi, payload=b"", source=bytes((10, 0, 0, 1)), dest=bytes((10, 0, 0, 2)), index=255):
    return tagged(spi, source, dest, 17, struct.pack("!HHHH", 1, 2, 8 + len(payload), 0) + payload, index)


def tcp(spi, source, dest, sport, dport, seq, ack, flags, payload=b""):
    return tagged(spi, source, dest, 6, struct.pack("!HHIIBBHHH", sport, dport, seq, ack, 0x50, flags, 65535, 0, 0) + payload)


def write_pcap(name, frames):
    with open(name, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for frame in frames:
            file.write(struct.pack("<IIII", 0, 0, len(frame), len(frame)) + frame)
