# SPDX-License-Identifier: BSD-3-Clause
"""Reads the messages of all events and compares them with what RFC 8158 wants of each, element by element."""
import ipaddress
import os
import subprocess
import sys
import tempfile

from ipfix import Reader

TIME, INSTANCE, VRF, EVENT = 323, 463, 234, 230
SOURCE4, SOURCE6, POST_SOURCE, DEST4, DEST6, POST_DEST = 8, 27, 225, 12, 28, 226
PROTOCOL, SPORT, POST_SPORT, DPORT, POST_DPORT = 4, 7, 227, 11, 228
FIRST, LAST, STEP, PORTS = 361, 362, 363, 364
REALM, POOL, POOL_NAME, FLOWS = 464, 283, 284, 3
QUOTA, MAX_SESSIONS, MAX_BIB, MAX_USER, MAX_HOSTS = 466, 471, 472, 473, 474
SIZES = {TIME: 8, INSTANCE: 4, VRF: 4, EVENT: 1, PROTOCOL: 1, SPORT: 2, POST_SPORT: 2, DPORT: 2, POST_DPORT: 2, FIRST: 2,
         LAST: 2, STEP: 2, PORTS: 2, POOL: 4, FLOWS: 8, QUOTA: 4, MAX_SESSIONS: 4, MAX_BIB: 4, MAX_USER: 4, MAX_HOSTS: 4}


def address(text):
    return ipaddress.ip_address(text).packed


HEAD = {TIME: 1795258040123, INSTANCE: 7, VRF: 2}
IN4, IN6 = {SOURCE4: address("10.0.0.1")}, {SOURCE6: address("2001:db8::1")}
OUT, REALM_GREEN = {POST_SOURCE: address("192.0.2.1")}, {REALM: b"green"}
ENDS = {PROTOCOL: 6, SPORT: 1000, POST_SPORT: 2000}
FAR = {POST_DEST: address("203.0.113.9"), DPORT: 80, POST_DPORT: 8080}
BLOCK = {FIRST: 1024, LAST: 1087, STEP: 1, PORTS: 64}
BIG = {POOL: 1, POOL_NAME: b"big", FLOWS: 1}
NOBODY = {VRF: 0}
WANTED = [
    {EVENT: 4, **IN4, **OUT, **ENDS, **FAR, DEST4: address("198.51.100.1"), **REALM_GREEN},
    {EVENT: 7, **IN6, **OUT, **ENDS, **FAR, DEST6: address("64:ff9b::c633:6401"), **REALM_GREEN},
    {EVENT: 8, **IN4, **OUT, **ENDS, **REALM_GREEN},
    {EVENT: 11, **IN6, **OUT, **ENDS, **REALM_GREEN},
    {EVENT: 16, **IN4, **OUT, **BLOCK, **REALM_GREEN},
    {EVENT: 17, **IN6, **OUT, **BLOCK, **REALM_GREEN},
    {EVENT: 14, **IN4, **OUT, **REALM_GREEN},
    {EVENT: 15, **IN6, **OUT, **REALM_GREEN},
    {EVENT: 3, **NOBODY, **BIG},
    {EVENT: 12, **NOBODY, **OUT, PROTOCOL: 17, **BIG, FLOWS: 42},
    {EVENT: 13, **IN4, QUOTA: 3, MAX_USER: 500, FLOWS: 1, **REALM_GREEN},
    {EVENT: 13, **IN6, QUOTA: 3, MAX_USER: 501, FLOWS: 1, **REALM_GREEN},
    {EVENT: 13, **NOBODY, QUOTA: 1, MAX_SESSIONS: 502, FLOWS: 1},
    {EVENT: 13, **NOBODY, QUOTA: 2, MAX_BIB: 503, FLOWS: 1},
    {EVENT: 13, **NOBODY, QUOTA: 4, MAX_HOSTS: 504, FLOWS: 1},
]


def as_bytes(wanted):
    wanted = {**HEAD, **wanted}
    return {element: value if isinstance(value, bytes) else value.to_bytes(SIZES[element], "big")
            for element, value in wanted.items()}


def main():
    with tempfile.NamedTemporaryFile() as file:
        subprocess.run([os.path.abspath(sys.argv[1]), file.name], check=True, timeout=60)
        data = file.read()
    reader = Reader()
    reader.stream(data)
    assert reader.missing == 0 and len(reader.records) == len(WANTED), (reader.missing, len(reader.records))
    for (template, record), wanted in zip(reader.records, WANTED):
        assert record == as_bytes(wanted), (template, record, as_bytes(wanted))
    print(f"{len(reader.templates)} templates, {len(reader.records)} records in {reader.messages} messages, all as wanted")


if __name__ == "__main__":
    main()
