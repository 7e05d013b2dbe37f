# SPDX-License-Identifier: BSD-3-Clause
"""What views read of application protocols, beside what Suricata logs of the same captures.

Both are brought into one form: facts, each of a flow, such as that it asked for a URL. A fact of Suricata's that is not among ours
fails, unless it is in KNOWN with its reason. A seeded tenth of the captures; all of them with WP_TEST_ALL."""
import collections
import concurrent.futures
import ipaddress
import json
import os
import subprocess
import sys
import tempfile

import suites

SUITES = sys.argv[1]
REPLAY = os.path.join(os.path.dirname(__file__), "..", "..", os.environ.get("WP_BUILD_DIR", "build"),
                      "tests", "unit", "stream", "stream_replay")

# Captures in which Suricata says something that we do not, and why.
TUNNELS = "flows within tunnels are the tunnel's flow"
HTTP2 = "HTTP/2 is not read"
NOT_FTP = "IRC and POP3 are no FTP"
LINE = "a first line without target or with more words is cut in another way; both say that it is odd"
JUNK = "a line in front of the status line: what no browser skips is a body of HTTP/0.9"
KNOWN = {
    "erspan.pcap": TUNNELS, "pppoe-over-qinq.pcap": TUNNELS, "57c489c4ae50.pcap": TUNNELS, "7d0495fee31d.pcap": TUNNELS,
    "407d322209fc.pcap": TUNNELS, "59eddb802273.pcap": HTTP2, "7bd0a6d12503.pcap": HTTP2, "c0f37fbd29c6.pcap": HTTP2,
    "pop3-unknown-commands.pcap": NOT_FTP, "irc-basic.pcap": NOT_FTP, "irc-whitespace.pcap": NOT_FTP,
    "http/methods.pcap": LINE, "http/no-uri.pcap": LINE, "2c2c3fcf5e98.pcap": LINE,
    "f7a5cbf0cb2b.pcap": "a status of four digits is cut in another way",
    "fd775a56e417.pcap": JUNK, "70c149427d14.pcap": JUNK, "http/connect-with-smtp.pcap": LINE,
    "9c6ec5d7fd3d.pcap": "bytes of the head are missing: the side is given up",
    "http/http-11-request-then-cruft.pcap": "bytes behind a message are taken for a method",
    "ftp/fake-long-commands.pcap": "commands with more bytes than either keeps: cut at another place",
    "ftp/ftp-auth-tls.pcap": "Suricata has AUTH TLS for one word",
}
MET = set()

DNS_TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33}


def flow_of(a, a_port, b, b_port):
    return tuple(sorted([(str(ipaddress.ip_address(a)), a_port), (str(ipaddress.ip_address(b)), b_port)]))


def is_plain(*texts):
    """Whether both write these texts alike: they have other ways to show what is no ASCII."""
    return all(0x20 < ord(char) < 0x7f and char not in '\\"' for text in texts for char in text.replace(" ", ""))


# Suricata's records: each gives facts.

def http(record):
    if "http_method" in record and "url" in record:
        yield "request", record["http_method"], record["url"], record.get("hostname", "").lower()
    if "status" in record:
        yield "response", record["status"]


def plain_rdata(kind, text):
    return str(ipaddress.ip_address(text)) if kind in ("AAAA", 28) and text else text.lower()


def dns(record):
    if record.get("type") == "query":
        if record["rrtype"] in DNS_TYPES:
            yield "query", record["rrname"].lower(), DNS_TYPES[record["rrtype"]]
        return
    for answer in record.get("answers", []):
        if answer["rrtype"] in ("A", "AAAA", "CNAME", "PTR", "NS", "MX"):
            yield "answer", answer["rrname"].lower(), DNS_TYPES[answer["rrtype"]], plain_rdata(answer["rrtype"], answer.get("rdata", ""))


def tls(record):
    for name in "sni", "subject", "issuerdn", "serial", "fingerprint":
        if name in record:
            yield name, record[name]
    for name in "ja3", "ja3s":
        if record.get(name, {}).get("hash"):
            yield name, record[name]["hash"]


def ssh(record):
    for side in "client", "server":
        if "software_version" in record.get(side, {}):
            yield side, record[side]["proto_version"], record[side]["software_version"]
        if "hassh" in record.get(side, {}) and "hash" in record[side]["hassh"]:
            yield side, "hassh", record[side]["hassh"]["hash"]


def smtp(record):
    if "helo" in record:
        yield "helo", record["helo"]
    if record.get("mail_from"):
        yield "mail", record["mail_from"].strip("<>")
    for recipient in record.get("rcpt_to", []):
        yield "rcpt", recipient.strip("<>")


def ftp(record):
    if "command" in record:
        yield record["command"].upper(), record.get("command_data", "")


def smb(record):
    if record.get("share"):
        yield "share", record["share"]
    if record.get("filename", "<share_root>") != "<share_root>" and record["command"].endswith("CREATE"):
        yield "file", record["filename"].lstrip("\\")
    for name in "user", "domain", "host":
        if record.get("ntlmssp", {}).get(name):
            yield name, record["ntlmssp"][name]


THEIRS = {"http": http, "dns": dns, "tls": tls, "ssh": ssh, "smtp": smtp, "ftp": ftp, "smb": smb}


