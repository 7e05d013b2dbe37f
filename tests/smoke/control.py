# SPDX-License-Identifier: BSD-3-Clause
"""A PE whose input is a file that goes round: what its control socket does to it, and what it does to its socket."""
import json
import os
import pty
import random
import re
import resource
import signal
import socket
import subprocess
import tempfile
import time

from controlled import BUILD, TOP, Client, Pe, write

CONNECTS = 10000 if os.environ.get("WP_TEST_ALL") else 1000
TRIALS = 100  # more than the cells of counters allow to stay
FLIPS = 1000 if os.environ.get("WP_TEST_ALL") else 100


def base(folder):
    subprocess.run([os.path.join(TOP, "tools", "mkpcap"), os.path.join(folder, "in.pcap"), "--spi", "1"], check=True)
    return {"version": 1, "workers": {"cores": [0]}, "control": {"socket": "control.sock"}, "state_dir": "state",
            "ports": [{"name": "f", "type": "pcap", "in": "in.pcap", "loop": True}], "modules": ["ttl", "firewall"],
            "instances": [{"name": "hop", "service": "ttl", "config": {}}],
            "paths": [{"name": "p", "spi": 1, "steps": [{"instance": "hop"}]}]}


def with_paths(document, n):
    new = json.loads(json.dumps(document))
    new["paths"] += [{"name": f"q{i}", "spi": 100 + i, "steps": [{"instance": "hop"}]} for i in range(n)]
    return new


def totals(client):
    stats = client.result("stats.get")
    return stats["paths"][0]["rx"], stats["audit"]["failures"]


def changes(client, document):
    """Commits, and what is refused."""
    now = client.result("config.get")
    assert now["epoch"] == 1 and now["document"] == document
    more = with_paths(document, 3)
    assert [c["path"] for c in client.result("config.diff", document=more)["changes"]] == [f"/paths/[q{i}]" for i in range(3)]
    assert client.result("config.validate", document=more) == {"valid": True}
    bad = with_paths(document, 1)
    bad["paths"][1]["steps"][0]["instance"] = "hip"
    for method in ("config.validate", "config.prepare", "config.commit"):
        error = client.error(1, method, document=bad)
        assert error["data"]["path"] == "/paths/1/steps/0/instance" and "did you mean 'hop'" in error["message"], error
    assert client.result("config.get")["epoch"] == 1
    client.error(2, "config.commit", document=more, expected_epoch=77)
    done = client.result("config.commit", document=more, expected_epoch=1, idempotency_key="a", comment="three more")
    again = client.result("config.commit", document=more, expected_epoch=1, idempotency_key="a")
    assert again["repeated"] and again["epoch"] == done["epoch"]
    client.error(2, "config.commit", document=document, idempotency_key="a")
    assert len(client.result("path.list")["paths"]) == 4
    prepared = client.result("config.prepare", document=document)
    assert client.result("config.get")["prepared"] == prepared["epoch"]
    client.error(5, "config.commit", document=more)
    assert client.result("config.abort") == {"aborted": True}
    prepared = client.result("config.prepare", document=document)
    assert client.result("config.commit")["epoch"] == prepared["epoch"]
    client.error(4, "config.commit")
    assert client.result("config.rollback")["epoch"] > prepared["epoch"]
    assert client.result("config.get")["document"] == more
    commits = client.result("config.history")["commits"]
    assert commits[0]["comment"].startswith("back to epoch") and commits[-1]["who"] == "start", commits
    for n in range(TRIALS):  # of names that nobody has had
        many = with_paths(document, 1000)
        for path in many["paths"][1:]:
            path["name"] = f"trial{n}-{path['name']}"
        many["instances"].append({"name": f"hop{n}", "service": "ttl", "config": {}})
        many["paths"][1]["steps"].append({"instance": f"hop{n}" if n % 2 else "nobody"})
        assert ("result" in client.call("config.validate", document=many)) == (n % 2 == 1)
    print(f"changes: {len(commits)} commits, what is wrong is refused with its place")


