# SPDX-License-Identifier: BSD-3-Clause
"""State outlives what happens to a PE, as the class of its table promises: for all services that there are.

The state is made by packets; then, while more of them come, the document changes, the modules' files are replaced, and the
process is killed and begins again, with what it has exported and without."""
import json
import os
import shutil
import struct
import tempfile
import time

from controlled import BUILD, Pe, write, write_keys
from frames import udp
from veth import Network

HOSTS = 20
TUNNEL = {"local": "192.0.2.1", "remote": "192.0.2.2", "spi": 4096, "key": "t@1"}
ESP = 14 + 24 + 14 + 20  # where it begins
INNER = 14 + 24 + 14     # where the first IP header does


def udp6(spi, source, dest):
    payload = struct.pack("!HHHH", 1, 2, 8, 0xffff)
    ip = struct.pack("!IHBB16s16s", 6 << 28, len(payload), 17, 64, source, dest)
    nsh = struct.pack("!HBBI", 63 << 6 | 6, 1, 3, spi << 8 | 255) + bytes(16)
    return bytes.fromhex("020000000a00020000000b00894f") + nsh + bytes.fromhex("02000000020202000000010186dd") + ip + payload


def host(i):
    return bytes((10, 0, 0, 1 + i))


class Ttl:
    """Has no state."""
    config, tables = {}, ()
    paths = ({"spi": 1},)

    def packets(self):
        return [udp(1, source=host(i)) for i in range(HOSTS)]

    def check(self, frames):
        assert len(frames) == HOSTS


class Ids(Ttl):
    """Looks on; without rules there is nothing to remember."""
    config = {"rules": []}
    paths = ({"spi": 11},)

    def packets(self):
        return [udp(11, source=host(i)) for i in range(HOSTS)]


class Nptv6(Ttl):
    """Translates without state: the same always."""
    config = {"prefixes": [{"inside": "fd01:203:405::/48", "outside": "2001:db8:1::/48"}]}
    paths = ({"spi": 2},)
    first = None

    def packets(self):
        return [udp6(2, bytes.fromhex("fd0102030405") + bytes(9) + bytes((i,)), bytes(15) + b"\1") for i in range(HOSTS)]

    def check(self, frames):
        outside = sorted(frame[INNER + 8:INNER + 24] for frame in frames)
        self.first = self.first or outside
        assert outside == self.first and len(frames) == HOSTS and outside[0].startswith(bytes.fromhex("20010db80001"))


class Firewall:
    config = {"rules": [{"action": "allow", "from": "10.0.0.0/24"}], "default": "drop"}
    paths = ({"spi": 3},)

    def packets(self):
        return [udp(3, source=host(i)) for i in range(HOSTS)]

    def check(self, frames):
        assert len(frames) == HOSTS


class Nat:
    """A host keeps its outside endpoint, and the answers find it."""
    config = {"pools": [{"name": "p", "addresses": ["203.0.113.0/28"]}]}
    paths = ({"spi": 4, "name": "out", "reverse": "in"}, {"spi": 5, "name": "in", "inside": "destination", "reverse": "out"})
    outside = {}

    def packets(self):
        return [udp(4, source=host(i), payload=struct.pack("!I", i)) for i in range(HOSTS)]

    def check(self, frames):
        assert len(frames) == HOSTS
        now = {frame[INNER + 28:INNER + 32]: frame[INNER + 12:INNER + 16] + frame[INNER + 20:INNER + 22] for frame in frames}
        self.outside = self.outside or now
        assert now == self.outside, "a host has another endpoint"

    def killed(self, imported):
        if not imported:
            self.outside = {}


class Flowlog(Ttl):
    """Hears of flows: those are the tracker's, and begin once."""
    config, spi = {"file": os.path.join(tempfile.gettempdir(), f"waypoint-survive-{os.getpid()}.json")}, 8
    paths = ({"spi": 8},)

    def packets(self):
        return [udp(self.spi, source=host(i)) for i in range(HOSTS)]


class Altered(Flowlog):
    config, spi = {}, 9
    paths = ({"spi": 9},)