def suricata(capture):
    facts = collections.defaultdict(set)
    with tempfile.TemporaryDirectory(prefix="waypoint-views-") as folder:
        settings = ["app-layer.protocols.tls.ja3-fingerprints=yes", "app-layer.protocols.ssh.hassh=yes",
                    "stream.reassembly.depth=0", "app-layer.protocols.tls.encryption-handling=full"]
        subprocess.run(["suricata", "-r", capture, "-S", "/dev/null", "-l", folder, "-k", "none", "--runmode", "single",
                        *(word for option in settings for word in ("--set", option))], check=True, capture_output=True)
        with open(os.path.join(folder, "eve.json"), encoding="utf-8") as file:
            for line in file:
                record = json.loads(line)
                kind = record["event_type"]
                if kind in THEIRS:
                    flow = flow_of(record["src_ip"], record.get("src_port", 0), record["dest_ip"], record.get("dest_port", 0))
                    facts[flow] |= {(kind, *fact) for fact in THEIRS[kind](record[kind])}
    return facts


# Our events: likewise.

def our_http(event):
    if event["event"] != "http_head":
        return
    if event["side"] == "client" and "method" in event:
        yield "request", event["method"], event["target"], event.get("host", "").lower().rsplit(":", 1)[0]
        yield "request", event["method"], event["target"], event.get("host", "").lower()
    if "status" in event:
        yield "response", event["status"]


def our_dns(event):
    if event["event"] != "dns":
        return
    for question in event["questions"]:
        if not event["response"]:
            yield "query", question.get("name", "").lower(), question["type"]
    for record in event["records"]:
        if event["response"]:
            yield "answer", record.get("name", "").lower(), record["type"], plain_rdata(record["type"], record.get("text", ""))


def our_tls(event):
    client = event["side"] == "client"
    if event["event"] == "tls_hello":
        if "server_name" in event:
            yield "sni", event["server_name"]
        yield "ja3" if client else "ja3s", event["ja3_hash"]
    if event["event"] == "tls_certificates" and "subject" in event:
        for ours, theirs in (("subject", "subject"), ("issuer", "issuerdn"), ("serial", "serial"), ("fingerprint", "fingerprint")):
            yield theirs, event[ours]


def our_ssh(event):
    if event["event"] == "ssh":
        yield event["side"], event["proto"], event.get("software", "")
        if "hassh" in event:
            yield event["side"], "hassh", event["hassh"]


def our_smtp(event):
    if event["event"] == "smtp_command":
        verb = event.get("verb", "").upper()
        if verb in ("HELO", "EHLO"):
            yield "helo", event.get("argument", "")
        if "path" in event:
            yield verb.lower(), event["path"]


def our_ftp(event):
    if event["event"] == "ftp_command":
        yield event.get("verb", "").upper(), event.get("argument", "")


def our_smb(event):
    if event["event"] == "smb":
        for ours, theirs in (("share", "share"), ("user", "user"), ("domain", "domain"), ("workstation", "host")):
            if ours in event:
                yield theirs, event[ours]
        if "file" in event:
            yield "file", event["file"].lstrip("\\")


OURS = {"http": our_http, "dns": our_dns, "tls": our_tls, "ssh": our_ssh, "smtp": our_smtp, "ftp": our_ftp, "smb": our_smb}


def ours(capture):
    facts = collections.defaultdict(set)
    conf = {"tell": "acknowledged", "verify_checksums": False, "policy": "bsd"}
    run = subprocess.run([REPLAY, "-c", json.dumps(conf), "-l", capture], check=True, capture_output=True)
    for line in run.stdout.splitlines():
        event = json.loads(line)
        ends = [word for end in (event["client"], event["server"]) for word in end.rsplit("_", 1)]
        flow = flow_of(ends[0], int(ends[1]), ends[2], int(ends[3]))
        if event["protocol"] in OURS:
            facts[flow] |= {(event["protocol"], *fact) for fact in OURS[event["protocol"]](event)}
    return facts


def compare(name, mine, theirs, totals):
    for flow, facts in theirs.items():
        for fact in facts:
            if not is_plain(*(part for part in fact if isinstance(part, str))):
                continue
            totals[fact[0], "facts"] += 1
            if fact in mine.get(flow, ()):
                continue
            if name in KNOWN or name.startswith("tunnels/"):
                MET.add(name)
                totals[fact[0], "known"] += 1
                continue
            totals[fact[0], "missing"] += 1
            print(f"{name}: {flow}: {fact}", file=sys.stderr)


def main():
    totals = collections.Counter()
    with tempfile.TemporaryDirectory(prefix="waypoint-views-") as folder:
        captures = suites.sample(suites.suite_captures(SUITES) + suites.mixed_captures(SUITES, folder))
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for (name, file), theirs in zip(captures, pool.map(suricata, [file for _, file in captures])):
                compare(name, ours(file), theirs, totals)
    for kind in THEIRS:
        print(f"{kind:5} {totals[kind, 'facts']:6} facts of Suricata's, {totals[kind, 'missing']:4} not ours, "
              f"{totals[kind, 'known']:4} for known reasons")
    if sum(count for (_, what), count in totals.items() if what == "missing"):
        sys.exit("Suricata has read what we have not")
    if suites.ALL and set(KNOWN) - MET:
        sys.exit(f"no difference any more: {sorted(set(KNOWN) - MET)}")


main()
