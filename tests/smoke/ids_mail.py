# SPDX-License-Identifier: BSD-3-Clause
"""Sends random mail through wp-ids, and compares the files that it finds with what Python's reader of mail makes of the same bytes.

usage: ids_mail.py ENGINE MAILS [SEED]

Names, sizes and SHA-256 of all named parts have to be the same. Exit status 1 where they are not.
"""
import email
import email.policy
import hashlib
import json
import os
import random
import re
import subprocess
import sys
import tempfile
from email import encoders
from email.mime.base import MIMEBase
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

from scapy.all import IP, TCP, Ether, wrpcap

CLIENT, SERVER = "192.0.2.1", "198.51.100.25"
CONFIG = "%YAML 1.1\n---\noutputs:\n  - eve-log:\n      enabled: yes\n      types:\n        - files:\n            force-hash: [sha256]\n"


def make_bytes(draw):
    """Bytes, lines, or what looks like boundaries."""
    n = draw.choice([1, 2, 3, 57, 58, 100, 3000, 20000])
    kind = draw.random()
    if kind < 0.3:
        return draw.randbytes(n)
    if kind < 0.6:
        return b"\r\n".join(b"line %d =x." % i + b" " * draw.randrange(3) for i in range(n // 20 + 1))
    return b"--b" + b"\r\n--" + b"a" * n


def make_file(draw):
    part = MIMEBase(draw.choice(["application", "text", "image"]), "octet-stream")
    part.set_payload(make_bytes(draw))
    kind = draw.random()
    if kind < 0.6:
        encoders.encode_base64(part)
    elif kind < 0.9:
        encoders.encode_quopri(part)
    else:
        part.set_payload(b"plain text\r\nof 7 bits")
        encoders.encode_7or8bit(part)
    name = f"file {draw.randrange(10**6)}.bin"
    if draw.random() < 0.6:
        part.add_header("Content-Disposition", "attachment", filename=name)
    elif draw.random() < 0.7:
        part.set_param("name", name)
    return part


def make_parts(draw, depth):
    boundary = draw.choice([None, f"b{draw.randrange(10**9)}", f"x y=z'{draw.randrange(10**9)}"])
    parts = MIMEMultipart(draw.choice(["mixed", "alternative", "related"]), boundary=boundary)
    if draw.random() < 0.3:
        parts.preamble = "for old readers --x\n"
    if draw.random() < 0.3:
        parts.epilogue = "behind\n--\n"
    for _ in range(draw.randrange(1, 4)):
        kind = draw.random()
        if depth < 4 and kind < 0.25:
            parts.attach(make_parts(draw, depth + 1))
        elif depth < 4 and kind < 0.35:
            parts.attach(MIMEMessage(make_parts(draw, depth + 1)))
        elif kind < 0.5:
            parts.attach(MIMEText("text\n--not\n", _charset="us-ascii"))
        else:
            parts.attach(make_file(draw))
    return parts


def files_of(raw):
    """{(name, size, digest)} as Python reads them."""
    found = []
    for part in email.message_from_bytes(raw, policy=email.policy.SMTP).walk():
        if part.is_multipart() or not part.get_filename():
            continue
        data = part.get_payload(decode=True)
        if data:
            found.append((part.get_filename(), len(data), hashlib.sha256(data).hexdigest()))
    return sorted(found)


def connection(draw, port, raw):
    """Packets of a session that sends it, cut anywhere."""
    lines = re.findall(rb".*?\r\n|.+$", raw, re.S)
    stuffed = b"".join(b"." + line if line.startswith(b".") else line for line in lines)
    if not stuffed.endswith(b"\r\n"):
        stuffed += b"\r\n"
    seq, packets = [1000, 5000], []

    def send(side, flags, data=b""):
        ports, ends = (port, 25)[::1 - 2 * side], (CLIENT, SERVER)[::1 - 2 * side]
        packets.append(Ether() / IP(src=ends[0], dst=ends[1]) /
                       TCP(sport=ports[0], dport=ports[1], seq=seq[side], ack=seq[1 - side] if flags != "S" else 0, flags=flags) / data)
        seq[side] += len(data) + (1 if "S" in flags or "F" in flags else 0)

    for side, flags in ((0, "S"), (1, "SA"), (0, "A")):
        send(side, flags)
    for side, data in ((1, b"220 mx\r\n"), (0, b"EHLO me\r\n"), (1, b"250 ok\r\n"), (0, b"MAIL FROM:<a@b.c>\r\n"), (1, b"250 ok\r\n"),
                       (0, b"DATA\r\n"), (1, b"354 go\r\n"), (0, stuffed + b".\r\n"), (1, b"250 ok\r\n"), (0, b"QUIT\r\n"), (1, b"221 bye\r\n")):
        at = 0
        while at < len(data):
            n = draw.choice([1400, 1400, draw.randrange(1, 200)])
            send(side, "PA", data[at:at + n])
            send(1 - side, "A")
            at += n
    for side, flags in ((0, "FA"), (1, "FA"), (0, "A")):
        send(side, flags)
    return packets


def run(engine, folder, packets):
    """{port: [(name, size, digest)]} as the engine has them."""
    names = {name: os.path.join(folder, name) for name in ("mail.pcap", "none.rules", "conf.yaml", "out")}
    os.mkdir(names["out"])
    for number, packet in enumerate(packets):
        packet.time = 1 + number / 1000
    wrpcap(names["mail.pcap"], packets)
    with open(names["none.rules"], "w", encoding="ascii") as file:
        file.write('alert tcp any any -> any 9 (msg:"none"; sid:1;)\n')
    with open(names["conf.yaml"], "w", encoding="ascii") as file:
        file.write(CONFIG)
    subprocess.run([engine, "-r", names["mail.pcap"], "-S", names["none.rules"], "-l", names["out"], "-k", "none", "-c", names["conf.yaml"]],
                   check=True, stdout=subprocess.DEVNULL)
    found = {}
    with open(os.path.join(names["out"], "eve.json"), encoding="utf-8") as file:
        for event in map(json.loads, file):
            if event["event_type"] == "fileinfo":
                info = event["fileinfo"]
                found.setdefault(event["src_port"], []).append((info["filename"], info["size"], info.get("sha256")))
    return found


def main():
    engine, mails = sys.argv[1], int(sys.argv[2])
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 20240229
    draw = random.Random(seed)
    random.seed(seed)  # boundaries that nobody names are of this one
    expected, packets = {}, []
    for port in range(10000, 10000 + mails):
        raw = make_parts(draw, 0).as_bytes(policy=email.policy.SMTP)
        expected[port] = files_of(raw)
        packets += connection(draw, port, raw)
    with tempfile.TemporaryDirectory() as folder:
        found = run(engine, folder, packets)
    bad = 0
    for port, files in expected.items():
        if sorted(found.get(port, [])) != files:
            bad += 1
            print(f"mail {port - 10000} of seed {seed}: {files} expected, {sorted(found.get(port, []))} found")
    print(f"{sum(map(len, expected.values()))} files in {mails} mails")
    print(f"{mails - bad} passed, {bad} failed")
    return 1 if bad or not any(expected.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
