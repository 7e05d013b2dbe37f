# SPDX-License-Identifier: BSD-3-Clause
"""Packets and messages made of the bytes that a rule wants, and a capture made of those."""
import struct

import ids_bytes
from ids_rule import Odd

PORTS = {"$HTTP_PORTS": 80, "$ORACLE_PORTS": 1521, "$SSH_PORTS": 22, "$DNP3_PORTS": 20000, "$MODBUS_PORTS": 502, "$FTP_PORTS": 21,
         "$FILE_DATA_PORTS": 80, "$SHELLCODE_PORTS": 1024}
LINES = {"http.user_agent": "User-Agent", "http.referer": "Referer", "http.accept": "Accept", "http.accept_enc": "Accept-Encoding",
         "http.accept_lang": "Accept-Language", "http.connection": "Connection", "http.content_type": "Content-Type",
         "http.content_len": "Content-Length", "http.server": "Server", "http.location": "Location"}
RESPONSE = {"http.stat_code", "http.stat_msg", "http.server", "http.location", "http.response_line", "http.response_body"}
REQUEST = {"http.uri", "http.uri.raw", "http.method", "http.host", "http.host.raw", "http.user_agent", "http.referer", "http.accept",
           "http.accept_enc", "http.accept_lang", "http.request_line", "http.request_body"}
URI_AS_IT_IS = set(range(33, 127)) - set(b"%#")


# A capture.

def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


