# SPDX-License-Identifier: BSD-3-Clause
"""What would become of packets: by the live document and the live state, of which nothing changes."""
import base64
import os
import struct
import subprocess
import tempfile
import time

from controlled import BUILD, Pe, write, write_keys
from frames import udp, write_pcap
from veth import Network

SERVER, CLIENT = bytes((198, 51, 100, 7)), bytes((10, 0, 0, 1))
INNER = 14 + 24 + 14  # where the IP header begins


def document():
    return {"version": 1, "workers": {"cores": [0]}, "state_dir": "state", "key_store": "keys.json",
            "control": {"socket": "control.sock"}, "modules": ["nat", "firewall", "encrypt", "ids"],
            "ports": [{"name": "p", "type": "packet", "interface": "near", "mtu": 1700}],
            "instances": [{"name": "cgn", "service": "nat", "config": {"pools": [{"name": "p", "addresses": ["203.0.113.0/28"]}]}},
                          {"name": "fw", "service": "firewall", "config": {"rules": [{"action": "allow", "to": "198.51.100.0/24"}]}},
                          {"name": "guard", "service": "ids", "config": {"rules": ["own.rules"]}},  # from the document's folder
                          {"name": "e", "service": "encrypt"}],
            "paths": [{"name": "out", "spi": 1, "reverse": "in", "steps": [{"instance": "fw"}, {"instance": "cgn"}]},
                      {"name": "in", "spi": 2, "inside": "destination", "reverse": "out", "steps": [{"instance": "cgn"}]},
                      {"name": "sealed", "spi": 3, "steps": [{"instance": "e", "args": {
                          "spi": 4096, "local": "192.0.2.1", "remote": "192.0.2.2", "key": "t@1"}}]}]}


def one(client, frame, **how):
    (packet,) = client.result("explain", packet=frame.hex(), **how)["packets"]
    return packet


def steps(packet):
    return [(step["instance"], step["decision"], step.get("reason")) for path in packet["paths"] for step in path["steps"]]


def moved(client):
    """What nothing of this may change."""
    stats = client.result("stats.get")
    return [stats["paths"][i][name] for i in range(3) for name in ("rx", "tx", "created")], \
        client.result("state.get", which="nat/mappings")["entries"][0]["key2"], stats["ports"][0]["rx"], len(client.result(
            "state.get", which="nat/mappings")["entries"])


def main():
    network = Network(1)
    try:
        with tempfile.TemporaryDirectory(prefix="waypoint-explain-") as folder:
            pe = Pe(folder, ("ip", "netns", "exec", network.name))
            write_keys(folder, [
                {"name": "t@1", "algorithm": "aes-128-gcm", "key": "5a" * 16, "salt": "01020304"}])
            write(pe.file, document())
            with open(os.path.join(folder, "own.rules"), "w") as rules:
                rules.write('alert udp any any -> any any (content:"x"; sid:1;)\n')
            with pe:
                client = pe.start()
                time.sleep(0.5)
                (frame,) = network.exchange([udp(1, b"hello", CLIENT, SERVER)])  # what the router would see
                outside, port = frame[INNER + 12:INNER + 16], frame[INNER + 20:INNER + 22]
                before = moved(client)
                told = one(client, udp(1, b"hello", CLIENT, SERVER))
                assert steps(told) == [("fw", "served", None), ("cgn", "served", None)] and told["sent"][0]["tag"] == {"spi": 1, "si": 253}
                sent = bytes.fromhex(told["sent"][0]["frame"])
                assert sent[INNER + 12:INNER + 16] == outside and sent[INNER + 20:INNER + 22] == port, "not by the live state"
                answer = udp(2, b"answer", SERVER, outside)
                answer = answer[:INNER + 20] + struct.pack("!H", 2) + port + answer[INNER + 24:]
                back = bytes.fromhex(one(client, answer)["sent"][0]["frame"])
                assert back[INNER + 16:INNER + 20] == CLIENT
                assert steps(one(client, answer, state=False)) == [("cgn", "drop", "no-mapping")]
                assert steps(one(client, udp(1, b"x", CLIENT, CLIENT))) == [("fw", "drop", "default")]
                assert one(client, udp(77))["refused"] == "no-path"
                untagged = udp(1, b"hello", CLIENT, SERVER)[38:]
                assert one(client, untagged)["refused"] == "untagged"
                assert steps(one(client, untagged, path="out"))[1] == ("cgn", "served", None)
                first, second = (one(client, udp(3, b"secret"))["sent"][0]["frame"] for _ in range(2))
                assert first[-60:] != second[-60:], "the keys are not random"
                capture = os.path.join(folder, "many.pcap")
                write_pcap(capture, [udp(1, b"x", bytes((10, 0, 0, i)), SERVER) for i in range(1, 21)])
                with open(capture, "rb") as file:
                    packets = client.result("explain", pcap=base64.b64encode(file.read()).decode())["packets"]
                assert len(packets) == 20 and all(len(packet["sent"]) == 1 for packet in packets)
                for wrong in ({}, {"packet": "0g"}, {"pcap": "!"}, {"packet": "00", "pcap": "AAAA"}):
                    client.error(-32602, "explain", **wrong)
                client.error(1, "explain", pcap=base64.b64encode(b"no capture").decode())
                client.error(4, "explain", packet="00", path="nowhere")
                assert moved(client) == before, "something has changed"
                shown = subprocess.run([os.path.join(BUILD, "ctl", "cli", "wpctl"), "-s", pe.socket, "explain", capture],
                                       capture_output=True, text=True, check=True).stdout
                assert shown.count("cgn (nat): served; mappings-created 1") == 19 and "packet 20: " in shown
                assert not [name for name in os.listdir("/tmp") if name.startswith("waypoint-") and len(name) == 15
                            and os.path.exists(f"/tmp/{name}/document.json")], "a folder is left"
                assert pe.stop() == 0
        print("explain: by the live document and state; nothing was sent, nothing has changed, keys are random")
    finally:
        network.close()


main()
