# SPDX-License-Identifier: BSD-3-Clause
"""Rules taken apart: what a packet or a message has to have for a rule to alert. Knows what most rules are made of, no more; Odd is
raised for the others."""
import re

HEADER = re.compile(r"^(\w+)\s+([\w-]+)\s+(\S+|\[.*?\])\s+(\S+|\[.*?\])\s+(->|<>)\s+(\S+|\[.*?\])\s+(\S+|\[.*?\])\s*\((.*)\)\s*$")

OLD_NAMES = {"file_data": "file.data", "dns_query": "dns.query", "tls_sni": "tls.sni", "tls_cert_subject": "tls.cert_subject",
             "tls_cert_issuer": "tls.cert_issuer", "http_header_names": "http.header_names", "http_start": "http.start",
             "http_referer": "http.referer", "http_protocol": "http.protocol", "http_content_type": "http.content_type",
             "http_request_line": "http.request_line", "http_accept": "http.accept"}
MODIFIERS = {"http_uri": "http.uri", "http_raw_uri": "http.uri.raw", "http_method": "http.method", "http_header": "http.header",
             "http_raw_header": "http.header.raw", "http_cookie": "http.cookie", "http_user_agent": "http.user_agent",
             "http_host": "http.host", "http_raw_host": "http.host.raw", "http_client_body": "http.request_body",
             "http_server_body": "http.response_body", "http_stat_code": "http.stat_code", "http_stat_msg": "http.stat_msg"}
PCRE_BUFFERS = {"U": "http.uri", "I": "http.uri.raw", "P": "http.request_body", "Q": "http.response_body", "H": "http.header",
                "D": "http.header.raw", "M": "http.method", "C": "http.cookie", "S": "http.stat_code", "Y": "http.stat_msg",
                "V": "http.user_agent", "W": "http.host", "Z": "http.host.raw"}
BUFFERS = {"pkt_data", "http.uri", "http.uri.raw", "http.method", "http.host", "http.host.raw", "http.user_agent", "http.referer",
           "http.accept", "http.accept_enc", "http.accept_lang", "http.connection", "http.content_type", "http.content_len",
           "http.cookie", "http.header", "http.header.raw", "http.header_names", "http.request_line", "http.start", "http.protocol",
           "http.request_body", "http.stat_code", "http.stat_msg", "http.server", "http.location", "http.response_line",
           "http.response_body", "file.data", "dns.query", "tls.sni", "tls.cert_subject", "tls.cert_issuer", "tls.certs"}
SAME = {"strip_whitespace", "compress_whitespace", "url_decode", "to_lowercase", "header_lowercase"}  # of plain bytes
SILENT = {"msg", "reference", "classtype", "sid", "rev", "gid", "metadata", "priority", "target", "rawbytes", "tag", "noalert"}


class Odd(Exception):
    """A rule has what is not generated."""


class Condition(dict):
    """One content, pcre, byte_test and so on; what it has is in 'kind' and the names of its modifiers."""


