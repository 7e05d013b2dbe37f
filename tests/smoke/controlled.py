# SPDX-License-Identifier: BSD-3-Clause
"""waypointd, and a client of its control socket."""
import json
import os
import signal
import socket
import subprocess
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(TOP, os.environ.get("WP_BUILD_DIR", "build"))


class Client:
    """A connection to the control socket."""

    def __init__(self, path, timeout=30, connected=None):
        """@param connected  a socket that is; else path is that of a Unix socket"""
        self.socket = connected or socket.socket(socket.AF_UNIX)
        if not connected:
            self.socket.connect(path)  # waits while many others do
        self.socket.settimeout(timeout)
        self.lines = self.socket.makefile("rb")
        self.id = 0

    def send(self, data):
        self.socket.sendall(data)

    def read(self):
        line = self.lines.readline()
        return json.loads(line) if line else None

    def call(self, method, **params):
        self.id += 1
        self.send(json.dumps({"jsonrpc": "2.0", "method": method, "params": params, "id": self.id}).encode() + b"\n")
        answer = self.read()
        assert answer["id"] == self.id, answer
        return answer

    def result(self, method, **params):
        answer = self.call(method, **params)
        assert "result" in answer, (method, answer)
        return answer["result"]

    def error(self, code, method, **params):
        answer = self.call(method, **params)
        assert answer.get("error", {}).get("code") == code, (method, answer)
        return answer["error"]


class Pe:
    """A waypointd."""

    def __init__(self, folder, prefix=()):
        self.folder, self.prefix = folder, list(prefix)
        self.file = os.path.join(folder, "document.json")
        self.socket = os.path.join(folder, "control.sock")
        self.log = open(os.path.join(folder, "log"), "ab")
        self.process, self.options = None, []

    def start(self):
        self.process = subprocess.Popen([*self.prefix, os.path.join(BUILD, "pe", "waypointd"), "-c", self.file, *self.options],
                                        stderr=self.log, cwd=self.folder)
        return self.client()

    def client(self):
        for _ in range(300):
            assert self.process.poll() is None, "waypointd has ended"
            try:
                return Client(self.socket)
            except OSError:
                time.sleep(0.1)
        raise RuntimeError("nobody listens on the control socket")

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        """Leaves none behind; of a test that has failed it shows the log."""
        if self.process and self.process.poll() is None:
            self.kill()
        if kind:
            with open(self.log.name) as log:
                print(log.read()[-3000:])
        self.log.close()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


def write_keys(folder, keys):
    """A key store, as documents there name it."""
    name = os.path.join(folder, "keys.json")
    write(name, {"keys": keys})
    os.chmod(name, 0o600)


def write(name, document):
    with open(name, "w") as file:
        json.dump(document, file)
