# SPDX-License-Identifier: BSD-3-Clause
"""Rules that are replaced while packets pass: proved first, compiled aside, with flows as they were, and within the memory of two.

A large set is used where there is one (WP_SUITES)."""
import copy
import json
import os
import resource
import shutil
import signal
import struct
import subprocess
import tempfile
import time

from controlled import BUILD
from frames import tcp, udp, write_pcap
from ids_traffic import Guard, Stream, forget_peak, memory

LARGE = os.path.join(os.environ["WP_SUITES"], "rules", "et2024.rules")
MEMORY_FACTOR = 1.3  # of one set, beside the one that serves
RELOADS = 2
STALL = 0.1          # seconds without a packet, or without an answer


def rule(sid, content, more=""):
    return f'alert udp any any -> any any (msg:"{content}"; content:"{content}"; {more} sid:{sid};)\n'


def plain(payload):
    """A frame without a tag, for captures."""
    return udp(1, payload)[14 + 24:]


def rules_file(folder, *lines):
    """Puts a file of rules in place of the one before."""
    name = os.path.join(folder, "own.rules")
    with open(name + ".new", "w") as file:
        file.writelines(lines)
    os.rename(name + ".new", name)


class Records:
    """What a subscriber hears of."""

    def __init__(self, client):
        self.client, self.number = client, client.result("events.subscribe")["next"]

    def next(self, kind):
        """Data of the next event of a kind."""
        while True:
            event = self.client.read()["params"]
            assert event["number"] == self.number, (event, self.number)
            self.number += 1
            if event["kind"] == kind:
                return event["data"]

    def alert(self, sid):
        data = self.next("record")
        assert data["instance"] == "guard" and data["record"]["event_type"] == "alert", data
        assert data["record"]["alert"]["signature_id"] == sid, data


def proofs(guard, folder, records):
    """A set that does not alert as it should is refused, and the old one serves on."""
    packet = udp(1, b"xx first xx")
    config = guard.document["instances"][0]["config"]
    write_pcap(os.path.join(folder, "first.pcap"), [plain(b"xx first xx")])
    config["proofs"] = [{"capture": "first.pcap", "alerts": [1], "exactly": True}]
    guard.commit()
    guard.network.exchange([packet])
    records.alert(1)
    for lines, why in (([rule(2, "second")], "should alert and do not: 1"),
                       ([rule(1, "first"), rule(3, "fir")], "alert and should not: 3")):
        rules_file(folder, *lines)
        error = guard.client.error(1, "config.commit", document=guard.document)
        assert why in error["message"] and error["data"]["path"] == "/instances/0/config/proofs", error
        guard.network.exchange([packet])
        records.alert(1)
    os.rename(os.path.join(folder, "own.rules"), os.path.join(folder, "away.rules"))
    assert guard.client.error(1, "config.commit", document=guard.document)["data"]["path"].startswith("/instances/0/config/")
    os.rename(os.path.join(folder, "away.rules"), os.path.join(folder, "own.rules"))
    config["proofs"] = [{"capture": "nowhere.pcap", "alerts": []}]
    assert "nowhere.pcap" in guard.client.error(1, "config.commit", document=guard.document)["message"]
    config["proofs"] = [{"capture": "first.pcap", "alerts": [1]}]
    rules_file(folder, rule(1, "first"), rule(2, "second"))
    guard.commit()
    guard.network.exchange([udp(1, b"xx second xx")])
    records.alert(2)
    print("proofs: a set that does not alert as it should is refused, and the old one serves on")


def flows(guard, folder, records):
    """What rules have left with a flow is there for the next set; SIGHUP reads changed files."""
    config = guard.document["instances"][0]["config"]
    del config["proofs"]
    begin = rule(10, "begin", "flowbits:set,begun; flowbits:noalert;")
    rules_file(folder, begin)
    guard.commit()
    guard.network.exchange([udp(1, b"begin")])
    rules_file(folder, begin, rule(11, "go on", "flowbits:isset,begun;"))
    with open(guard.pe.file, "w") as file:
        json.dump(guard.document, file)
    guard.pe.process.send_signal(signal.SIGHUP)
    while records.next("epoch")["who"] != "SIGHUP":
        pass
    guard.network.exchange([udp(1, b"go on")])
    records.alert(11)
    print("flows: what rules have left with them is there for the next set")