def unconfirmed(pe, client, document):
    """What nobody confirms is taken back, by the clock and by kill -9."""
    before = client.result("config.get")["document"]
    short = {"document": with_paths(document, 5), "confirm_within": 1, "idempotency_key": "short"}
    assert client.result("config.commit", **short)["in_force"]
    client.error(2, "config.commit", document=document)
    time.sleep(1.5)
    again = client.result("config.commit", **short)
    assert again["repeated"] and not again["in_force"], again
    assert client.result("config.get")["document"] == before
    good = with_paths(document, 5)
    client.result("config.commit", document=with_paths(document, 4))
    client.result("config.commit", document=good)
    pending = client.result("config.commit", document=with_paths(document, 9), confirm_within=1)["epoch"]
    client.error(2, "config.confirm", expected_epoch=pending + 1)
    time.sleep(1.5)  # it is taken back
    assert client.result("config.get")["document"] == good
    client.result("config.rollback")
    assert client.result("config.get")["document"] == with_paths(document, 4), "back to what was taken back"
    client.error(-32602, "config.commit", document=good, max_more_drops=100)
    client.result("config.commit", document=with_paths(document, 6), confirm_within=60)
    client.result("config.confirm")
    worse = with_paths(document, 2)
    worse["instances"].append({"name": "wall", "service": "firewall", "config": {"default": "drop"}})
    worse["paths"][0]["steps"].append({"instance": "wall"})
    time.sleep(2.5)  # so that it is known how it was before
    kept = client.result("config.get")
    client.result("config.commit", document=worse, confirm_within=60, max_more_drops=100)
    for _ in range(50):
        if client.result("config.get")["document"] == kept["document"]:
            break
        time.sleep(0.1)
    now = client.result("config.get")
    assert now["document"] == kept["document"] and now["confirm_within"] == 0, now
    assert client.result("config.history")["commits"][0]["who"] == "more drops"
    client.result("config.commit", document=with_paths(document, 8), confirm_within=60, max_more_drops=100)
    time.sleep(2.5)
    assert client.result("config.confirm")
    kept = client.result("config.get")
    client.result("config.commit", document=with_paths(document, 7), confirm_within=60)
    lost = client.result("config.get")["epoch"]
    pe.kill()
    client = pe.start()
    now = client.result("config.get")
    assert now["document"] == kept["document"] and now["epoch"] == kept["epoch"], now["epoch"]
    assert client.result("config.commit", document=kept["document"])["epoch"] > lost  # no number twice
    second = subprocess.run([os.path.join(BUILD, "pe", "waypointd"), "-c", pe.file], capture_output=True, text=True, timeout=60)
    assert second.returncode != 0 and "another process has it" in second.stderr, second
    print("unconfirmed: taken back by the clock, for more drops, and by a restart after kill -9")
    return client


def restarts(pe, client, document):
    """A restart after kill -9 returns to what was committed last, unless the operator's file is newer."""
    rng = random.Random(7)
    for i in range(3):
        done = None
        for n in rng.sample(range(20), 3):
            done = with_paths(document, n)
            epoch = client.result("config.commit", document=done)["epoch"]
        pe.kill()
        client = pe.start()
        now = client.result("config.get")
        assert now["document"] == done and now["epoch"] == epoch
    newer = with_paths(document, 2)
    newer["comment"] = "changed by hand"
    pe.kill()
    write(pe.file, newer)
    client = pe.start()
    now = client.result("config.get")
    assert now["document"] == newer and now["epoch"] > epoch
    write(pe.file, document)
    os.kill(pe.process.pid, signal.SIGHUP)
    for _ in range(100):
        if client.result("config.get")["document"] == document:
            break
        time.sleep(0.05)
    assert client.result("config.get")["document"] == document
    print("restarts: back to the last commit 3 times; a file that was changed since is newer")
    return client


def flips(client, document):
    """Two documents in turn, under load: packets are lost by none."""
    other = with_paths(document, 1000)
    rx, _ = totals(client)
    slowest = 0
    for i in range(FLIPS):
        start = time.monotonic()
        client.result("config.commit", document=other if i % 2 == 0 else document)
        slowest = max(slowest, time.monotonic() - start)
    after, failures = totals(client)
    stats = client.result("stats.get")
    drops = {name: n for name, n in stats["paths"][0]["drops"].items() if n}
    assert after > rx and failures == 0 and set(drops) <= {"tx-full"}, (rx, after, failures, drops)
    print(f"flips: {FLIPS} between 1 and 1,001 paths, {after - rx} packets on the way, none lost; slowest {slowest * 1000:.0f} ms")


