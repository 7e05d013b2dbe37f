# SPDX-License-Identifier: BSD-3-Clause
"""Captures that others made, for tests that read them: a seeded tenth, or all with WP_TEST_ALL."""
import json
import os
import random
import struct

ALL = bool(os.environ.get("WP_TEST_ALL"))
SEED = int(os.environ.get("WP_SEED", 1))


def sample(items):
    return items if ALL else random.Random(SEED).sample(items, len(items) // 10)


def suite_captures(folder):
    with open(os.path.join(folder, "ids", "cases.json")) as file:
        names = sorted({case["pcap"] for case in json.load(file)})
    return [(os.path.basename(name), os.path.join(folder, "ids", name)) for name in names]


def mixed_captures(source, folder):
    """The captures that were laid end to end, one by one again."""
    with open(os.path.join(source, "traffic", "mix.pcap"), "rb") as file:
        data = file.read()
    at, captures = 24, []
    with open(os.path.join(source, "traffic", "mix.pcap.files")) as file:
        for i, line in enumerate(file):
            count, name = line.strip().split(None, 1)
            start = at
            for _ in range(int(count)):
                at += 16 + struct.unpack_from("<I", data, at + 8)[0]
            one = os.path.join(folder, f"{i}.pcap")
            with open(one, "wb") as out:
                out.write(data[:24] + data[start:at])
            captures.append((name.split("/Traces/")[1], one))
    return captures