def doctor(guard):
    """@return its status, and what it says"""
    found = subprocess.run([os.path.join(BUILD, "ctl", "cli", "wpctl"), "-s", guard.pe.socket, "doctor"], capture_output=True, text=True)
    return found.returncode, found.stdout


def refused(guard, folder):
    """A file that is refused at SIGHUP is no secret of the log, until something comes into force."""
    assert doctor(guard)[0] == 0
    os.rename(os.path.join(folder, "own.rules"), os.path.join(folder, "away.rules"))
    guard.pe.process.send_signal(signal.SIGHUP)
    time.sleep(0.5)
    status, told = doctor(guard)
    assert status == 1 and "refused at SIGHUP: /instances/0/config/rules: " in told, told
    os.rename(os.path.join(folder, "away.rules"), os.path.join(folder, "own.rules"))
    guard.pe.process.send_signal(signal.SIGHUP)
    time.sleep(0.5)
    assert doctor(guard)[0] == 0
    print("refused: wpctl doctor says that the file is not in force, and why")


def sharing(guard, folder, records):
    """A document that says the same of it keeps the instance; one file touched, and it is opened anew."""
    def opened():
        with open(guard.pe.log.name) as log:
            return log.read().count("guard: 2 rules")

    guard.commit()
    was = opened()
    for i in range(3):
        guard.commit()
    assert opened() == was
    guard.network.exchange([udp(1, b"go on")])
    records.alert(11)
    os.utime(os.path.join(folder, "own.rules"))
    guard.commit()
    assert opened() == was + 1
    print("sharing: where neither configuration nor files have changed, nothing is opened again")


def full(guard, folder):
    """What a file cannot take waits, and goes whole into the next one when it is moved away."""
    name, pid = os.path.join(folder, "eve.json"), guard.pe.process.pid
    before, _ = guard.counters()
    _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (os.path.getsize(name) + 100, most))
    guard.network.exchange([udp(1, b"flood" + bytes((i,))) for i in range(10)])
    time.sleep(0.1)
    assert guard.counters()[0]["written"] == before["written"] and guard.pe.process.poll() is None
    os.rename(name, name + ".1")
    counters = guard.settle("written", before["written"] + 10)
    assert counters["written"] == before["written"] + 10 and counters["lost"] == before["lost"], counters
    with open(name) as file:
        assert [json.loads(line)["alert"]["signature_id"] for line in file] == [20] * 10
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, most))
    print("full: what a file cannot take waits, and goes whole into the next one")


def blocked(guard, folder):
    """That flows are ended is what a service is there for that prevents: wpctl doctor notes it, and calls nobody."""
    a, b = bytes((10, 0, 0, 1)), bytes((10, 0, 0, 2))
    document = copy.deepcopy(guard.document)
    document["instances"][0]["config"]["mode"] = "prevent"
    document["instances"][1]["config"] = {"verify_checksums": False}
    rules_file(folder, 'drop tcp any any -> any any (content:"evil"; sid:30;)\n', rule(1, "first"))
    guard.commit(document)
    for begin in (tcp(1, a, b, 1, 2, 0, 0, 2), tcp(1, b, a, 2, 1, 0, 1, 0x12), tcp(1, a, b, 1, 2, 1, 1, 0x10)):
        assert len(guard.network.exchange([begin])) == 1
    process = subprocess.Popen([os.path.join(BUILD, "ctl", "cli", "wpctl"), "-s", guard.pe.socket, "doctor"], stdout=subprocess.PIPE, text=True)
    while process.poll() is None:
        assert not guard.network.exchange([tcp(1, a, b, 1, 2, 1, 1, 0x18, b"evil")], 0.1)
    told = process.communicate()[0]
    assert process.returncode == 0 and "(flow-blocked), still going on" in told, told
    warning = "bytes that there is no memory to look at go on"
    with open(guard.pe.log.name) as log:
        assert log.read().count(warning) == 1, "detect, and a tracker that drops nothing"
    document["instances"][1]["config"] = {name: "drop" for name in ("at_flow_memory", "at_memory", "at_tenant_memory")}
    rules_file(folder, rule(1, "first"), rule(2, "second"))
    guard.commit(document)
    with open(guard.pe.log.name) as log:
        assert log.read().count(warning) == 1, "a tracker that drops"
    print("blocked: wpctl doctor is well where a service prevents; the log says if some is not prevented")


