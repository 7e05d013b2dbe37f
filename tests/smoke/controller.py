# SPDX-License-Identifier: BSD-3-Clause
"""A controller, by docs/control.md alone: gives each tunnel of a PE a new key, and takes the old ones away.

usage: controller.py HOST:PORT FOLDER     FOLDER has admin.crt, admin.key, and ca.crt, the authority of the PE's certificate"""
import json
import secrets
import socket
import ssl
import sys


class Connection:
    def __init__(self, where, folder):
        context = ssl.create_default_context(cafile=f"{folder}/ca.crt")
        context.check_hostname = False  # it goes by the authority
        context.load_cert_chain(f"{folder}/admin.crt", f"{folder}/admin.key")
        host, port = where.rsplit(":", 1)
        self.socket = context.wrap_socket(socket.create_connection((host, int(port)), 30))
        self.lines = self.socket.makefile("r")

    def call(self, method, **params):
        request = {"jsonrpc": "2.0", "method": method, "params": params, "id": secrets.token_hex(8)}
        self.socket.sendall(json.dumps(request).encode() + b"\n")
        answer = json.loads(self.lines.readline())
        if "error" in answer:
            sys.exit(f"{method}: {answer['error']}")
        return answer["result"]


def main(where, folder):
    pe = Connection(where, folder)
    now = pe.call("config.get")
    old = {key["name"] for key in pe.call("key.list")["keys"] if key["in_use"]}
    for path in now["document"]["paths"]:
        for step in path["steps"]:
            args = step.get("args", {})
            if "key" in args:
                name, version = args["key"].split("@")
                args.update(key=f"{name}@{int(version) + 1}", spi=args["spi"] + 1)
                pe.call("key.put", name=args["key"], algorithm="aes-256-gcm", key=secrets.token_hex(32), salt=secrets.token_hex(4))
    done = pe.call("config.commit", document=now["document"], expected_epoch=now["epoch"], confirm_within=30,
                   idempotency_key=secrets.token_hex(8), comment="new keys")
    if pe.call("stats.get")["audit"]["failures"] == 0:
        pe.call("config.confirm")
        for name in old:
            pe.call("key.delete", name=name)
    print(f"epoch {done['epoch']}: {len(old)} keys replaced")


main(*sys.argv[1:])