def hostile(pe, client):
    """Any bytes: an answer with a reason, or an end; never a crash, and others notice nothing."""
    rng = random.Random(11)
    good = json.dumps({"jsonrpc": "2.0", "method": "config.get", "id": 1}).encode()
    for _ in range(300):
        bad = bytearray(good)
        for _ in range(rng.randrange(1, 6)):
            bad[rng.randrange(len(bad))] = rng.randrange(256)
        other = Client(pe.socket)
        other.send(bytes(bad) + b"\n" + good[:rng.randrange(len(good))])
        other.socket.shutdown(socket.SHUT_WR) if rng.random() < 0.5 else other.socket.close()
        other.socket.close()
    time.sleep(0.5)  # until they have been seen off: no more than 256 are let in
    for data in (b"[" * 100000, b'{"a":' * 100000, b'{"a":1,"a":2}', b'"\xff"', b"\0" * 1000, b"[" + b"1," * 300 + b"1]"):
        other = Client(pe.socket)
        other.send(data + b"\n")
        assert other.read()["error"]["code"] in (-32700, -32600)
    other = Client(pe.socket)
    try:
        for _ in range(64):
            other.send(b"x" * (1 << 20))
    except OSError:
        pass
    answer = None
    try:
        answer = other.read()
    except OSError:
        pass
    assert answer is None or "18 MB" in answer["error"]["message"], answer
    crowd = []
    for _ in range(400):
        try:
            crowd.append(Client(pe.socket, 5))
        except OSError:
            break
    ended = sum(one.read() is None for one in crowd[300:])
    assert ended >= 50, ended
    assert client.result("config.get")["epoch"] > 0
    for one in crowd:
        one.lines.close()
        one.socket.close()
    time.sleep(0.5)
    posted = Client(pe.socket)  # a browser that somebody has sent here
    posted.send(b"POST / HTTP/1.1\r\nHost: x\r\n\r\n" + b'{"jsonrpc": "2.0", "method": "config.abort", "id": 1}\n')
    assert posted.read()["error"]["code"] == -32600 and posted.read() is None
    answer = client.call("config.diff", document={"workers": {"cores": list(range(50000))}})
    assert len(answer["result"]["changes"]) == 10000
    many = Client(pe.socket)
    many.send(json.dumps([{"jsonrpc": "2.0", "method": "x" * 62 + "\u00e9", "id": 1}]).encode() + b"\n")
    assert many.read()[0]["error"]["code"] == -32601
    slow = Client(pe.socket)  # asks, and never reads
    slow.socket.settimeout(1)
    try:
        for _ in range(20000):
            slow.send(json.dumps({"jsonrpc": "2.0", "method": "stats.get", "id": 1}).encode() + b"\n")
        raise AssertionError("somebody who takes no answers is read from without an end")
    except TimeoutError:
        pass
    assert client.result("config.get")["epoch"] > 0
    print("hostile: 300 broken messages, depth, size, 400 connections, one that never reads: others notice nothing")


