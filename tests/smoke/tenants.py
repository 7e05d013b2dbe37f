# SPDX-License-Identifier: BSD-3-Clause
"""Two tenants with controllers of their own, an operator, and requests for what is another's.

What is not tenant red's has "zebra" (the other tenant) or "quokka" (the operator) in its name. Each hostile request goes out
twice, once with names that are there, and once with such as are not: an answer that tells them apart is a leak."""
import copy
import json
import os
import random
import re
import tempfile
import time

from authority import Authority, connect, free_port
from controlled import Pe, write, write_keys

N = 100_000 if os.environ.get("WP_TEST_ALL") == "1" else 10_000
SEED = int(os.environ.get("WP_SEED", "1"))
OPERATORS = 30  # of red's: what one may ask for in a second is limited
ROLES = ("observer", "operator", "key-manager", "admin")
BATCH = 50
KEY = {"algorithm": "aes-128-gcm", "key": "00" * 16, "salt": "01020304"}
OTHERS = re.compile(r"[\w.@-]*(?:zebra|quokka)[\w.@-]*")


def tunnel(key, spi):
    return {"local": "192.0.2.1", "remote": "192.0.2.2", "spi": spi, "key": key}


def document(port):
    identities = [{"name": f"red-{role}", "role": role, "tenants": ["red"]} for role in ROLES]
    identities += [{"name": f"red-op-{i}", "role": "operator", "tenants": ["red"]} for i in range(OPERATORS)]
    identities += [{"name": "zebra-admin", "role": "admin", "tenants": ["zebra"]}]
    identities += [{"name": f"quokka-{role}", "role": role} for role in ROLES]

    def delegated(first):
        return {"spis": [{"first": first, "last": first + 99}], "services": ["encrypt", "ttl"], "instances": ["hop"]}

    def path(name, spi, tenant, *steps):
        return {"name": name, "spi": spi, "tenant": tenant, "steps": list(steps)}

    return {"version": 1, "workers": {"cores": [0]}, "state_dir": "state", "key_store": "keys.json", "modules": ["ttl", "encrypt"],
            "ports": [{"name": "quokka-port", "type": "null"}],
            "control": {"socket": "control.sock", "listen": f"127.0.0.1:{port}", "certificate": "pe.crt",
                        "private_key": "pe.key", "authority": "ca.crt", "identities": identities},
            "tenants": [{"name": "red", "delegated": delegated(100)}, {"name": "zebra", "delegated": delegated(7654300)},
                        {"name": "quokka-green"}],
            "instances": [{"name": name, "service": service, "config": {}} for name, service in
                          (("hop", "ttl"), ("quokka-ttl", "ttl"), ("red.enc", "encrypt"), ("zebra.enc", "encrypt"))],
            "paths": [path("quokka-path", 1, "quokka-green", {"instance": "quokka-ttl"}),
                      path("red-given", 2, "red", {"instance": "hop"}),
                      path("zebra.out", 7654321, "zebra", {"instance": "zebra.enc", "args": tunnel("zebra.k@1", 1001)}),
                      path("red.out", 100, "red", {"instance": "hop"}, {"instance": "red.enc", "args": tunnel("red.k@1", 1000)})]}


def part(client):
    got = client.result("config.get")
    return got["epoch"], got["document"]


