# SPDX-License-Identifier: BSD-3-Clause
"""The example documents, and bad ones made of them, by the printed schema and by waypointd: both must agree.

schema.py WAYPOINTD TOP. Exit status 77: there is no jsonschema that knows 2020-12.
"""
import copy
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile

try:
    from jsonschema import Draft202012Validator
except ImportError:
    print("python3-jsonschema is missing")
    sys.exit(77)

KEYS = {"keys": [{"name": name, "algorithm": "aes-256-gcm", "key": "5a" * 32, "salt": "01020304"}
                 for name in ("hq@1", "campus@1")]}

# example, where, what is put there (None: taken out)
BAD = [
    ("minimal", "version", 2),
    ("minimal", "version", None),
    ("minimal", "prots", []),
    ("minimal", "workers", {"cores": ["1"]}),
    ("minimal", "workers", {"cores": [1], "idle": "sleep"}),
    ("minimal", "ports/0/type", "nul"),
    ("minimal", "ports/0/name", "-p"),
    ("minimal", "ports/0/mtu", 67),
    ("minimal", "instances/0/config/min_ttl", 300),
    ("minimal", "instances/0/config/min_ttl", "5"),
    ("minimal", "instances/0/config/ttl", 5),
    ("minimal", "paths/0/spi", 0),
    ("minimal", "paths/0/spi", 1 << 24),
    ("minimal", "paths/0/spi", 1.5),
    ("minimal", "paths/0/steps", [{"instance": "ttl"}] * 17),
    ("minimal", "paths/0/fail", {"down": "ignore"}),
    ("minimal", "paths/0/comment", 1),
    ("pcap", "instances/1/config/rules/0/action", "alow"),
    ("pcap", "instances/1/config/rules/0/action", None),
    ("pcap", "instances/1/config/rules/0/from", "10.0.0.0/8/8"),
    ("pcap", "instances/1/config/rules/1/to_port", 65536),
    ("pcap", "instances/1/config/rules/1/to_port", "http"),
    ("pcap", "instances/1/config/default", True),
]


def print_schema(waypointd):
    """@return the schema with the build's modules, put into one folder as when they are installed"""
    with tempfile.TemporaryDirectory() as folder:
        for module in glob.glob(os.path.join(os.path.dirname(waypointd), "..", "services", "*", "*.so")):
            shutil.copy(module, folder)
        return json.loads(subprocess.check_output([waypointd, "--schema"],
                                                  env=dict(os.environ, WAYPOINT_MODULES=folder)))


def changed(document, where, value):
    """@return a copy with one member set, or taken out"""
    document = copy.deepcopy(document)
    *parents, last = [int(part) if part.isdigit() else part for part in where.split("/")]
    inner = document
    for part in parents:
        inner = inner[part]
    if value is None:
        del inner[last]
    else:
        inner[last] = value
    return document


def main():
    waypointd, top = (os.path.abspath(arg) for arg in sys.argv[1:])
    schema = print_schema(waypointd)
    Draft202012Validator.check_schema(schema)
    rules = schema["properties"]["instances"]["items"]["allOf"]
    services = {rule["if"]["properties"]["service"]["const"] for rule in rules}
    assert {"ttl", "firewall", "encrypt", "decrypt"} <= services, services
    validator = Draft202012Validator(schema)
    examples = {os.path.basename(name)[:-5]: json.load(open(name))
                for name in glob.glob(os.path.join(top, "config", "*.json")) if not name.endswith(".schema.json")}
    examples["demo"] = json.load(open(os.path.join(top, "config", "demo", "document.json")))
    assert {"minimal", "demo", "pcap"} <= set(examples), examples.keys()
    wrong = []

    with tempfile.TemporaryDirectory() as folder:
        with open(os.open(os.path.join(folder, "keys.json"), os.O_WRONLY | os.O_CREAT, 0o600), "w") as keys:
            json.dump(KEYS, keys)
        shutil.copy(os.path.join(top, "config", "demo", "ids.rules"), folder)

        def judge(what, document, good):
            if "state_dir" in document:
                document = dict(document, state_dir="state")
            with open(os.path.join(folder, "document.json"), "w") as file:
                json.dump(document, file)
            check = subprocess.run([waypointd, "--check", "-c", file.name], capture_output=True, text=True)
            errors = [error.message for error in validator.iter_errors(document)]
            if (not errors) != good:
                wrong.append(f"{what}: the schema says {errors or 'good'}")
            if check.returncode != (0 if good else 2):
                wrong.append(f"{what}: waypointd says {check.returncode} {check.stderr}")

        for name, document in sorted(examples.items()):
            judge(name, document, True)
        for name, where, value in BAD:
            judge(f"{name}, {where} = {value}", changed(examples[name], where, value), False)

    print("\n".join(wrong) or f"{len(examples)} examples and {len(BAD)} bad documents are judged alike")
    sys.exit(1 if wrong else 0)


main()