def keys(pe, client, document):
    """Written, never read back."""
    secret, other = "5a" * 32, "6b" * 32
    client.error(1, "key.put", name="hq@1", algorithm="aes-256-gcm", key=secret, salt="01020304")
    client.error(1, "key.list")  # there is no key store yet
    assert client.result("config.get")["epoch"] > 0
    document = dict(document, key_store="keys.json", modules=["ttl", "encrypt"])
    write(os.path.join(pe.folder, "keys.json"), {"keys": []})
    os.chmod(os.path.join(pe.folder, "keys.json"), 0o600)
    client.result("config.commit", document=document)
    put = {"name": "hq@1", "algorithm": "aes-256-gcm", "key": secret, "salt": "01020304"}
    assert client.result("key.put", **put) == {"name": "hq@1", "repeated": False}
    assert client.result("key.put", **put)["repeated"]
    for member, value in (("key", other), ("salt", "01020305"), ("algorithm", "aes-128-gcm")):
        client.error(2, "key.put", **dict(put, **{member: value}))
    for member, value in (("key", secret[2:]), ("key", "zz" * 32), ("salt", "01"), ("algorithm", "des"), ("name", "hq")):
        answer = client.error(-32602, "key.put", **dict(put, **{"name": "hq@2", member: value}))
        assert secret[4:] not in json.dumps(answer), answer
    client.error(-32602, "key.put", **dict(put, name="hq@2", salt='0102"}'))
    listed = client.result("key.list")["keys"]
    assert [(one["name"], one["algorithm"], one["in_use"]) for one in listed] == [("hq@1", "aes-256-gcm", False)], listed
    assert secret not in json.dumps(listed)
    document["instances"] = document["instances"] + [{"name": "e", "service": "encrypt"}]
    document["paths"] = document["paths"] + [{"name": "t", "spi": 9, "steps": [{"instance": "e", "args": {
        "spi": 4096, "local": "192.0.2.1", "remote": "192.0.2.2", "key": "hq@1"}}]}]
    client.result("config.commit", document=document)
    assert client.result("key.list")["keys"][0]["in_use"]
    client.error(2, "key.delete", name="hq@1")
    client.result("config.commit", document=dict(document, paths=document["paths"][:1]), confirm_within=60)
    client.error(2, "key.delete", name="hq@1")  # it may be needed again
    client.result("config.confirm")
    client.result("config.prepare", document=document)
    client.error(2, "key.delete", name="hq@1")  # it is about to be needed
    client.result("config.abort")
    assert client.result("key.delete", name="hq@1") == {"name": "hq@1"}
    client.error(4, "key.delete", name="hq@1")
    assert client.result("key.list")["keys"] == []
    assert os.stat(os.path.join(pe.folder, "keys.json")).st_mode & 0o777 == 0o600
    for folder, _, names in os.walk(pe.folder):
        for name in names:
            if not name.endswith(".sock"):
                with open(os.path.join(folder, name), "rb") as file:
                    assert secret.encode() not in file.read(), name
    print("keys: put once, never changed, listed without what they are, deleted when nobody needs them")


def services_and_state(pe, client, document):
    """What services are, answer, and keep."""
    new = json.loads(json.dumps(document))
    new["modules"].append("nat")
    new["tenants"] = [{"name": "red"}]
    new["tables"] = [{"service": "nat", "table": table, "max_entries": 1000} for table in ("mappings", "peers", "subscribers")]
    new["instances"].append({"name": "cgn", "service": "nat", "config": {"pools": [{"name": "p", "addresses": ["203.0.113.0/30"],
                            "deterministic": {"hosts": [{"tenant": "red", "inside": ["10.0.0.0/24"]}]}}]}})
    new["paths"][0].update({"tenant": "red", "steps": [{"instance": "hop"}, {"instance": "cgn"}]})
    client.result("config.commit", document=new)
    described = client.result("service.describe", service="nat")
    assert "pools" in described["config"]["properties"] and "mappings" in [table["name"] for table in described["tables"]] and described["can_be_asked"]
    client.error(4, "service.describe", service="nobody")
    answers = client.result("service.call", instance="cgn", question="203.0.113.1:2345")["answers"]
    assert answers == ["10.0.0.65 of tenant red: 203.0.113.1 ports 1984-2943"], answers
    client.error(1, "service.call", instance="cgn", question="nonsense")
    client.error(1, "service.call", instance="hop", question="anything")
    client.error(4, "service.call", instance="nobody", question="anything")
    time.sleep(0.2)
    some = client.result("state.get", which="nat/mappings", limit=3)
    assert len(some["entries"]) == 3 and some["more"]
    every = client.result("state.get", which="nat/mappings,tenant=red")
    assert len(every["entries"]) == 8 and not every["more"], every
    assert all(entry["tenant"] == "red" for entry in every["entries"])
    client.error(-32602, "state.get", which="nat/mappings,color=blue")
    exported = client.result("state.export", file="now")
    assert exported["records"] >= 16 and os.stat(exported["file"]).st_size > 0, exported
    client.error(-32602, "state.export", file="../elsewhere")
    again = {table["table"]: table for table in client.result("state.import", file="now")["tables"]}
    assert again["mappings"]["restored"] == 0 and again["mappings"]["left_out"] == 8, again  # they are there
    client.error(4, "state.import", file="nothing")
    client.result("config.commit", document=document)
    assert client.error(1, "state.import", file="now")["data"]["reason"] == "file"  # no nat here
    client.result("config.commit", document=new)
    print(f"services and state: described, asked; {exported['records']} records exported")


