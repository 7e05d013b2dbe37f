# SPDX-License-Identifier: BSD-3-Clause
"""Mixed traffic in a loop, and rules replaced meanwhile: memory does not grow, packets and alerts are accounted for.

20 seconds; 20 minutes with WP_TEST_ALL, or as many seconds as WP_SOAK_SECONDS says. It begins with a packet that WP_SEED draws."""
import os
import random
import shutil
import signal
import struct
import tempfile
import threading
import time

import suites
from frames import udp
from ids_traffic import Guard, memory

SUITES = os.environ["WP_SUITES"]
SECONDS = int(os.environ.get("WP_SOAK_SECONDS", 1200 if suites.ALL else 20))
PERIOD = 60 if SECONDS >= 300 else 5  # seconds between two sets of rules
WARM = 3                              # sets, after which memory does not grow
FRAME_MAX = 1650
RATE, BEHIND_MAX = 3000, 300  # packets a second, and at once
VARIANTS = 4
OWN_SID = 9000000
GROWTH, SLACK = 1.05, 16  # MB
TAG = bytes.fromhex("020000000a00020000000b00894f") + struct.pack("!HBBI", 63 << 6 | 6, 1, 3, 1 << 8 | 255) + bytes(16)

TYPE_AT = len(TAG) + 12
SOURCE_AT = TYPE_AT + 2 + 12
TRACKER = {"verify_checksums": False, "tcp_new_s": 5, "tcp_established_s": 20, "tcp_closing_s": 5, "tcp_closed_s": 2, "udp_new_s": 10,
           "udp_established_s": 10}


def traffic():
    """Frames of the mix, with tags, from one on that a seed draws."""
    with open(os.path.join(SUITES, "traffic", "mix.pcap"), "rb") as file:
        data = file.read()
    at, frames = 24, []
    while at < len(data):
        size = struct.unpack_from("<I", data, at + 8)[0]
        if size <= FRAME_MAX:
            frames.append(TAG + data[at + 16:at + 16 + size])
        at += 16 + size
    start = random.Random(suites.SEED).randrange(len(frames))
    return frames[start:] + frames[:start]


def moved(frame, variant):
    """A frame between hosts whose addresses have another second byte."""
    if variant == 0 or frame[TYPE_AT:TYPE_AT + 2] != b"\x08\x00":
        return frame
    frame = bytearray(frame)
    frame[SOURCE_AT + 1] ^= variant
    frame[SOURCE_AT + 5] ^= variant
    return frame


class Sender:
    """Sends frames in a loop, a few at a time, at a rate; each time between other networks, of VARIANTS."""

    def __init__(self, network, frames):
        self.socket, self.frames, self.sent, self.refused = network.socket, frames, 0, 0
        self.ends = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        begin, done = time.monotonic(), 0
        while not self.ends.is_set():
            due = int((time.monotonic() - begin) * RATE)
            if due > done + BEHIND_MAX:  # what is late is left out
                begin += (due - done - BEHIND_MAX) / RATE
                due = done + BEHIND_MAX
            for i in range(done, due):
                try:
                    self.socket.send(moved(self.frames[i % len(self.frames)], i // len(self.frames) % VARIANTS))
                    self.sent += 1
                except OSError:
                    self.refused += 1
            done = due
            time.sleep(0.01)

    def close(self):
        self.ends.set()
        self.thread.join()


class Lines:
    """The file of events, which is moved away now and then, as logrotate does."""

    def __init__(self, name):
        self.name, self.n, self.own = name, 0, set()

    def count(self, name):
        with open(name, "rb") as file:
            for line in file:
                self.n += 1
                if b'"signature_id":90000' in line:
                    self.own.add(int(line.split(b'"signature_id":')[1].split(b",")[0]))
        os.unlink(name)

    def rotate(self):
        os.rename(self.name, self.name + ".old")
        for _ in range(300):
            if os.path.exists(self.name):
                break
            time.sleep(0.05)
        self.count(self.name + ".old")


def replace_rules(guard, rules, i):
    """Another set, with a rule of its own; and a packet for that."""
    epoch = guard.client.result("config.get")["epoch"]
    with open(rules, "a") as file:
        file.write(f'alert udp any any -> any any (msg:"soak {i}"; content:"soak-{i}-"; sid:{OWN_SID + i};)\n')
    guard.pe.process.send_signal(signal.SIGHUP)
    for _ in range(1200):
        if guard.client.result("config.get")["epoch"] != epoch:
            break
        time.sleep(0.05)
    else:
        raise AssertionError("the set does not come into force")
    guard.network.socket.send(udp(1, f"soak-{i}-".encode(), bytes((10, 99, 0, i % 250 + 1))))
    return memory(guard.pe.process.pid, "VmRSS")


def soak(guard, folder, frames):
    lines, sender = Lines(os.path.join(folder, "eve.json")), Sender(guard.network, frames)
    rules, resident, end = os.path.join(folder, "large.rules"), [], time.monotonic() + SECONDS
    try:
        while time.monotonic() < end:
            time.sleep(min(PERIOD, max(0, end - time.monotonic())))
            resident.append(replace_rules(guard, rules, len(resident)))
            time.sleep(0.5)
            lines.rotate()
    finally:
        sender.close()
    time.sleep(1)
    return lines, sender, resident


def judge(guard, lines, sender, resident):
    counters, path = guard.close()
    lines.count(lines.name)
    warm = max(resident[:WARM])
    print(f"{SECONDS} s, {len(resident)} sets: {sender.sent} packets sent, {path['rx']} came, {path['tx']} went (the others are "
          f"fragments); {counters['alerts']} alerts, {counters['written']} lines, {counters['lost']} counted as lost, "
          f"{counters['no-room']} without room")
    print(f"memory behind each set, MB: {', '.join(f'{mb:.0f}' for mb in resident)}")
    sent = sender.sent + len(resident)
    assert 0.95 * sent <= path["rx"] <= sent, "packets are lost in front of waypointd"
    assert counters["alerts"] == counters["written"] + counters["lost"] and lines.n == counters["written"], lines.n
    assert lines.own == {OWN_SID + i for i in range(len(resident))}, (lines.own, len(resident))
    assert max(resident[WARM:], default=0) <= warm * GROWTH + SLACK, "memory grows"


def main():
    frames = traffic()
    with tempfile.TemporaryDirectory(prefix="waypoint-ids-") as folder:
        shutil.copy(os.path.join(SUITES, "rules", "et2024.rules"), os.path.join(folder, "large.rules"))
        os.mkdir(os.path.join(folder, "cache"))
        with Guard(folder, ["large.rules"], eve="eve.json", cache="cache", tracker=TRACKER,
                   variables={"HOME_NET": "any", "EXTERNAL_NET": "any"}) as guard:
            judge(guard, *soak(guard, folder, frames))


main()
