# SPDX-License-Identifier: BSD-3-Clause
"""Reads the messages of a flow of each kind and compares them with what they are to say, element by element."""
import ipaddress
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "nat"))
from ipfix import REVERSE, Reader  # noqa: E402

START, END, SOURCE4, DEST4, SOURCE6, DEST6, SPORT, DPORT, PROTOCOL = 152, 153, 8, 12, 27, 28, 7, 11, 4
OCTETS, PACKETS, TCP, REASON, DIRECTION, ICMP4, ICMP6 = 85, 86, 6, 136, 239, 32, 139
VRF, POINT, FLOW, VRF_NAME = 234, 138, 148, 236
SIZES = {START: 8, END: 8, SPORT: 2, DPORT: 2, PROTOCOL: 1, OCTETS: 8, PACKETS: 8, TCP: 1, REASON: 1, DIRECTION: 1, ICMP4: 2,
         ICMP6: 2, VRF: 4, POINT: 4, FLOW: 8}
NOW = 1795258040123
V6 = {SOURCE6: "2001:db8::1", DEST6: "2001:db8::2"}
V4 = {SOURCE4: "10.0.0.1", DEST4: "192.0.2.1"}
NONE = {VRF: 0, POINT: 0, FLOW: 0, START: NOW, END: NOW}
WANTED = [
    (256, {**V4, START: NOW - 3500, END: NOW - 1000, SPORT: 40000, DPORT: 443, TCP: 0x1b, (REVERSE, TCP): 0x13, PROTOCOL: 6,
           REASON: 3, DIRECTION: 1, OCTETS: 700, (REVERSE, OCTETS): 5000000000, PACKETS: 7, (REVERSE, PACKETS): 5,
           VRF: 2, POINT: 291, FLOW: 1234567890123, VRF_NAME: b"green"}),
    (257, {**V6, **NONE, SPORT: 5000, DPORT: 53, TCP: 0, (REVERSE, TCP): 0, PROTOCOL: 17, REASON: 1, DIRECTION: 1,
           OCTETS: 80, (REVERSE, OCTETS): 0, PACKETS: 1, (REVERSE, PACKETS): 0, VRF_NAME: b""}),
    (258, {**V4, **NONE, ICMP4: 0x0800, PROTOCOL: 1, REASON: 4, DIRECTION: 1, OCTETS: 252, (REVERSE, OCTETS): 252,
           PACKETS: 3, (REVERSE, PACKETS): 3, VRF_NAME: b"green"}),
    (259, {**V6, **NONE, ICMP6: 0x8000, PROTOCOL: 58, REASON: 2, DIRECTION: 0, OCTETS: 80, (REVERSE, OCTETS): 0,
           PACKETS: 1, (REVERSE, PACKETS): 0, VRF_NAME: b""}),
]


def as_bytes(element, value):
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return ipaddress.ip_address(value).packed
    return value.to_bytes(SIZES[element[1] if isinstance(element, tuple) else element], "big")


def main():
    with tempfile.NamedTemporaryFile() as file:
        subprocess.run([os.path.abspath(sys.argv[1]), file.name], check=True, timeout=60)
        data = file.read()
    reader = Reader()
    reader.stream(data)
    assert reader.missing == 0 and reader.domains == {7} and len(reader.records) == len(WANTED), vars(reader)
    for (template, record), (number, wanted) in zip(reader.records, WANTED):
        wanted = {element: as_bytes(element, value) for element, value in wanted.items()}
        assert template == number and record == wanted, (template, record, wanted)
    print(f"{len(reader.templates)} templates, {len(reader.records)} records in {reader.messages} messages, all as wanted")


if __name__ == "__main__":
    main()