class Ipfix(Flowlog):
    """Its collector is nobody, who is not waited for."""
    config, spi = {"collectors": [{"to": "ipfix-udp", "host": "127.0.0.1"}]}, 10
    paths = ({"spi": 10},)


class Encrypt:
    """A number that was used is never used again."""
    config, args = {}, TUNNEL
    paths = ({"spi": 6},)
    seen, last = set(), []

    def packets(self):
        return [udp(6, source=host(i)) for i in range(HOSTS)]

    def check(self, frames):
        assert len(frames) == HOSTS
        self.last = frames
        used = {frame[ESP + 8:ESP + 16] for frame in frames}
        assert len(used) == HOSTS and not used & self.seen, "a nonce twice"
        Encrypt.seen = self.seen | used


class Decrypt:
    """What came once does not come again."""
    config = {}
    args = {"local": TUNNEL["remote"], "remote": TUNNEL["local"], "sas": [{"spi": TUNNEL["spi"], "key": TUNNEL["key"]}]}
    paths = ({"spi": 7},)
    forgets = False

    def __init__(self, encrypt):
        self.encrypt, self.before = encrypt, []

    def packets(self):
        """New ones, and all that came before."""
        new = [frame[:18] + struct.pack("!I", 7 << 8 | 255) + frame[22:] for frame in self.encrypt.last]
        old, self.before = self.before, self.before + new
        return old + new

    def check(self, frames):
        again = len(frames) - HOSTS
        assert again == 0 or (self.forgets and again > 0), f"{again} were played again"
        self.forgets = False

    def killed(self, imported):
        self.forgets = True  # what has come since the last export, or all of it


ENCRYPT = Encrypt()
SERVICES = {"ttl": Ttl(), "nptv6": Nptv6(), "firewall": Firewall(), "nat": Nat(), "encrypt": ENCRYPT, "decrypt": Decrypt(ENCRYPT),
            "flowlog": Flowlog(), "altered": Altered(), "ipfix": Ipfix(), "ids": Ids()}
TRACKER = "stream"  # a service of the runtime's own


def document(folder, comment):
    instances = [{"name": f"i-{name}", "service": name, "config": service.config} for name, service in SERVICES.items()]
    paths = [{"name": f"p{i}-{name}", "comment": comment, **path,
              "steps": [{"instance": f"i-{name}", "args": getattr(service, "args", {})}]}
             for name, service in SERVICES.items() for i, path in enumerate(service.paths)]
    return {"version": 1, "workers": {"cores": [0]}, "state_dir": "state", "key_store": "keys.json",
            "control": {"socket": "control.sock"}, "module_dir": os.path.join(folder, "modules"), "modules": list(SERVICES),
            "ports": [{"name": "p", "type": "packet", "interface": "near", "mtu": 1700}],
            "instances": instances, "paths": paths}


def exchange(network, frames, spi):
    """Sends frames; what comes back of them, of a path."""
    return [frame for frame in network.exchange(frames) if struct.unpack_from("!I", frame, 18)[0] >> 8 == spi]


def traffic(network):
    for service in SERVICES.values():
        service.check(exchange(network, service.packets(), service.paths[0]["spi"]))


def identity(entry):
    """Of an entry: which one it is."""
    return json.dumps([entry.get(name) for name in ("instance", "tenant", "key")])


def state(client):
    """All tables: {(service, table): (declaration, {identity: entry})}"""
    tables = {}
    for name in (*SERVICES, TRACKER):
        for table in client.result("service.describe", service=name)["tables"]:
            got = client.result("state.get", which=f"{name}/{table['name']}", limit=10000)
            assert not got["more"]
            tables[name, table["name"]] = table, {identity(entry): entry for entry in got["entries"]}
    return tables


