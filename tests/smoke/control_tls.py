# SPDX-License-Identifier: BSD-3-Clause
"""Controllers with certificates, and those who have none that counts."""
import json
import os
import socket
import ssl
import subprocess
import tempfile
import time

from authority import Authority, connect, free_port
from controlled import BUILD, Pe, write, write_keys


def refused(*where, **how):
    """Not let in, at the handshake or with its first message (TLS 1.3 tells a client later)."""
    try:
        client = connect(*where, **how)
        client.send(b'{"jsonrpc": "2.0", "method": "config.get", "id": 1}\n')
        answer = client.read()
    except (OSError, ssl.SSLError):
        return True
    return answer is None or "no identity" in answer.get("error", {}).get("message", "")


def document(port, identities):
    return {"version": 1, "workers": {"cores": [0]}, "state_dir": "state", "key_store": "keys.json", "modules": ["ttl"],
            "ports": [{"name": "n", "type": "null"}],
            "control": {"socket": "control.sock", "listen": f"127.0.0.1:{port}", "certificate": "pe.crt",
                        "private_key": "pe.key", "authority": "ca.crt", "revoked": "ca.crl",
                        "identities": [{"name": name, "role": role} for name, role in identities.items()]},
            "instances": [{"name": "hop", "service": "ttl", "config": {}}],
            "paths": [{"name": "p", "spi": 1, "steps": [{"instance": "hop"}]}]}


IDENTITIES = {"watcher": "observer", "spiffe://example.org/controller": "operator", "keys.example.org": "key-manager",
              "chief": "admin", "gone": "admin"}
KEY = {"name": "a@1", "algorithm": "aes-128-gcm", "key": "00" * 16, "salt": "01020304"}


def roles(folder, port, wanted):
    """Each may do what is its role's, and no more."""
    may = {"watcher": (), "controller": ("config.commit",), "keys": ("key.put",), "chief": ("config.commit", "key.put")}
    for name, methods in may.items():
        client = connect(folder, port, name)
        assert client.result("config.get")["epoch"] > 0 and client.result("stats.get")
        for method, params in (("config.commit", {"document": wanted}), ("key.put", KEY)):
            if method in methods:
                client.result(method, **params)
            else:
                error = client.error(3, method, **params)
                assert error["data"]["reason"] == "role", error
    operator = connect(folder, port, "controller")
    mine = json.loads(json.dumps(wanted))
    mine["control"]["identities"][1]["role"] = "admin"
    for method in ("config.commit", "config.prepare"):
        error = operator.error(3, method, document=mine)
        assert error["data"]["path"] == "control", error
    operator.error(3, "config.commit", document=dict(wanted, modules=["ttl", "/tmp/mine.so"]))
    operator.error(3, "config.commit", document=dict(wanted, key_store="others.json"))
    watcher = connect(folder, port, "watcher")
    watcher.error(3, "key.put", name={"oops": "5a" * 100}, comment="x" * 100000)
    print("roles: observer, operator (by a SPIFFE URI), key manager (by a DNS name), admin")


def wpctl(folder, port, name, *words):
    files = {kind: os.path.join(folder, file) for kind, file in (("cert", f"{name}.crt"), ("key", f"{name}.key"), ("ca", "ca.crt"))}
    return subprocess.run([os.path.join(BUILD, "ctl", "cli", "wpctl"), "--connect", f"127.0.0.1:{port}",
                           *(word for kind, file in files.items() for word in (f"--{kind}", file)), *words],
                          capture_output=True, text=True, timeout=60)


def typed(folder, port):
    """wpctl from another host: its exit status says what came of it."""
    assert "paths" in wpctl(folder, port, "watcher", "config", "get").stdout
    assert wpctl(folder, port, "watcher", "config", "abort").returncode == 4
    assert wpctl(folder, port, "nobody", "config", "get").returncode == 4
    absent = wpctl(folder, port, "absent", "config", "get")
    assert absent.returncode == 7 and "absent.crt: No such file or directory" in absent.stderr, absent
    foreign = wpctl(folder, port, "foreign", "config", "get")
    assert foreign.returncode == 7 and foreign.stderr.startswith("wpctl: "), foreign