def pushed(pe, client, document):
    """Events with numbers that have no gap, whenever one comes; counters by the clock; who is slow misses some, and is told."""
    one = Client(pe.socket)
    first = one.result("events.subscribe")["next"]
    client.result("config.commit", document=with_paths(document, 1))
    client.result("config.commit", document=document)
    kinds = []
    while kinds.count("epoch") < 2 or kinds.count("log") < 2:  # others may come between
        event = one.read()
        assert event["method"] == "events.event" and event["params"]["number"] == first + len(kinds), event
        kinds.append(event["params"]["kind"])
    one.socket.close()
    one = Client(pe.socket)
    assert one.result("events.subscribe", **{"from": first}) == {"next": first}
    assert [one.read()["params"]["number"] for _ in kinds] == list(range(first, first + len(kinds)))
    one.result("events.unsubscribe")
    one.result("stats.watch", seconds=1)
    start = time.monotonic()
    assert all(one.read()["params"]["epoch"] > 1 for _ in range(2)) and 1.5 < time.monotonic() - start < 4
    one.socket.close()
    print("pushed: events from any number on, counters each second")


def http(pe, accept):
    """@return the header and the body of GET /metrics"""
    with socket.socket(socket.AF_UNIX) as one:
        one.connect(pe.socket)
        one.sendall(f"GET /metrics HTTP/1.1\r\nHost: pe\r\nAccept: {accept}\r\n\r\n".encode())
        return b"".join(iter(lambda: one.recv(65536), b"")).decode().split("\r\n\r\n", 1)


def metrics(pe):
    """What monitoring scrapes, by the judgment of Prometheus's own tool."""
    header, body = http(pe, "text/plain")
    assert header.startswith("HTTP/1.1 200") and f"Content-Length: {len(body)}" in header
    samples = [line for line in body.splitlines() if not line.startswith("#")]
    for wanted in ('waypoint_path_receive_packets_total{path="p",tenant="default"} ', "waypoint_epoch ",
                   'waypoint_step_packets_total{path="p",tenant="default",step="0",service_instance="hop",service="ttl"} '):
        assert any(line.startswith(wanted) for line in samples), wanted
    checked = subprocess.run(["promtool", "check", "metrics"], input=body, text=True, capture_output=True)
    assert checked.returncode == 0, checked
    ruled = subprocess.run(["promtool", "check", "rules", os.path.join(TOP, "config", "monitoring", "alerts.yml")], capture_output=True)
    assert ruled.returncode == 0, ruled
    with open(os.path.join(TOP, "config", "monitoring", "grafana-dashboard.json")) as file:
        dashboard = file.read()
    with open(os.path.join(TOP, "config", "monitoring", "alerts.yml")) as file:
        for name in set(re.findall(r"waypoint_\w+", dashboard + file.read())):
            assert f"# TYPE {re.sub('_bucket$', '', name)} " in body, f"{name} is asked for, but not there"
    header, body = http(pe, "application/openmetrics-text; version=1.0.0")
    assert "application/openmetrics-text" in header and body.endswith("\n# EOF\n")
    print(f"metrics: {len(samples)} samples, as promtool likes them")


def cut(pe, client, document):
    """A commit whose connection ends at every byte: it is done whole or not at all, and can be asked for again."""
    before = client.result("config.get")["epoch"]
    message = json.dumps({"jsonrpc": "2.0", "method": "config.commit", "id": 1,
                          "params": {"document": with_paths(document, 1), "idempotency_key": "cut"}}).encode() + b"\n"
    for n in range(len(message)):
        one = Client(pe.socket)
        one.send(message[:n])
        one.lines.close()
        one.socket.close()
    assert client.result("config.get")["epoch"] == before
    one = Client(pe.socket)
    one.send(message)
    one.lines.close()
    one.socket.close()  # before the answer
    again = client.result("config.commit", document=with_paths(document, 1), idempotency_key="cut")
    assert again["in_force"] and client.result("config.get")["epoch"] == again["epoch"]
    client.result("config.commit", document=document)
    for _ in range(CONNECTS):
        with socket.socket(socket.AF_UNIX) as one:
            one.connect(pe.socket)
    assert client.result("config.get")["document"] == document
    print(f"cut: at each of {len(message)} bytes, nothing is half done; {CONNECTS} connects for nothing")