def lawful(folder, port, admin):
    """What a tenant's controllers may do."""
    red, keys = connect(folder, port, "red-operator"), connect(folder, port, "red-key-manager")
    epoch, mine = part(red)
    assert {path["name"] for path in mine["paths"]} == {"red.out", "red-given"} and len(mine["instances"]) == 1
    assert [tenant["name"] for tenant in mine["tenants"]] == ["red"] and len(mine) == 4, mine
    keys.result("key.put", name="red.k@2", **KEY)
    assert {key["name"] for key in keys.result("key.list")["keys"]} == {"red.k@1", "red.k@2"}
    watching = connect(folder, port, "red-observer")
    watching.result("events.subscribe")
    mine["paths"][1]["steps"][1]["args"] = tunnel("red.k@2", 1000)
    mine["paths"].append({"name": "red.more", "spi": 199, "tenant": "red", "steps": [{"instance": "hop"}]})
    assert red.result("config.diff", document=mine)["changes"]
    assert red.result("config.validate", document=mine)["valid"]
    done = red.result("config.commit", document=mine, expected_epoch=epoch, idempotency_key="once")
    assert not done["repeated"] and done["in_force"]
    assert red.result("config.commit", document=mine, idempotency_key="once")["repeated"]
    whole = part(admin)[1]
    assert len(whole["paths"]) == 5 and any(path["name"] == "zebra.out" for path in whole["paths"])
    # What others do meanwhile is no conflict; what was done to the part is.
    epoch = part(red)[0]
    zebra = connect(folder, port, "zebra-admin")
    its = part(zebra)[1]
    its["paths"][0]["comment"] = "another"
    zebra.result("config.commit", document=its, idempotency_key="once")
    red.result("config.commit", document=mine, expected_epoch=epoch)
    red.error(2, "config.commit", document=mine, expected_epoch=1)
    assert [commit["who"] for commit in red.result("config.history")["commits"]] == ["red-operator"] * 2
    red.result("config.rollback", to_epoch=done["epoch"])
    assert part(red)[1] == mine
    red.error(4, "config.rollback", to_epoch=1)
    names = [path["name"] for path in red.result("stats.get")["paths"]]
    assert sorted(names) == ["red-given", "red.more", "red.out"], names
    assert {one["name"] for one in red.result("service.list")["instances"]} == {"hop", "red.enc"}
    assert len(red.result("path.list")["paths"]) == 3
    keys.error(2, "key.delete", name="red.k@2")
    keys.result("key.delete", name="red.k@1")
    keys.result("key.put", name="red.k@1", **KEY)
    assert red.result("state.get", which="encrypt/outbound")["entries"] == []  # counters of keys are the PE's
    print("lawful: a tenant's controllers see, change, go back to and hear of what is theirs")


# Hostile requests. A template has {T}, {I}, {P}, {K}, {O} where another's tenant, instance, path, key and the operator's go.
THERE = {"T": "zebra", "I": "zebra.enc", "P": "zebra.out", "K": "zebra.k@1", "O": "quokka-ttl", "S": 7654321, "Q": "quokka@1"}
NOT_THERE = {"T": "zebrb", "I": "zebra.enx", "P": "zebra.oux", "K": "zebra.k@7", "O": "quokka-ttx", "S": 7654322, "Q": "quokka@7"}


def names(rng):
    return rng.choice(("{T}", "{I}", "{P}", "{K}", "{O}", "{Q}", "red", "red.x", "red.out", "red.enc", "{T}.x", "hop", "", "a b", "red."))


def wrong_part(rng, mine):
    """The tenant's document with one thing, or two, that are another's."""
    wanted = copy.deepcopy(mine)
    paths, instances = wanted["paths"], wanted["instances"]
    path = rng.choice(paths)
    for _ in range(rng.choice((1, 1, 2))):
        kind = rng.randrange(16)
        if kind == 0:
            path["tenant"] = rng.choice(("{T}", "quokka-green", "default"))
        elif kind == 1:
            path["name"] = rng.choice(("{P}", "{T}.x", "quokka-path", "other"))
        elif kind == 2:
            path["spi"] = rng.choice(("{S}", 1, 7654300, 300, 0, -1, 2 ** 40))
        elif kind == 3:
            path["peer_spi"] = rng.choice(("{S}", 1, 7654300))
        elif kind == 4:
            path["reverse"] = rng.choice(("{P}", "quokka-path", "zebra.x"))
        elif kind == 5:
            path["steps"] = [{"instance": rng.choice(("{I}", "{O}", "zebra.x"))}]
        elif kind == 6:
            path["steps"] = [{"instance": "red.enc", "args": tunnel(rng.choice(("{K}", "{Q}")), 1000)}]
        elif kind == 7:
            instances.append({"name": rng.choice(("{I}", "{T}.x", "{O}", "mine", "zebrx")), "service": "ttl", "config": {}})
        elif kind == 8:
            instances.append({"name": "red.n", "service": rng.choice(("nat", "firewall", "{T}", "decrypt")), "config": {}})
        elif kind == 9:
            instances[0]["config"] = {rng.choice(("tenant", "key", "{T}")): names(rng)}
        elif kind == 10:
            wanted["tenants"] = [{"name": rng.choice(("{T}", "red", "quokka-green")), "share": 1000}]
        elif kind == 11:
            wanted[rng.choice(("ports", "control", "modules", "tables", "key_store", "workers", "{T}"))] = rng.choice(([], {}, "x"))
        elif kind == 12:
            path["steps"].append({"instance": "hop", "args": {"{T}": names(rng)}})
        elif kind == 13:
            spi, tenant, instance = rng.choice((("{S}", "red", "hop"), (101, "{T}", "hop"), (101, "red", "{I}"), (102, "red", "{O}")))
            paths.append({"name": "red.new", "spi": spi, "tenant": tenant, "steps": [{"instance": instance}]})
        elif kind == 14:
            path["steps"] = [{"instance": "red.enc", "args": dict(tunnel("red.k@1", 1000), comment="{K}")}]
        else:
            wanted["version"] = rng.choice((0, 2, "{T}"))
    return wanted


