# SPDX-License-Identifier: BSD-3-Clause
"""Rules as they are used: nearly all of a large set load, and what is loaded is evaluated.

Of rules that are drawn by a seed, packets are generated that should make them alert. Where Suricata does alert on them, wp-ids has
to. 20 rules; 200 with WP_TEST_ALL, or as many as WP_IDS_RULES says. WP_KEEP names a folder for what was generated; with WP_IDS_TELL
those rules are told, too, that nobody alerts on.

usage: ids_et.py RULES WP-IDS"""
import collections
import json
import os
import random
import signal
import subprocess
import sys
import tempfile

import ids_flow
import suites
from ids_rule import Odd, Rule

RULES, ENGINE = sys.argv[1], sys.argv[2]
WANTED = int(os.environ.get("WP_IDS_RULES", 200 if suites.ALL else 20))
DRAWN_FOR_EACH = 4  # of which one at least should do
LOADED_LEAST = 0.99
PROTOCOLS = {"http", "dns", "tls", "tcp", "udp", "tcp-pkt", "tcp-stream"}


def too_long(*_):
    raise Odd("time")


def check_load():
    """@return whether enough rules load."""
    done = subprocess.run([ENGINE, "-T", "-S", RULES, "--json"], capture_output=True, text=True, check=False)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    if not lines or "rules" not in lines[-1]:
        print(done.stderr)
        return False
    total = lines[-1]["rules"] + lines[-1]["faults"]
    reasons = collections.Counter(line["why"] for line in lines[:-1])
    print(f"{lines[-1]['rules']} of {total} rules load")
    for reason, count in reasons.most_common(10):
        print(f"  {count}: {reason}")
    return lines[-1]["rules"] >= LOADED_LEAST * total


def draw():
    """Active rules of the protocols, in an order of their own."""
    with open(RULES, encoding="utf-8", errors="surrogateescape") as file:
        lines = [line.encode("utf-8", "surrogateescape").decode("latin-1").strip() for line in file
                 if line.strip() and not line.startswith("#")]
    lines = [line for line in lines if line.split(None, 2)[1] in PROTOCOLS]
    random.Random(suites.SEED).shuffle(lines)
    return lines


def generate(path):
    """Writes a capture for as many rules as are drawn. @return rules by their addresses; why others are not among them"""
    capture, written, odd = ids_flow.Capture(path), {}, collections.Counter()
    lines = draw()[:WANTED * DRAWN_FOR_EACH]
    signal.signal(signal.SIGALRM, too_long)
    for index, line in enumerate(lines):
        signal.alarm(10)
        try:
            rule = Rule(line)
            if rule.silent or rule.action != "alert":
                raise Odd("it is silent")
            ends = ids_flow.write(capture, rule, index, random.Random(f"{suites.SEED} {rule.sid}"))
            written[rule.sid] = (rule, frozenset(end[0] for end in ends), index)
        except Odd as reason:
            odd[str(reason)] += 1
        signal.alarm(0)
    capture.close()
    return written, odd, len(lines)


def alerts(command, directory):
    """Runs an engine. @return what it alerts on: sid, and the addresses."""
    os.makedirs(directory)
    done = subprocess.run(command + ["-l", directory], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        print(done.stdout + done.stderr)
        sys.exit(1)
    found = set()
    with open(os.path.join(directory, "eve.json")) as file:
        for line in file:
            event = json.loads(line)
            if event["event_type"] == "alert":
                ends = frozenset(bytes(int(part) for part in event[name].split(".")) for name in ("src_ip", "dest_ip"))
                found.add((event["alert"]["signature_id"], ends))
    return found


def compare(directory):
    """@return whether we alert where Suricata does."""
    capture, rules = os.path.join(directory, "drawn.pcap"), os.path.join(directory, "drawn.rules")
    written, odd, drawn = generate(capture)
    with open(rules, "wb") as file:
        for rule, _, _ in written.values():
            file.write(rule.text.encode("latin-1") + b"\n")
    theirs = alerts(["suricata", "-r", capture, "-S", rules, "-k", "none", "--runmode", "single"], os.path.join(directory, "theirs"))
    ours = alerts([ENGINE, "-r", capture, "-S", rules, "-k", "none"], os.path.join(directory, "ours"))
    good = sorted((index, sid, ends) for sid, (_, ends, index) in written.items() if (sid, ends) in theirs)
    judged = good[:WANTED]
    missing = [sid for _, sid, ends in judged if (sid, ends) not in ours]
    until = judged[-1][0] + 1 if len(good) >= WANTED else drawn
    print(f"{len(judged)} of {until} rules drawn are satisfied by what was generated, as Suricata says; "
          f"wp-ids alerts on {len(judged) - len(missing)}")
    print(f"all in all: {drawn} drawn, {len(written)} generated, Suricata alerts on {len(good)}, wp-ids on "
          f"{sum((sid, ends) in ours for _, sid, ends in good)} of them; alerts beyond that: Suricata {len(theirs)}, wp-ids {len(ours)}")
    for reason, count in odd.most_common(8):
        print(f"  not generated: {count}: {reason}")
    for sid in missing:
        print(f"MISSING {sid}: {written[sid][0].text}")
    for sid, ends in sorted(theirs ^ ours, key=str):
        print(f"{'only Suricata' if (sid, ends) in theirs else 'only wp-ids'}: {sid} on "
              f"{[other for other, (_, at, _) in written.items() if at == ends]}")
    if os.environ.get("WP_IDS_TELL"):
        for sid, (rule, ends, _) in written.items():
            if (sid, ends) not in theirs:
                print(f"nobody {sid}: {rule.text}")
    return len(judged) == WANTED and not missing


def main():
    with tempfile.TemporaryDirectory() as directory:
        keep = os.environ.get("WP_KEEP")
        if keep:
            os.makedirs(keep, exist_ok=True)
        alerted = compare(keep or directory)
    return 0 if check_load() and alerted else 1


sys.exit(main())