def strangers(folder, port):
    assert refused(folder, port)
    assert refused(folder, port, name="nobody")
    assert refused(folder, port, name="foreign")
    assert refused(folder, port, name="gone")  # revoked
    assert refused(folder, port, name="chief", version=ssl.TLSVersion.TLSv1_2)
    plain = socket.create_connection(("127.0.0.1", port), 10)
    plain.sendall(b'{"jsonrpc": "2.0", "method": "config.get", "id": 1}\n')
    try:
        assert b"jsonrpc" not in plain.recv(4096)
    except ConnectionResetError:
        pass
    crowd = [socket.create_connection(("127.0.0.1", port), 10) for _ in range(100)]  # say nothing
    for one in crowd:
        one.close()
    for _ in range(100):  # until it has seen that they are gone
        if not refused(folder, port, name="chief"):
            break
        time.sleep(0.1)
    print("strangers: no certificate, no identity, another authority, revoked, TLS 1.2, no TLS: none is let in")


def changes(folder, port, authority, wanted):
    """Identities by a commit, revocations and certificates by their files: at once."""
    chief, watcher = connect(folder, port, "chief"), connect(folder, port, "watcher")
    fewer = json.loads(json.dumps(wanted))
    fewer["control"]["identities"] = [one for one in fewer["control"]["identities"] if one["name"] != "watcher"]
    assert watcher.result("config.get") and watcher.result("events.subscribe")
    chief.result("config.commit", document=fewer)
    watcher.send(b'{"jsonrpc": "2.0", "method": "config.get", "id": 1}\n')
    last = watcher.read()  # no event comes in front of it
    assert "no identity" in last["error"]["message"] and watcher.read() is None
    moved = json.loads(json.dumps(fewer))
    moved["control"]["listen"] = "127.0.0.1:1"
    chief.error(1, "config.commit", document=moved)
    time.sleep(0.01)
    authority.revoke("controller")
    assert refused(folder, port, name="controller")
    assert connect(folder, port, "keys").result("config.get")
    authority.issue("pe2", "DNS:pe2.example.org")
    for kind in ("key", "crt"):
        os.rename(os.path.join(folder, f"pe2.{kind}"), os.path.join(folder, f"pe.{kind}"))
    fresh = connect(folder, port, "chief")
    assert ("DNS", "pe2.example.org") in fresh.socket.getpeercert()["subjectAltName"]
    with open(os.path.join(folder, "pe.crt"), "w") as file:
        file.write("rubbish")
    assert connect(folder, port, "chief").result("config.get")  # the old one goes on
    print("changes: identities, revocations, certificates are as they are now; rubbish leaves what was")


def audited(folder):
    with open(os.path.join(folder, "state", "audit.log")) as file:
        lines = [json.loads(line) for line in file]
    text = json.dumps(lines)
    assert KEY["key"] not in text and "paths" not in text
    assert {line["method"] for line in lines} == {"config.abort", "config.commit", "config.prepare", "key.put"}
    assert any(line["who"] == "spiffe://example.org/controller" and line["code"] == 0 for line in lines)
    assert any(line["who"] == "watcher" and line["code"] == 3 for line in lines)
    assert "oops" not in text and max(len(json.dumps(line)) for line in lines) < 1000
    assert any(line["method"] == "key.put" and line["params"] == {"name": "a@1", "algorithm": "aes-128-gcm"} for line in lines)
    print(f"audit: {len(lines)} lines, of what was done and what was refused, without a secret")


def main():
    with tempfile.TemporaryDirectory(prefix="waypoint-tls-") as folder:
        os.mkdir(os.path.join(folder, "state"))
        authority, other = Authority(folder, "ca"), Authority(folder, "other")
        authority.issue("pe", "DNS:pe.example.org")
        authority.issue("controller", "URI:spiffe://example.org/controller")
        authority.issue("keys", "DNS:keys.example.org")
        for name in ("watcher", "chief", "nobody", "gone"):
            authority.issue(name)
        other.issue("foreign")
        authority.revoke("gone")
        port = free_port()
        wanted = document(port, IDENTITIES)
        pe = Pe(folder)
        write(pe.file, wanted)
        write_keys(folder, [])
        with pe:
            pe.start()
            roles(folder, port, wanted)
            typed(folder, port)
            strangers(folder, port)
            changes(folder, port, authority, wanted)
            audited(folder)
            assert pe.stop() == 0


main()