def names(guard, folder):
    """What a name stands for, if not for what is meant, is said in words."""
    os.mkfifo(os.path.join(folder, "pipe"))
    os.symlink("elsewhere", os.path.join(folder, "link"))
    for member, value, why in (("eve", "pipe", "is no plain file"), ("eve", "/dev/full", "is no plain file"),
                               ("eve", "link", "is a symbolic link: name the file itself"), ("eve", ".", "Is a directory"),
                               ("rules", ["pipe"], "is no plain file"), ("thresholds", "pipe", "is no plain file"),
                               ("classification", "/dev/full", "is no plain file"), ("references", ".", "Is a directory"),
                               ("geo", "pipe", "is no plain file"), ("rules", ["nowhere"], "No such file or directory"),
                               ("variables", {"HOME_NET": "[10.0.0.0/8"}, "a ']' is missing")):
        wrong = copy.deepcopy(guard.document)
        wrong["instances"][0]["config"][member] = value
        error = guard.client.error(1, "config.commit", document=wrong)
        assert error["message"].endswith(": " + why) and error["data"]["path"] == "/instances/0/config/" + member, error
    for order in (["alert"], ["pass", "drop", "alert", "alert"], ["pass", "drop", "reject", "alert", "pass"]):
        wrong["instances"][0]["config"] = {"rules": ["own.rules"], "order": order}
        assert "has to be there, once" in guard.client.error(1, "config.commit", document=wrong)["message"]
    print("names: what is no file is called what it is; actions have an order as a whole")


def faults(guard, folder):
    """wpctl doctor says that rules cannot be used; that is no illness."""
    def notes():
        told = subprocess.run([os.path.join(BUILD, "ctl", "cli", "wpctl"), "-s", guard.pe.socket, "--json", "doctor"],
                              capture_output=True, text=True, check=True)
        return [one["what"] for one in json.loads(told.stdout) if one["where"] == "instance guard" and one["level"] == "note"]

    assert not any("rules" in note for note in notes())
    rules_file(folder, rule(1, "first"), rule(2, "second", "nonsense;"))
    guard.commit()
    assert "1 of 2 rules cannot be used: question=failed-rules says which, and why" in notes()
    with open(os.path.join(folder, "threshold.config"), "w") as file:
        file.write("nonsense\n" * 1000 + "suppress gen_id 1, sig_id 77\n")
    guard.document["instances"][0]["config"]["thresholds"] = "threshold.config"
    guard.commit()
    assert "1000 lines of thresholds cannot be used: the log says which" in notes()
    with open(guard.pe.log.name) as log:
        told = log.read()
    assert told.count("threshold.config:") == 22, "each line is logged"
    assert "threshold.config:1001: there is no rule of gen_id 1, sig_id 77" in told
    del guard.document["instances"][0]["config"]["thresholds"]
    rules_file(folder, rule(1, "first", "classtype:unheard-of;"), rule(2, "second", "classtype:misc-attack;"))
    guard.commit()
    assert any(note.startswith("1 rules are of classes that the classification does not have") for note in notes())
    rules_file(folder)
    guard.commit()
    assert "no rule serves, so nothing is found: are its files empty?" in notes()
    print("faults: wpctl doctor notes that rules cannot be used, or are none")


def flood(guard, folder):
    """Whoever subscribes and does not read holds up nobody; what it does not get is counted."""
    before, _ = guard.counters()
    rules_file(folder, rule(20, "flood"))
    guard.commit()
    slow = guard.pe.client()
    slow.result("events.subscribe")
    n = 3000
    for i in range(0, n, 50):
        back = len(guard.network.exchange([udp(1, b"flood" + struct.pack("!I", k)) for k in range(i, i + 50)], 0.02))
    assert back, "nothing comes back"
    counters = guard.settle("alerts", before["alerts"] + n)
    time.sleep(0.5)
    counters, path = guard.counters()
    alerts, written = counters["alerts"] - before["alerts"], counters["written"] - before["written"]
    lost = counters["lost"] - before["lost"]
    assert alerts == n == written + lost and path["rx"] == path["tx"], (counters, before, path)
    untold = counters["untold"] - before["untold"]
    told = alerts - untold
    assert 256 <= told < n, (told, untold)
    with open(os.path.join(folder, "eve.json")) as file:
        assert sum('"signature_id":20' in line for line in file) == written
    print(f"flood: {n} alerts, {written} written, {told} told to subscribers, {untold} counted as untold")