class Rule:
    """A rule: proto, addresses and ports of both sides, flow, and conditions by buffer; "" is the payload."""

    def __init__(self, text):
        found = HEADER.match(text)
        if not found:
            raise Odd("header")
        self.text = text
        self.action, self.proto, self.source, self.source_ports, _, self.destination, self.destination_ports, body = found.groups()
        self.flow, self.buffers, self.sizes, self.sid, self.gone, self.silent = set(), {}, {}, 0, set(), False
        self._buffer, self._last = "", None
        for key, value in split_options(body):
            self._take(key.lower(), value)

    def _add(self, condition, buffer=None):
        condition["buffer"] = self._buffer if buffer is None else buffer
        self.buffers.setdefault(condition["buffer"], []).append(condition)
        self._last = condition

    def _move(self, buffer):
        """An old modifier: the last content is about another buffer."""
        self.buffers[self._last["buffer"]].remove(self._last)
        if not self.buffers[self._last["buffer"]]:
            del self.buffers[self._last["buffer"]]
        self._add(self._last, buffer)

    def _take(self, key, value):
        key = OLD_NAMES.get(key, key)
        if key == "sid":
            self.sid = int(value)
        elif key in ("content", "uricontent"):
            negated, quoted = value.startswith("!"), value.lstrip("! ").strip('"')
            self._add(Condition(kind="content", negated=negated, bytes=decode(quoted)), "http.uri" if key == "uricontent" else None)
        elif key in ("offset", "depth", "distance", "within"):
            self._last[key] = number(value)
        elif key in ("nocase", "startswith", "endswith"):
            self._last[key] = True
        elif key in MODIFIERS:
            self._move(MODIFIERS[key])
        elif key in BUFFERS:
            self._buffer = "" if key == "pkt_data" else key
        elif key == "dotprefix":
            self.buffers.setdefault(self._buffer, []).append(Condition(kind="dotprefix", buffer=self._buffer))
        elif key == "pcre":
            self._pcre(value)
        elif key in ("byte_test", "byte_jump", "isdataat"):
            self._numbers(key, value)
        elif key in ("bsize", "dsize", "urilen"):
            self.sizes[{"dsize": "", "urilen": "http.uri"}.get(key, self._buffer)] = size_range(value)
        elif key == "flow":
            self.flow |= {word.strip() for word in value.split(",")}
        elif key == "flowbits":
            self._flowbits(value)
        elif key == "threshold":
            if "limit" not in value:
                raise Odd("threshold")
        elif key not in SILENT and key not in SAME and key != "fast_pattern":
            raise Odd(key)
        self.silent |= key == "noalert"

    def _pcre(self, value):
        found = re.match(r'^(!?)\s*"?/(.*)/([a-zA-Z]*)"?$', value)
        if not found:
            raise Odd("pcre")
        negated, text, flags = found.groups()
        moved = [PCRE_BUFFERS[flag] for flag in flags if flag in PCRE_BUFFERS]
        self._add(Condition(kind="pcre", negated=bool(negated), text=text, flags=flags, relative="R" in flags),
                  moved[0] if moved else None)

    def _numbers(self, key, value):
        words = [word.strip() for word in value.split(",")]
        options = set(words[{"byte_test": 4, "byte_jump": 2, "isdataat": 1}[key]:])
        if key == "isdataat":
            self._add(Condition(kind=key, negated=words[0].startswith("!"), count=number(words[0].lstrip("!")), options=options))
            return
        if not options <= {"relative", "little", "big", "string", "dec", "hex", "oct"} and not any(
                option.startswith("post_offset") for option in options):
            raise Odd(key)
        condition = Condition(kind=key, count=number(words[0]), options=options, negated=False)
        if key == "byte_test":
            condition.update(operator=words[1], value=int(words[2], 0), at=number(words[3]))
        else:
            condition.update(at=number(words[1]))
        self._add(condition)

    def _flowbits(self, value):
        command = value.split(",")[0].strip()
        if command == "noalert":
            self.silent = True
        elif command == "isset":
            raise Odd("flowbits")


def split_options(body):
    """The options of a rule: at semicolons that stand outside of quotes and behind no backslash."""
    at, quoted, start = 0, False, 0
    while at < len(body):
        if body[at] == "\\":
            at += 1
        elif body[at] == '"':
            quoted = not quoted
        elif body[at] == ";" and not quoted:
            key, _, value = body[start:at].strip().partition(":")
            yield key.strip(), value.strip()
            start = at + 1
        at += 1


def decode(text):
    """The bytes of a content."""
    out = b""
    for index, part in enumerate(re.split(r"(?<!\\)\|", text)):
        out += bytes.fromhex(part) if index % 2 else re.sub(r"\\(.)", r"\1", part).encode("latin-1")
    return out


def number(text):
    """A number; a variable's name is odd."""
    try:
        return int(text, 0)
    except ValueError:
        raise Odd("variables") from None


def size_range(text):
    """"5", "<5", ">5", "1<>9" as the least and the most."""
    text = text.replace(",norm", "").replace(",raw", "").strip()
    if "<>" in text:
        low, high = text.split("<>")
        return int(low) + 1, int(high) - 1
    for word, low, high in (("<=", 0, 0), (">=", 0, 0), ("<", 0, -1), (">", 1, 0), ("!", 1, 0)):
        if text.startswith(word):
            value = int(text[len(word):])
            return (0, value + high) if word[0] == "<" else (value + low, 1 << 16)
    return int(text), int(text)
