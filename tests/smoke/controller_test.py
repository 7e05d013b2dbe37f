# SPDX-License-Identifier: BSD-3-Clause
"""Runs controller.py against a PE with two tunnels."""
import os
import subprocess
import sys
import tempfile

from authority import Authority, free_port
from controlled import Pe, write, write_keys

HERE = os.path.dirname(os.path.abspath(__file__))


def document(port):
    tunnel = {"local": "192.0.2.1", "remote": "192.0.2.2"}
    return {"version": 1, "workers": {"cores": [0]}, "state_dir": "state", "key_store": "keys.json", "modules": ["encrypt"],
            "control": {"socket": "control.sock", "listen": f"127.0.0.1:{port}", "certificate": "pe.crt",
                        "private_key": "pe.key", "authority": "ca.crt", "identities": [{"name": "admin", "role": "admin"}]},
            "ports": [{"name": "n", "type": "null"}], "instances": [{"name": "e", "service": "encrypt"}],
            "paths": [{"name": f"t{i}", "spi": i, "steps": [{"instance": "e", "args": {
                **tunnel, "spi": 5000 + 1000 * i, "key": f"t{i}@1"}}]} for i in (1, 2)]}


def main():
    with tempfile.TemporaryDirectory(prefix="waypoint-controller-") as folder:
        os.mkdir(os.path.join(folder, "state"))
        authority = Authority(folder, "ca")
        for name in ("pe", "admin"):
            authority.issue(name)
        port = free_port()
        pe = Pe(folder)
        write(pe.file, document(port))
        write_keys(folder, [{"name": f"t{i}@1", "algorithm": "aes-128-gcm", "key": f"{i:032x}",
                                                            "salt": "01020304"} for i in (1, 2)])
        with pe:
            client = pe.start()
            for version in (2, 3, 4):
                said = subprocess.run([sys.executable, os.path.join(HERE, "controller.py"), f"127.0.0.1:{port}", folder],
                                      capture_output=True, text=True, timeout=60)
                assert said.returncode == 0 and "2 keys replaced" in said.stdout, said
                assert {key["name"] for key in client.result("key.list")["keys"]} == {f"t1@{version}", f"t2@{version}"}
                assert client.result("config.get")["confirm_within"] == 0
            assert pe.stop() == 0
    with open(os.path.join(HERE, "controller.py")) as file:
        lines = [line for line in file if line.strip() and not line.startswith(("#", '"""', "usage"))]
    print(f"3 times 2 tunnels have new keys, by a controller of {len(lines)} lines")


main()