def typed(pe, keys):
    """@return what wpctl shows a person who types keys"""
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(HOME=pe.folder, TERM="vt100")
        os.execv(os.path.join(BUILD, "ctl", "cli", "wpctl"), ["wpctl", "-s", pe.socket])
    shown = b""
    for one in (keys, b"exit\n"):
        while not shown.endswith(b"wpctl> "):
            shown += os.read(terminal, 4096)
        os.write(terminal, one)
        shown += os.read(terminal, 1)
    while True:
        try:
            shown += os.read(terminal, 4096)
        except OSError:  # it has ended
            break
    assert os.waitpid(child, 0)[1] == 0
    return shown.decode()


def wpctl(pe):
    """Exit codes that scripts go by."""
    def run(*words):
        return subprocess.run([os.path.join(BUILD, "ctl", "cli", "wpctl"), "-s", pe.socket, *words], capture_output=True,
                              text=True)
    got = run("--json", "config", "get")
    assert got.returncode == 0
    epoch = json.loads(got.stdout)["epoch"]
    assert run("config", "commit", pe.file, f"expected_epoch={epoch}", "comment=by wpctl").returncode == 0
    assert run("config", "commit", pe.file, f"expected_epoch={epoch}").returncode == 3
    bad = os.path.join(pe.folder, "bad.json")
    write(bad, {"version": 2})
    refused = run("config", "validate", bad)
    assert refused.returncode == 1 and "version: 2 is above 1" in refused.stderr, refused
    assert run("config", "get", "epoch=999999").returncode == 5
    assert run("config", "eat").returncode == 2 and run("config", "get", "what").returncode == 2
    assert "by wpctl" in run("config", "history").stdout
    top = run("top", "1")
    assert top.returncode == 0 and re.search(r"^p +default +[1-9]", top.stdout, re.M), top
    assert json.loads(run("--json", "top", "1").stdout)["paths"][0]["path"] == "p" and run("top", "some").returncode == 2
    assert "config.get" in (method["name"] for method in json.loads(run("--json", "methods").stdout))
    assert "nowhere: No such file" in run("config", "commit", "nowhere").stderr.replace("unable to open ", "")
    dry = run("--dry-run", "config", "commit", pe.file)
    assert dry.returncode == 0 and "valid: true" in dry.stdout
    dry = json.loads(run("--dry-run", "--json", "config", "commit", pe.file).stdout)
    assert sorted(dry) == ["diff", "validate"] and dry["validate"]["valid"] is True
    dry = run("--dry-run", "--json", "config", "commit", bad)
    assert dry.returncode == 1 and "validate" not in json.loads(dry.stdout or "{}") and "version: 2 is above 1" in dry.stderr, dry
    assert "by wpctl" in typed(pe, b"conf\t his\t\n")  # completed: config history
    assert pe.stop() == 0
    assert run("config", "get").returncode == 7
    print("wpctl: 0 done, 1 refused, 2 usage, 3 conflict, 5 not found, 7 no connection")


def main():
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    with tempfile.TemporaryDirectory(prefix="waypoint-control-") as folder:
        os.mkdir(os.path.join(folder, "state"))
        document = base(folder)
        pe = Pe(folder)
        write(pe.file, document)
        with pe:
            client = pe.start()
            changes(client, document)
            client = unconfirmed(pe, client, document)
            client = restarts(pe, client, document)
            flips(client, document)
            keys(pe, client, document)
            client.result("config.commit", document=document)
            services_and_state(pe, client, document)
            pushed(pe, client, document)
            metrics(pe)
            cut(pe, client, document)
            hostile(pe, client)
            wpctl(pe)


main()