def hostile(rng, mine):
    """A request that is to come to nothing, of what identity it is, and with what codes it may be refused."""
    kind = rng.randrange(12)
    operator = f"red-op-{rng.randrange(OPERATORS)}"
    if kind < 5:
        method = rng.choice(("config.commit", "config.commit", "config.validate"))
        return operator, method, {"document": wrong_part(rng, mine)}
    if kind == 5:
        name = rng.choice(("{K}", "{Q}", "{T}.new@1", "red@1", "x@1"))
        return rng.choice(("red-key-manager", "red-admin")), "key.put", dict(KEY, name=name)
    if kind == 6:
        return rng.choice(("red-key-manager", "red-admin")), "key.delete", {"name": rng.choice(("{K}", "{Q}", "red@1"))}
    if kind == 7:
        which = rng.choice(("encrypt/outbound,tenant={T}", "tenant={T}", "encrypt/outbound,tenant=quokka-green"))
        return rng.choice((operator, "red-observer")), "state.get", {"which": which}
    if kind == 8 and rng.random() < 0.2:
        return operator, "explain", {"path": rng.choice(("{P}", "quokka-path")), "packet": "00"}
    if kind == 8:
        method, member = rng.choice((("service.call", "instance"), ("service.describe", "service"), ("config.rollback", "to_epoch"),
                                     ("config.get", "nothing")))
        value = {"instance": rng.choice(("{I}", "{O}")), "service": rng.choice(("firewall", "{T}")), "to_epoch": rng.randrange(1, 4)}
        params = {member: value.get(member, names(rng))}
        if method == "service.call":
            params["question"] = rng.choice(("{T}/10.0.0.1", "192.0.2.1:80"))
        return operator, method, params
    if kind == 9:  # not for tenants at all
        method = rng.choice(("config.prepare", "config.confirm", "config.abort", "state.export"))
        params = {"config.prepare": {"document": mine}, "state.export": {"file": "x"}}.get(method, {})
        return "red-admin", method, params
    # Roles.
    who, method = rng.choice((("red-observer", "config.commit"), ("red-observer", "key.put"), ("red-observer", "config.rollback"),
                              ("red-operator", "key.put"), ("red-operator", "key.delete"), ("red-key-manager", "config.commit"),
                              ("red-key-manager", "config.validate"), ("quokka-observer", "config.commit"),
                              ("quokka-observer", "key.delete"), ("quokka-operator", "key.put"), ("quokka-operator", "key.delete"),
                              ("quokka-key-manager", "config.commit"), ("quokka-key-manager", "config.abort"),
                              ("quokka-observer", "state.export"), ("red-observer", "config.validate")))
    params = {"config.commit": {"document": mine}, "config.validate": {"document": mine}, "key.put": dict(KEY, name="red.r@1"),
              "key.delete": {"name": "red.k@1"}, "config.rollback": {"to_epoch": 2}, "state.export": {"file": "x"}}.get(method, {})
    return who, method, params


def fill(text, values):
    for place, value in values.items():
        text = text.replace(f'"{{{place}}}"', json.dumps(value)).replace("{%s}" % place, str(value))
    return text


def judge(request, answer, twin_request, twin):
    """@return what is wrong with an answer, if anything"""
    error, other = answer.get("error"), twin.get("error")
    if not error or not other:
        return "it succeeded"
    told = set(OTHERS.findall(json.dumps(error))) - set(OTHERS.findall(request))
    if told:
        return f"it tells {told}"
    if 5 in (error["code"], other["code"]):  # too soon, for one of them
        return None

    def plain(text):
        for place in sorted(THERE, key=lambda place: -len(str(THERE[place]))):  # some begin as others
            text = text.replace(str(THERE[place]), f"<{place}>").replace(str(NOT_THERE[place]), f"<{place}>")
        return text

    if plain(json.dumps(error)) != plain(json.dumps(other)):
        return f"it tells what is there from what is not: {other}"
    return None


def pipelined(client, requests):
    client.send(("[" + ",".join(requests) + "]\n").encode())
    answers = {answer["id"]: answer for answer in client.read()}
    return [answers[i] for i in range(len(requests))]


