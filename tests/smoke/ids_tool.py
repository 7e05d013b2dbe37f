# SPDX-License-Identifier: BSD-3-Clause
"""wp-ids in hands that slip: files that are no captures, no rules, no configuration."""
import os
import subprocess
import tempfile

from controlled import BUILD
from frames import udp, write_pcap

PLAIN = 14 + 24  # where a frame without its tag begins
WIFI = b"\x69"   # LINKTYPE_IEEE802_11

# Arguments, the status, and what is said.
CASES = [
    (["-r", "good", "-S", "rules"], 0, "1 packets, 47 bytes, 1 alert"),
    (["-r", "cut", "-S", "rules"], 0, "what is in front of that was read"),
    (["-r", "wifi", "-S", "rules"], 1, "wifi: its packets begin with what is not read here: 802.11"),
    (["-r", "rules", "-S", "rules"], 1, "rules: unknown file format"),
    (["-r", "nowhere", "-S", "rules"], 1, "nowhere: No such file or directory"),
    (["-r", "good", "-S", "nowhere"], 1, "nowhere: No such file or directory"),
    (["-r", "good", "-S", "pipe"], 1, "pipe: is no plain file"),
    (["-r", "good", "-S", "/dev/null"], 0, "0 alerts"),
    (["-T", "-S", "pipe"], 1, "pipe: is no plain file"),
    (["-T", "-S", "rules", "-c", "home.yaml"], 1, "variables: HOME_NET: '[10.0.0.0/8': a ']' is missing"),
    (["-r", "good", "-S", "rules", "-c", "home.yaml"], 1, "variables: HOME_NET: '[10.0.0.0/8': a ']' is missing"),
    (["-r", "good", "-S", "rules", "-c", "order.yaml"], 1, "order: each of pass, drop, reject, alert has to be there, once"),
    (["-r", "good", "-S", "rules", "-l", "link"], 1, "eve.json: is a symbolic link: name the file itself"),
    (["-S", "rules"], 2, "no capture; give one with -r"),
]


def write(name, text):
    with open(name, "w") as file:
        file.write(text)


def make_files():
    write_pcap("good", [udp(1, b"first")[PLAIN:]])
    write("rules", 'alert udp any any -> any any (content:"first"; sid:1;)\n')
    write("home.yaml", 'vars:\n  address-groups:\n    HOME_NET: "[10.0.0.0/8"\n')
    write("order.yaml", "action-order:\n  - alert\n  - drop\n")
    os.mkfifo("pipe")
    os.mkdir("link")
    os.symlink("elsewhere", "link/eve.json")
    with open("good", "rb") as file:
        good = file.read()
    with open("cut", "wb") as file:
        file.write(good[:-5])
    with open("wifi", "wb") as file:
        file.write(good[:20] + WIFI + good[21:])


def main():
    tool = os.path.realpath(os.path.join(BUILD, "services", "ids", "tool", "wp-ids"))
    with tempfile.TemporaryDirectory(prefix="waypoint-ids-tool-") as folder:
        os.chdir(folder)
        make_files()
        for words, status, said in CASES:
            done = subprocess.run([tool, *words], capture_output=True, text=True, timeout=60)
            assert done.returncode == status and said in done.stdout + done.stderr, (words, done)
        os.chdir("/")
    print(f"wp-ids: {len(CASES)} ways to call it, each with its status and its words")


main()
