#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Reads captures that others wrote through wp-ids (or another program that takes the same options) and scores the alerts.

usage: ids.py SUITES [--core] [--tier N] [--engine PROGRAM] [--only ID] [--keep DIR]

SUITES/ids has cases.json and check_eve.py, which scores. Prints a line for each case that fails, and the totals by tier.
"""
import argparse
import concurrent.futures
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile

SECONDS = 120  # of one case at the most
VALUED = ("-k", "--set", "-c")  # options with a value behind them


def lay_out(suite, case, directory):
    """Puts what belongs to a case where its rules look for it: into one folder with them. Options name it from the suite's."""
    for name in os.listdir(suite):
        os.symlink(os.path.join(suite, name), os.path.join(directory, name))
    for file in [case["rules"], *case["files"]]:
        if os.path.isfile(os.path.join(suite, file)):
            shutil.copy(os.path.join(suite, file), directory)


def split(words):
    """Options, with their values, and the words of a filter behind them."""
    options, trailing = [], []
    while words:
        into = options if words[0].startswith("-") else trailing
        into += words[:2 if words[0] in VALUED else 1]
        words = words[2 if words[0] in VALUED else 1:]
    return options, trailing


def command(engine, case, directory):
    """What reads the capture of a case with its rules, files and options."""
    words = [engine, "-r", case["pcap"], "-S", case["rules"], "-l", directory]
    options, trailing = split([word for arg in case["args"] for word in shlex.split(arg)])
    if case["ips"] and "--simulate-ips" not in options:
        options.append("--simulate-ips")
    for file in case["files"]:
        if file.endswith("suricata.yaml") and case["own_config"]:
            words += ["-c", file]
    return words + options + trailing


def run(engine, suite, case, out):
    """Runs one case; its events become a file of the name that the scorer wants."""
    with tempfile.TemporaryDirectory() as directory:
        words = command(engine, case, directory)
        lay_out(suite, case, directory)
        try:
            done = subprocess.run(words, cwd=directory, capture_output=True, timeout=SECONDS, check=False)
            said = done.stderr.decode(errors="replace")
        except subprocess.TimeoutExpired:
            said = f"took more than {SECONDS} s"
        events = os.path.join(directory, "eve.json")
        name = os.path.join(out, case["id"].replace("/", "__"))
        with open(name + ".log", "w") as log:
            log.write(shlex.join(words) + "\n" + said)
        if os.path.exists(events):
            with open(events, "rb") as source, open(name + ".json", "wb") as target:
                target.write(source.read())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suites")
    parser.add_argument("--core", action="store_true")
    parser.add_argument("--tier", type=int)
    parser.add_argument("--engine", default="build/services/ids/tool/wp-ids")
    parser.add_argument("--only")
    parser.add_argument("--keep")
    args = parser.parse_args()
    suite = os.path.join(os.path.abspath(args.suites), "ids")
    engine = os.path.abspath(args.engine)
    with open(os.path.join(suite, "cases.json")) as file:
        cases = json.load(file)
    cases = [c for c in cases if (not args.core or c["core"]) and (not args.tier or c["tier"] == args.tier)
             and (not args.only or c["id"] == args.only)]
    with tempfile.TemporaryDirectory() as directory:
        out = args.keep or directory
        os.makedirs(out, exist_ok=True)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(lambda case: run(engine, suite, case, out), cases))
        options = (["--core"] if args.core else []) + (["--tier", str(args.tier)] if args.tier else [])
        sys.stdout.flush()
        return subprocess.run([sys.executable, os.path.join(suite, "check_eve.py"), out, *options], check=False).returncode


sys.exit(main())