def words(entry):
    value = bytes.fromhex(entry["value"])
    return struct.unpack(f"<{len(value) // 8}Q", value[:len(value) // 8 * 8])


def survives(before, after, what, promised=lambda table: True):
    """@param promised  of a declaration: whether its entries are to be there still. @return how many there are"""
    n = 0
    for name, (table, entries) in before.items():
        if not promised(table):
            continue
        later = after[name][1]
        assert set(entries) <= set(later), f"{what}: {name}: {len(set(entries) - set(later))} of {len(entries)} are gone"
        for one, entry in entries.items():
            assert entry.get("key2") == later[one].get("key2"), f"{what}: {name}: {entry} is {later[one]}"
            if table["class"] == "shared":
                assert all(b >= a for a, b in zip(words(entry), words(later[one]))), f"{what}: {name}: {entry} is {later[one]}"
        n += len(entries)
    return n


def replace_modules(folder):
    """A new file for each module, as an upgrade leaves them."""
    for name in SERVICES:
        new = os.path.join(folder, "modules", f"{name}.new")
        shutil.copy(os.path.join(BUILD, "services", name, f"{name}.so"), new)
        os.rename(new, os.path.join(folder, "modules", f"{name}.so"))


def loaded(pe, folder):
    """Module files that the process has, by their inodes."""
    with open(f"/proc/{pe.process.pid}/maps") as file:
        lines = [line.split() for line in file]
    return {(os.path.basename(line[5]), line[4]) for line in lines if len(line) > 5 and line[5].startswith(os.path.join(folder, "modules"))}


def lives(folder, network):
    pe = Pe(folder, ("ip", "netns", "exec", network.name))
    write(pe.file, document(folder, "at first"))
    with pe:
        client = pe.start()
        time.sleep(0.5)
        traffic(network)
        before = state(client)
        made = {name: len(entries) for name, (_, entries) in before.items()}
        assert made["nat", "mappings"] == HOSTS and made["decrypt", "inbound"] and made["firewall", "hits"] and made["stream", "flows"] == HOSTS, made

        client.result("config.commit", document=document(folder, "changed"))
        traffic(network)
        n = survives(before, state(client), "re-configuration")
        print(f"re-configuration: {n} entries of {len(before)} tables of {len(SERVICES)} services go on")

        replace_modules(folder)
        old = loaded(pe, folder)
        client.result("config.commit", document=document(folder, "with new modules"))
        assert len(loaded(pe, folder)) == 2 * len(old) == 2 * len(SERVICES), "they are not loaded anew"
        traffic(network)
        n = survives(before, state(client), "module replacement")
        print(f"module replacement: {n} entries go on under new modules")

        before = state(client)
        exported = client.result("state.export", file="last")["file"]
        traffic(network)
        pe.kill()
        for service in SERVICES.values():
            getattr(service, "killed", lambda imported: None)(True)
        pe.options = ["--import", exported]
        client = pe.start()
        after = state(client)  # before any packet
        n = survives(before, after, "kill -9", lambda table: table["exported"])
        time.sleep(0.5)
        traffic(network)
        print(f"kill -9 and --import: {n} entries are there again; no number was used twice")

        pe.kill()
        for service in SERVICES.values():
            getattr(service, "killed", lambda imported: None)(False)
        pe.options = []
        client = pe.start()
        left = {name: len(entries) for name, (table, entries) in state(client).items() if table["exported"] and table["class"] == "flow"}
        assert not any(left.values()), left  # nothing that nobody has promised
        time.sleep(0.5)
        traffic(network)
        assert client.result("stats.get")["audit"]["failures"] == 0
        assert pe.stop() == 0
        print("kill -9 alone: what must last has lasted; flows begin anew")


def main():
    there = {name for name in os.listdir(os.path.join(BUILD, "services"))
             if os.path.exists(os.path.join(BUILD, "services", name, f"{name}.so"))}
    assert there == set(SERVICES), f"services without a scenario here: {there ^ set(SERVICES)}"
    network = Network(1)
    try:
        with tempfile.TemporaryDirectory(prefix="waypoint-survive-") as folder:
            os.mkdir(os.path.join(folder, "modules"))
            replace_modules(folder)
            write_keys(folder, [
                {"name": "t@1", "algorithm": "aes-256-gcm", "key": "5a" * 32, "salt": "01020304"}])
            lives(folder, network)
    finally:
        network.close()
        if os.path.exists(Flowlog.config["file"]):
            os.unlink(Flowlog.config["file"])


main()
