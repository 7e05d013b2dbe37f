# SPDX-License-Identifier: BSD-3-Clause
"""Reads IPFIX messages (RFC 7011) without any library. Elements by number, those of an enterprise by (enterprise, number); values
as bytes."""
import struct

REVERSE = 29305  # the enterprise of reverse elements (RFC 5103)


class Reader:
    """Templates, and records as (template id, {element: bytes}), of one transport session."""

    def __init__(self):
        self.templates, self.records, self.sequence, self.missing, self.messages = {}, [], 0, 0, 0
        self.domains = set()

    def message(self, data):
        """Reads the message at the start of data; returns its size."""
        version, size, _time, sequence, domain = struct.unpack_from("!HHIII", data)
        assert version == 10 and 16 <= size <= len(data), (version, size, len(data))
        self.domains.add(domain)
        self.missing += sequence - self.sequence
        before = len(self.records)
        at = 16
        while at < size:
            set_id, set_size = struct.unpack_from("!HH", data, at)
            assert set_size >= 4 and at + set_size <= size, (set_id, set_size)
            self.read_set(set_id, data[at + 4:at + set_size])
            at += set_size
        self.sequence = sequence + len(self.records) - before
        self.messages += 1
        return size

    def stream(self, data):
        data, at = memoryview(data), 0
        while at < len(data):
            at += self.message(data[at:])

    def read_set(self, set_id, data):
        at = 0
        if set_id == 2:
            while len(data) - at >= 4:
                template, n = struct.unpack_from("!HH", data, at)
                at += 4
                self.templates[template] = []
                for _ in range(n):
                    element, size = struct.unpack_from("!HH", data, at)
                    at += 4
                    if element & 0x8000:
                        element, at = (struct.unpack_from("!I", data, at)[0], element & 0x7fff), at + 4
                    self.templates[template].append((element, size))
            return
        fields = self.templates[set_id]
        shortest = sum(1 if size == 65535 else size for _, size in fields)
        while len(data) - at >= shortest:
            record = {}
            for element, size in fields:
                if size == 65535:
                    size, at = data[at], at + 1
                    assert size < 255
                assert at + size <= len(data)
                record[element] = bytes(data[at:at + size])
                at += size
            self.records.append((set_id, record))