def attack(folder, port, admin):
    rng = random.Random(SEED)
    clients, waiting, counts = {}, {}, {}
    epoch, before = part(admin)
    keys = admin.result("key.list")
    mine = part(connect(folder, port, "red-operator"))[1]
    for i in range(N):
        who, method, params = hostile(rng, mine)
        waiting.setdefault(who, []).append((method, json.dumps(params)))
        if len(waiting[who]) * 2 < BATCH and i < N - 1:
            continue
        for name in [who] if i < N - 1 else list(waiting):
            if name not in clients:
                clients[name] = connect(folder, port, name)
            requests = [(method, fill(text, values)) for method, text in waiting.pop(name) for values in (THERE, NOT_THERE)]
            answers = pipelined(clients[name], [f'{{"jsonrpc":"2.0","method":"{method}","params":{params},"id":{n}}}'
                                                for n, (method, params) in enumerate(requests)])
            for n in range(0, len(requests), 2):
                wrong = judge(requests[n][1], answers[n], requests[n + 1][1], answers[n + 1])
                assert not wrong, f"{name} {requests[n]}: {answers[n]}: {wrong}"
                code = answers[n]["error"]["code"]
                counts[code] = counts.get(code, 0) + 1
    assert part(admin) == (epoch, before), "something has changed"
    assert admin.result("key.list") == keys
    assert counts.get(5, 0) < N / 4, counts
    print(f"hostile: {N} requests, each with a twin: none succeeds, none tells anything; by code: {counts} (seed {SEED})")


def silent(folder, port, admin):
    """A tenant's controller hears of its own, and cannot count what happens to others."""
    red = connect(folder, port, "red-observer")
    first = red.result("events.subscribe")["next"]
    zebra = connect(folder, port, "zebra-admin")
    its = part(zebra)[1]
    for i in range(5):
        its["paths"][0]["comment"] = f"change {i}"
        zebra.result("config.commit", document=its)
    admin.result("config.commit", document=part(admin)[1], comment="the same")
    assert red.result("events.subscribe")["next"] == first
    print("silent: what others do does not even count")


def patiently(client, method, **params):
    """Until it is not too soon any more."""
    while True:
        answer = client.call(method, **params)
        if answer.get("error", {}).get("code") != 5:
            return answer
        time.sleep(0.3)


def greedy(folder, port, admin):
    """Ever new names use up counters: the tenant's own, nobody else's."""
    red, before = connect(folder, port, "red-operator"), part(connect(folder, port, "red-operator"))[1]
    for i in range(30):
        wanted = copy.deepcopy(before)
        wanted["paths"] = [{"name": f"red.g{i}-{n}", "spi": 100 + n, "tenant": "red", "steps": [{"instance": "hop"}] * 16} for n in range(60)]
        answer = patiently(red, "config.commit", document=wanted)
        if "error" in answer:
            break
    assert 3 < i < 29 and answer["error"]["data"]["reason"] == "counters", (i, answer)
    zebra = connect(folder, port, "zebra-admin")
    its = part(zebra)[1]
    its["paths"].append({"name": "zebra.new", "spi": 7654330, "tenant": "zebra", "steps": [{"instance": "hop"}] * 16})
    assert "result" in patiently(zebra, "config.commit", document=its)
    whole = part(admin)[1]
    whole["paths"].append({"name": "quokka-new", "spi": 5, "tenant": "quokka-green", "steps": [{"instance": "hop"}] * 16})
    admin.result("config.commit", document=whole)
    print(f"greedy: after {i} times 60 new paths of 16 steps there are no counters left for the tenant; others do not notice")


def main():
    with tempfile.TemporaryDirectory(prefix="waypoint-tenants-") as folder:
        authority, port = Authority(folder, "ca"), free_port()
        pe = Pe(folder)
        wanted = document(port)
        write(pe.file, wanted)
        keys = [dict(KEY, name=name) for name in ("red.k@1", "zebra.k@1", "quokka@1")]
        keys[0]["key"], keys[1]["key"] = "01" * 16, "02" * 16
        write_keys(folder, keys)
        for name in ["pe", *(one["name"] for one in wanted["control"]["identities"])]:
            authority.issue(name)
        with pe:
            admin = pe.start()
            lawful(folder, port, admin)
            attack(folder, port, admin)
            silent(folder, port, admin)
            greedy(folder, port, admin)
            assert pe.stop() == 0


main()
