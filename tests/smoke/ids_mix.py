# SPDX-License-Identifier: BSD-3-Clause
"""Hundreds of captures laid end to end, with a large set of rules: beside what Suricata alerts on there.

What counts is each rule once for each connection. usage: ids_mix.py SUITES WP-IDS"""
import collections
import json
import os
import subprocess
import sys
import tempfile

SUITES, ENGINE = sys.argv[1], sys.argv[2]
LEAST = 0.98
TOLD = 3  # connections of one rule


def of_connection(sid, proto, source, source_port, destination, destination_port):
    """A rule and a connection, whoever has sent the packet."""
    return (int(sid), proto) + tuple(sorted([(source, source_port or 0), (destination, destination_port or 0)]))


def reference():
    with open(os.path.join(SUITES, "traffic", "oracle_et2024.json")) as file:
        return {of_connection(*alert) for alert in json.load(file)["sid_flow"]}


def alerts(directory):
    """Runs wp-ids as the reference was made."""
    any_net = [word for name in ("HOME_NET", "EXTERNAL_NET") for word in ("--set", f"vars.address-groups.{name}=any")]
    done = subprocess.run([ENGINE, "-r", os.path.join(SUITES, "traffic", "mix.pcap"), "-S",
                           os.path.join(SUITES, "rules", "et2024.rules"), "-k", "none", "-l", directory] + any_net,
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        print(done.stderr)
        sys.exit(1)
    found = set()
    with open(os.path.join(directory, "eve.json")) as file:
        for line in file:
            event = json.loads(line)
            if event["event_type"] == "alert":
                found.add(of_connection(event["alert"]["signature_id"], event["proto"], event["src_ip"], event.get("src_port"),
                                        event["dest_ip"], event.get("dest_port")))
    return found


def tell(what, differences):
    """Says what is different, by rule."""
    by_rule = collections.defaultdict(list)
    for sid, *connection in sorted(differences, key=str):
        by_rule[sid].append(connection)
    for sid, connections in sorted(by_rule.items()):
        print(f"{what} {sid}, {len(connections)} times")
        for proto, *ends in connections[:TOLD]:
            print(f"  {proto} " + " ".join(f"{address} {port}" for address, port in ends))


def main():
    theirs = reference()
    with tempfile.TemporaryDirectory() as directory:
        ours = alerts(directory)
    recall, precision = len(theirs & ours) / len(theirs), len(theirs & ours) / max(len(ours), 1)
    tell("missing", theirs - ours)
    tell("too many", ours - theirs)
    print(f"Suricata {len(theirs)}, wp-ids {len(ours)}: recall {recall:.4f}, precision {precision:.4f}")
    return 0 if min(recall, precision) >= LEAST else 1


sys.exit(main())
