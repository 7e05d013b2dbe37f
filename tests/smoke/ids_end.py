# SPDX-License-Identifier: BSD-3-Clause
"""The end while rules are proved or compiled: of who asked for them, nothing changes; SIGTERM, what is being opened is given up,
and leaves nothing behind.

A proof that takes long is one of a capture that nobody writes: a pipe. A large set is used where there is one (WP_SUITES)."""
import json
import os
import signal
import socket
import statistics
import subprocess
import tempfile
import time

from controlled import BUILD, Pe, write
from frames import udp, write_pcap

LARGE = os.path.join(os.environ["WP_SUITES"], "rules", "et2024.rules")
USUAL, LIMIT = 1.0, 10.0  # seconds: what else runs here may stop us for a while, but not each time


def document(folder, rules, **config):
    return {"version": 1, "workers": {"cores": [0]}, "state_dir": "state", "control": {"socket": "control.sock"}, "modules": ["ids"],
            "module_dir": os.path.abspath(os.path.join(BUILD, "services")), "ports": [{"name": "n", "type": "null"}],
            "instances": [{"name": "guard", "service": "ids", "config": {"rules": rules, "cache": os.path.join(folder, "cache"), **config}}],
            "paths": [{"name": "p", "spi": 1, "steps": [{"instance": "guard"}]}]}


def provers(folder):
    """@return the processes of ids-prove that work for a waypointd in a folder"""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.readlink(f"/proc/{pid}/exe").endswith("ids-prove") and os.readlink(f"/proc/{pid}/cwd") == os.path.realpath(folder):
                found.append(int(pid))
        except OSError:
            pass  # it has gone
    return found


def wait_for(condition):
    for _ in range(600):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("it does not come to that")


def end(process, folder, status=0, others=()):
    """Tells it to end, and others. @return seconds that takes"""
    begin = time.monotonic()
    for pid in (process.pid, *others):
        os.kill(pid, signal.SIGTERM)
    assert process.wait(60) == status, process.returncode
    took = time.monotonic() - begin
    assert not provers(folder), "ids-prove goes on"
    left = [name for name in os.listdir(os.path.join(folder, "cache")) if not name.endswith(".hs")]
    assert not left, left
    assert took < LIMIT, took
    return took


def ask_for(client, document):
    """Asks for a commit, and does not wait for the answer."""
    client.send(json.dumps({"jsonrpc": "2.0", "method": "config.commit", "params": {"document": document}, "id": 1}).encode() + b"\n")


def slow(folder):
    """@return a configuration whose proof takes long"""
    return document(folder, ["own.rules"], proofs=[{"capture": "pipe", "alerts": [1]}])


def callers(pe, client):
    """Who goes before all is open has changed nothing, and others need not wait; who has no more to say but listens is answered."""
    epoch, caller = client.result("config.get")["epoch"], pe.client()
    ask_for(caller, slow(pe.folder))
    wait_for(lambda: len(provers(pe.folder)) == 2)
    caller.lines.close()
    caller.socket.close()
    wait_for(lambda: "error" not in client.call("config.validate", document=document(pe.folder, ["own.rules"])))
    assert client.result("config.get")["epoch"] == epoch and not provers(pe.folder), "it goes on for nobody"
    caller = pe.client()
    ask_for(caller, slow(pe.folder))
    wait_for(lambda: len(provers(pe.folder)) == 2)
    caller.socket.shutdown(socket.SHUT_WR)
    time.sleep(2.5)  # nobody gives it up
    write_pcap(os.path.join(pe.folder, "pipe"), [udp(1, b"first")[14 + 24:]])
    assert caller.read()["result"]["epoch"] == epoch + 1
    client.result("config.commit", document=document(pe.folder, ["own.rules"]))
    print("callers: who goes before all is open has changed nothing, and nobody waits for it")


def while_proving(pe, client):
    """Its process and that of the capture go with it; state is kept as ever."""
    ask_for(client, slow(pe.folder))
    wait_for(lambda: len(provers(pe.folder)) == 2)
    took = end(pe.process, pe.folder)
    assert os.path.getsize(os.path.join(pe.folder, "export"))
    print(f"while rules are proved: ends in {took:.2f} s, with its state")
    return took


def at_the_start(pe, *options):
    """As systemd ends a unit: ids-prove is told to end, too. @return seconds"""
    write(pe.file, slow(pe.folder))
    process = subprocess.Popen([os.path.join(BUILD, "pe", "waypointd"), "-c", pe.file, *options], stderr=pe.log, cwd=pe.folder)
    try:
        wait_for(lambda: len(provers(pe.folder)) == 2)
        return end(process, pe.folder, 1 if options else 0, provers(pe.folder))
    finally:
        process.kill()


def while_compiling(pe, after, proofs):
    """@param after  seconds @param proofs  whether ids-prove compiles"""
    write(pe.file, document(pe.folder, ["own.rules"]))
    client = pe.start()
    more = {"proofs": [{"capture": "pipe", "alerts": []}]} if proofs else {}
    ask_for(client, document(pe.folder, [LARGE], **more))
    time.sleep(after)
    took = end(pe.process, pe.folder)
    kept = os.path.join(pe.folder, "cache")
    print(f"{after} s after {'ids-prove' if proofs else 'waypointd'} has begun to compile: ends in {took:.2f} s, {len(os.listdir(kept))} files kept")
    for name in os.listdir(kept):
        os.unlink(os.path.join(kept, name))
    return took


def main():
    with tempfile.TemporaryDirectory(prefix="waypoint-ids-end-") as folder:
        for name in ("state", "cache"):
            os.mkdir(os.path.join(folder, name), 0o755)
        os.mkfifo(os.path.join(folder, "pipe"))
        with open(os.path.join(folder, "own.rules"), "w") as file:
            file.write('alert udp any any -> any any (content:"first"; sid:1;)\n')
        with Pe(folder) as pe:
            pe.options = ["--export", "export"]
            write(pe.file, document(folder, ["own.rules"]))
            client = pe.start()
            callers(pe, client)
            took = [while_proving(pe, client), at_the_start(pe), at_the_start(pe, "--check")]
            print(f"at the start: in {took[1]:.2f} s; with --check: in {took[2]:.2f} s")
            if os.access(LARGE, os.R_OK):
                took += [while_compiling(pe, after, proofs) for after in (0.3, 1.0, 3.0, 5.0, 7.0) for proofs in (False, True)]
            else:
                print("no large set: test material is expected in ../shared/suites")
            assert statistics.median(took) < USUAL, took


main()