def longest_answer(guard, epoch):
    """Asks on until another epoch is in force. @return how long the longest answer took"""
    longest, asked = 0.0, guard.pe.client()
    while True:
        begin = time.monotonic()
        now = asked.result("config.get")["epoch"]
        longest = max(longest, time.monotonic() - begin)
        if now != epoch:
            return longest
        time.sleep(0.02)


def reload_large(guard, stream, epoch):
    """@return MB of peak beside what there was; seconds without a packet, and without an answer of control, beyond
    what the machine does to everybody"""
    pid = guard.pe.process.pid
    forget_peak(pid)
    before, begin, usual = memory(pid, "VmRSS"), time.monotonic(), stream.longest
    stream.forget()
    guard.pe.process.send_signal(signal.SIGHUP)
    time.sleep(0.3)
    assert guard.client.error(5, "config.validate", document=guard.document)["data"]["reason"] == "opening"
    answer = longest_answer(guard, epoch)
    peak = memory(pid, "VmHWM") - before
    print(f"a large set: in force after {time.monotonic() - begin:.1f} s, {peak:.0f} MB beside the {before:.0f}, longest time without a "
          f"packet {stream.longest:.3f} s (before: {usual:.3f}), without an answer of control {answer:.3f} s, "
          f"without being sent one {stream.hiccup:.3f} s")
    return peak, stream.longest - stream.hiccup, answer - stream.hiccup


def large(folder):
    """Nothing stops, nothing is lost, and memory is that of two sets."""
    rules = os.path.join(folder, "large.rules")
    open(rules, "w").close()
    with Guard(folder, ["large.rules"]) as guard:
        pid = guard.pe.process.pid
        stream = Stream(guard.network)
        time.sleep(2)
        without = memory(pid, "VmRSS")
        shutil.copy(LARGE, rules)
        epoch = guard.commit()
        stream.forget()
        time.sleep(2)
        one = memory(pid, "VmRSS") - without
        seen = []
        for i in range(RELOADS):
            with open(rules, "a") as file:
                file.write(rule(9000000 + i, f"nothing {i}"))
            seen.append(reload_large(guard, stream, epoch + i))
        lost = stream.close()
        after = memory(pid, "VmRSS") - without
        peak = max(peak for peak, _, _ in seen)
        print(f"one set {one:.0f} MB, peaks beside it {peak:.0f} MB, after {RELOADS} reloads {after:.0f} MB; "
              f"{stream.sent} packets, {lost} lost")
        assert peak <= MEMORY_FACTOR * one and after <= MEMORY_FACTOR * one and lost == 0
        # What else runs here may stop one of us for a while, but not each time.
        assert min(stall for _, stall, _ in seen) < STALL and min(answer for _, _, answer in seen) < STALL, seen
        guard.close()


def main():
    with tempfile.TemporaryDirectory(prefix="waypoint-ids-") as folder:
        rules_file(folder, rule(1, "first"))
        with Guard(folder, ["own.rules"], eve="eve.json") as guard:
            records = Records(guard.pe.client())
            assert "path t: has never had a packet\n" in doctor(guard)[1]
            proofs(guard, folder, records)
            flows(guard, folder, records)
            sharing(guard, folder, records)
            refused(guard, folder)
            names(guard, folder)
            faults(guard, folder)
            flood(guard, folder)
            full(guard, folder)
            blocked(guard, folder)
            guard.close()
    if not os.access(LARGE, os.R_OK):
        print("no large set: test material is expected in ../shared/suites")
        return
    with tempfile.TemporaryDirectory(prefix="waypoint-ids-") as folder:
        large(folder)


main()