class Capture:
    """Writes packets of IPv4, a millisecond apart."""

    def __init__(self, path):
        self.file, self.time = open(path, "wb"), 1700000000000000
        self.file.write(struct.pack("<IHHIIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))

    def packet(self, source, destination, proto, segment, checksum_at):
        pseudo = source + destination + struct.pack(">BBH", 0, proto, len(segment))
        segment = segment[:checksum_at] + struct.pack(">H", checksum(pseudo + segment)) + segment[checksum_at + 2:]
        header = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(segment), 1, 0x4000, 64, proto, 0, source, destination)
        header = header[:10] + struct.pack(">H", checksum(header)) + header[12:]
        frame = b"\2\0\0\0\0\1\2\0\0\0\0\2\x08\0" + header + segment
        self.time += 1000
        self.file.write(struct.pack("<IIII", self.time // 1000000, self.time % 1000000, len(frame), len(frame)) + frame)

    def udp(self, ends, side, data):
        (source, port), (destination, other) = (ends[side], ends[1 - side])
        self.packet(source, destination, 17, struct.pack(">HHHH", port, other, 8 + len(data), 0) + data, 6)

    def tcp(self, ends, turns):
        """A connection: turns of side and bytes."""
        numbers = [1000, 5000]

        def send(side, flags, data=b""):
            (source, port), (destination, other) = (ends[side], ends[1 - side])
            ack = numbers[1 - side] if flags & 0x10 else 0
            self.packet(source, destination, 6, struct.pack(">HHIIBBHHH", port, other, numbers[side], ack, 5 << 4, flags, 65535, 0, 0)
                        + data, 16)
            numbers[side] += len(data) + (1 if flags & 3 else 0)
        send(0, 0x02)
        send(1, 0x12)
        send(0, 0x10)
        for side, data in turns:
            for at in range(0, len(data), 1400):
                send(side, 0x18, data[at:at + 1400])
                send(1 - side, 0x10)
        for side, flags in ((0, 0x11), (1, 0x11), (0, 0x10)):
            send(side, flags)

    def close(self):
        self.file.close()


# Who speaks to whom.

def address(text, index, side):
    """An address that a header means: of one's own network, or of the world."""
    low = struct.pack(">H", index + 1)
    own, foreign = bytes([10, 1 + side]) + low, bytes([93, 184 + side]) + low
    if text.startswith(("$HOME", "$HTTP", "$SMTP", "$SQL", "$DNS", "$TELNET", "$AIM", "$DC", "$MODBUS", "$DNP3", "$ENIP")):
        return own
    if text.startswith("$EXT") or text.startswith("!$HOME"):
        return foreign
    if text == "any":
        return own if side == 0 else foreign
    for word in text.strip("[]").split(","):
        word = word.strip()
        if word.startswith("$"):
            return address(word, index, side)
        if word and word[0].isdigit():
            parts = [int(part) for part in word.split("/")[0].split(".")]
            return bytes(parts[:3] + [parts[3] + 1 if "/" in word and not word.endswith("/32") else parts[3]])
    raise Odd("addresses")


def port(text, usual):
    """A port that a header means."""
    for word in text.strip("[]").split(","):
        word = word.strip("[] ")
        if word in PORTS:
            return PORTS[word]
        if word and word[0].isdigit():
            return max(1, int(word.split(":")[0]))
        if word.startswith(":"):
            return int(word[1:])
    shut = [range(int(a), int(b or a if ":" not in word else b or 65535) + 1) for word in text.replace("!", "").strip("[]").split(",")
            for a, _, b in [word.strip("[] ").partition(":")] if a.isdigit()]
    choices = [usual, 8088, 4321, 51234]
    return next((choice for choice in choices if not any(choice in ports for ports in shut)), usual)


def ends_of(rule, index, usual, to_server):
    """Address and port of client and server."""
    sides = [(rule.source, rule.source_ports), (rule.destination, rule.destination_ports)]
    if not to_server:
        sides.reverse()
    return [(address(sides[0][0], index, 0), port(sides[0][1], 40000)), (address(sides[1][0], index, 1), port(sides[1][1], usual))]


# Messages.

def uri_of(data):
    return b"".join(bytes([byte]) if byte in URI_AS_IT_IS else b"%%%02X" % byte for byte in data)


def header_lines(data):
    """Lines of a header that contain some bytes, with their names."""
    lines = []
    for index, part in enumerate(data.split(b"\r\n")):
        name, colon, _ = part.partition(b":")
        if not part and index:
            continue
        if not colon or not name or any(byte <= 32 or byte > 126 for byte in name):
            part, name = b"X-Any: " + part, b"X-Any"
        lines.append((name.decode("latin-1"), part))
    return lines


class Message:
    """What a message of HTTP is made of."""

    def __init__(self, found):
        self.found, self.lines, self.body = found, [], b""

    def add(self, name, value):
        if name.lower() not in {line[0].lower() for line in self.lines}:
            self.lines.append((name, name.encode("latin-1") + b": " + value))

    def gather(self, is_request):
        for buffer in ("http.header", "http.header.raw"):
            if buffer in self.found:
                self.lines += header_lines(self.found[buffer])
        for buffer, name in LINES.items():
            if buffer in self.found and (buffer in RESPONSE) <= (not is_request):
                self.add(name, self.found[buffer])
        if "http.cookie" in self.found:
            self.add("Cookie" if is_request else "Set-Cookie", self.found["http.cookie"])
        if is_request:
            self.host()
        if self.body:
            self.add("Content-Length", b"%d" % len(self.body))
        self.order()

    def host(self):
        value = self.found.get("http.host.raw", self.found.get("http.host", b"www.example.org"))
        present = {line[0].lower() for line in self.lines}
        if "host" not in present:
            at = 1 if "http.header" not in self.found else len(self.lines)
            self.lines.insert(min(at, len(self.lines)), ("Host", b"Host: " + value))

    def order(self):
        """Puts lines as http.header_names has them, with those that are missing."""
        if "http.header_names" not in self.found:
            return
        names = [name.decode("latin-1") for name in self.found["http.header_names"].split(b"\r\n") if name]
        for name in names:
            self.add(name, {"host": b"www.example.org", "content-length": b"%d" % len(self.body)}.get(name.lower(), b"a"))
        rank = {name.lower(): index for index, name in enumerate(names)}
        self.lines.sort(key=lambda line: rank.get(line[0].lower(), len(names)))
        for index, (name, line) in enumerate(self.lines):  # as they are spelled there
            wanted = next((other for other in names if other.lower() == name.lower()), name)
            self.lines[index] = (wanted, wanted.encode("latin-1") + line[len(name):])

    def text(self, first):
        return first + b"\r\n" + b"".join(line + b"\r\n" for _, line in self.lines) + b"\r\n" + self.body


def request(found, is_asked):
    message = Message(found if is_asked else {})
    found = message.found
    message.body = found.get("http.request_body", found.get("file.data", b""))
    message.gather(True)
    target = found["http.uri.raw"] if "http.uri.raw" in found else uri_of(found.get("http.uri", b"/index.html"))
    method = found.get("http.method", b"POST" if message.body else b"GET")
    first = found.get("http.request_line", found.get("http.start", b"").split(b"\r\n")[0])
    if first and b" HTTP/1" not in first:
        first += b" HTTP/1.1"
    return message.text(first or method + b" " + target + b" " + found.get("http.protocol", b"HTTP/1.1"))


def response(found, is_asked):
    message = Message(found if is_asked else {})
    found = message.found
    message.body = found.get("file.data", found.get("http.response_body", b""))
    message.gather(False)
    message.add("Content-Type", b"text/html")
    message.add("Content-Length", b"%d" % len(message.body))
    first = found.get("http.response_line", found.get("http.start", b"").split(b"\r\n")[0])
    return message.text(first or found.get("http.protocol", b"HTTP/1.1") + b" " + found.get("http.stat_code", b"200") + b" "
                        + found.get("http.stat_msg", b"OK"))


def query(name):
    """A query of DNS."""
    labels = ((b"www" if name.startswith(b".") else b"") + name).split(b".")
    if any(not 0 < len(label) < 64 for label in labels) or len(name) > 250:
        raise Odd("name")
    return (b"\x12\x34\1\0\0\1\0\0\0\0\0\0" + b"".join(bytes([len(label)]) + label for label in labels) + b"\0\0\1\0\1")


def sized(data, size):
    return len(data).to_bytes(size, "big") + data


def record(kind, body):
    """A handshake message of TLS 1.2 in its record."""
    return b"\x16\3\3" + sized(bytes([kind]) + sized(body, 3), 2)


def hello(name):
    names = struct.pack(">HH", 0, 0)[:2] + sized(sized(b"\0" + sized(name, 2), 2), 2) if name is not None else b""
    groups = struct.pack(">HHHH", 10, 4, 2, 23) + struct.pack(">HHBB", 11, 2, 1, 0) + struct.pack(">HHHH", 13, 4, 2, 0x0401)
    return record(1, b"\3\3" + b"c" * 32 + b"\0" + sized(b"\xc0\x2f\0\x9c", 2) + b"\1\0" + sized(names + groups, 2))


def der(tag, *parts):
    data = b"".join(parts)
    size = len(data)
    return bytes([tag]) + (bytes([size]) if size < 128 else b"\x82" + size.to_bytes(2, "big")) + data


OIDS = {b"CN": b"\x55\4\3", b"C": b"\x55\4\6", b"L": b"\x55\4\7", b"ST": b"\x55\4\x08", b"O": b"\x55\4\x0a", b"OU": b"\x55\4\x0b",
        b"emailAddress": bytes.fromhex("2a864886f70d010901")}


def name_of(text):
    """A distinguished name of what engines print of it: "C=US, CN=example.org"."""
    parts = []
    for part in text.split(b", "):
        key, equals, value = part.partition(b"=")
        if not equals or key not in OIDS:
            key, value = b"CN", part
        parts.append(der(0x31, der(0x30, der(6, OIDS[key]), der(0x0c, value))))
    return der(0x30, *parts)


def certificates(found):
    """A server's part of a handshake, with a certificate that nobody could verify."""
    algorithm = der(0x30, der(6, bytes.fromhex("2a864886f70d01010b")), der(5))
    key = der(0x30, der(0x30, der(6, bytes.fromhex("2a864886f70d010101")), der(5)), der(3, b"\0" + der(0x30, der(2, b"\1"), der(2, b"\3"))))
    oid = der(6, bytes.fromhex("2b06010401868d1f01"))  # of nobody
    extension = der(0xa3, der(0x30, der(0x30, oid, der(4, found["tls.certs"])))) if "tls.certs" in found else b""
    certificate = der(0x30, der(0x30, der(0xa0, der(2, b"\2")), der(2, b"\x0a\x0b"), algorithm,
                                name_of(found.get("tls.cert_issuer", b"CN=issuer")),
                                der(0x30, der(0x17, b"240101000000Z"), der(0x17, b"340101000000Z")),
                                name_of(found.get("tls.cert_subject", b"CN=subject")), key, extension), algorithm,
                      der(3, b"\0" + b"s" * 64))
    return (record(2, b"\3\3" + b"s" * 32 + b"\0" + b"\xc0\x2f\0") + record(11, sized(sized(certificate, 3), 3)) + record(14, b""))


# A rule's own.

def solved(rule, random):
    """Bytes of all buffers of a rule."""
    found = {}
    for buffer in sorted(set(rule.buffers) | set(rule.sizes)):
        conditions = rule.buffers.get(buffer, [])
        is_dotted = any(condition["kind"] == "dotprefix" for condition in conditions)
        conditions = [condition for condition in conditions if condition["kind"] != "dotprefix"]
        positive = [condition for condition in conditions if not condition.get("negated")]
        if not positive and buffer not in rule.sizes:
            if buffer in ("http.header", "http.header_names", "http.referer", "http.cookie", "http.header.raw") or not conditions:
                continue  # not there at all
        if buffer == "http.uri" and not positive and buffer not in rule.sizes:
            continue
        data = ids_bytes.solve(conditions, rule.sizes.get(buffer), random)
        if data is None:
            raise Odd("no bytes for " + (buffer or "the payload"))
        found[buffer] = data[1:] if is_dotted and data.startswith(b".") else data
    return found


def write_http(capture, rule, found, index):
    asks_response = bool(RESPONSE & set(found)) or bool(rule.flow & {"to_client", "from_server"})
    if "" in found:
        raise Odd("payload of http")
    if asks_response and REQUEST & set(found):
        if not rule.flow & {"to_server", "from_client"}:
            raise Odd("both ways")
        asks_response = False
    ends = ends_of(rule, index, 80, not asks_response or not rule.flow & {"to_client", "from_server"})
    turns = [(0, request(found, not asks_response)), (1, response(found, asks_response))]
    capture.tcp(ends, turns)
    return ends


def write_tls(capture, rule, found, index):
    if "" in found:
        raise Odd("payload of tls")
    to_server = not rule.flow & {"to_client", "from_server"}
    ends = ends_of(rule, index, 443, to_server)
    capture.tcp(ends, [(0, hello(found.get("tls.sni"))), (1, certificates(found))])
    return ends


def write_dns(capture, rule, found, index):
    if set(found) != {"dns.query"}:
        raise Odd("more than a query")
    ends = ends_of(rule, index, 53, True)
    capture.udp(ends, 0, query(found["dns.query"]))
    return ends


def write_payload(capture, rule, found, index):
    if set(found) != {""}:
        raise Odd("no payload")
    to_server = not rule.flow & {"to_client", "from_server"}
    ends = ends_of(rule, index, 9099, to_server)
    side = 0 if to_server else 1
    if rule.proto.startswith("tcp"):
        capture.tcp(ends, [(side, found[""])])
    else:
        if side == 1 or "established" in rule.flow:
            capture.udp(ends, 1 - side, b"\xfe\xfe\xfe\xfe")
        if side == 0 and "established" in rule.flow:
            capture.udp(ends, 0, b"\xfe\xfe\xfe\xfe")
        capture.udp(ends, side, found[""])
    return ends


def write(capture, rule, index, random):
    """Writes what satisfies a rule. @return its addresses and ports."""
    found = solved(rule, random)
    kinds = {buffer.split(".")[0] for buffer in found}
    if rule.proto == "http" or kinds & {"http", "file"}:
        return write_http(capture, rule, found, index)
    if rule.proto == "dns" or "dns" in kinds:
        return write_dns(capture, rule, found, index)
    if rule.proto == "tls" or "tls" in kinds:
        return write_tls(capture, rule, found, index)
    if rule.proto in ("tcp", "tcp-pkt", "tcp-stream", "udp"):
        return write_payload(capture, rule, found, index)
    raise Odd("protocol")
