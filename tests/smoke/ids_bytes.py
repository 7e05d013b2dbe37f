# SPDX-License-Identifier: BSD-3-Clause
"""Bytes that satisfy conditions, found by trying: contents and samples of regular expressions are laid out one behind the other, and
what comes of it is checked as an engine would."""
import re
import re._constants as sre
import re._parser as sre_parser

TRIES = 60
FIRST_CHOICE = set(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
CATEGORIES = {sre.CATEGORY_DIGIT: set(b"0123456789"), sre.CATEGORY_SPACE: set(b" \t\r\n\f\v"),
              sre.CATEGORY_WORD: FIRST_CHOICE | set(b"_")}
NEGATED = {sre.CATEGORY_NOT_DIGIT: sre.CATEGORY_DIGIT, sre.CATEGORY_NOT_SPACE: sre.CATEGORY_SPACE,
           sre.CATEGORY_NOT_WORD: sre.CATEGORY_WORD}
ALL = set(range(256))


def flags_of(pcre):
    """Python's flags of a pcre."""
    names = {"i": re.I, "s": re.S, "m": re.M, "x": re.X}
    return sum(flag for name, flag in names.items() if name in pcre["flags"])


def compiled(pcre):
    """A pcre for bytes, kept with it; None: Python does not understand it."""
    if "compiled" not in pcre:
        try:
            text = re.sub(r"(?<!\\)((?:\\\\)*)\$(?=$|\))", r"\1(?:\\n?\\Z)", pcre["text"]) if "m" not in pcre["flags"] else pcre["text"]
            pcre["compiled"] = re.compile(text.encode("latin-1"), flags_of(pcre))
        except (re.error, RecursionError, OverflowError):
            pcre["compiled"] = None
    return pcre["compiled"]


# Samples of regular expressions.

def members(items):
    """The bytes of a class."""
    found, negated = set(), False
    for operation, value in items:
        if operation is sre.NEGATE:
            negated = True
        elif operation is sre.LITERAL:
            found.add(value & 255)
        elif operation is sre.RANGE:
            found |= set(range(value[0], min(value[1], 255) + 1))
        elif operation is sre.CATEGORY:
            found |= CATEGORIES[value] if value in CATEGORIES else ALL - CATEGORIES[NEGATED[value]]
    return ALL - found if negated else found


def pick(choices, random):
    """One of some bytes, one that does no harm if possible."""
    harmless = sorted(choices & FIRST_CHOICE) or sorted(choice for choice in choices if 32 < choice < 127) or sorted(choices)
    if not harmless:
        raise ValueError("an empty class")
    return bytes([random.choice(harmless)])


def sample(tree, random, groups):
    """Bytes that a parsed expression matches, anchors and looks left aside."""
    out = b""
    for operation, value in tree:
        if operation is sre.LITERAL:
            out += bytes([value & 255])
        elif operation is sre.NOT_LITERAL:
            out += pick(ALL - {value}, random)
        elif operation is sre.ANY:
            out += pick(ALL - {10}, random)
        elif operation is sre.IN:
            out += pick(members(value), random)
        elif operation is sre.BRANCH:
            out += sample(random.choice(value[1]), random, groups)
        elif operation is sre.SUBPATTERN:
            part = sample(value[3], random, groups)
            groups[value[0]] = part
            out += part
        elif operation in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
            least, most, what = value
            for _ in range(random.randint(least, min(most, least + random.choice((0, 1, 4, 16))))):
                out += sample(what, random, groups)
        elif operation is sre.GROUPREF:
            out += groups.get(value, b"")
        elif operation is sre.ATOMIC_GROUP:
            out += sample(value, random, groups)
    return out


def sample_of(pcre, random):
    """Bytes that a pcre matches, mostly; None: it is not understood."""
    try:
        tree = sre_parser.parse(pcre["text"].encode("latin-1"), flags_of(pcre))
        return sample(tree, random, {})
    except (re.error, ValueError, KeyError, RecursionError, OverflowError):
        return None


# Checking.

def read_number(condition, data, at):
    """The number at a place; None: it is not there."""
    part = data[at:at + condition["count"]]
    if at < 0 or len(part) != condition["count"]:
        return None
    if "string" in condition["options"]:
        try:
            return int(part, 16 if "hex" in condition["options"] else 8 if "oct" in condition["options"] else 10)
        except ValueError:
            return None
    return int.from_bytes(part, "little" if "little" in condition["options"] else "big")


def compare(condition, value):
    """byte_test's comparison."""
    operator, other = condition["operator"].replace("==", "="), condition["value"]
    negated, operator = operator.startswith("!"), operator.lstrip("!") or "="
    holds = {"<": value < other, ">": value > other, "=": value == other, "<=": value <= other, ">=": value >= other,
             "&": value & other != 0, "^": value ^ other != 0}.get(operator, False)
    return holds != negated


def bounds(condition, data, cursor):
    """Where a content may begin: from, and up to."""
    size = len(condition["bytes"])
    if "distance" in condition or "within" in condition:
        low = cursor + condition.get("distance", 0)
        end = cursor + condition.get("distance", 0) + condition["within"] if "within" in condition else len(data)
    else:
        low = condition.get("offset", 0)
        end = low + condition["depth"] if "depth" in condition else size if "startswith" in condition else len(data)
    end = min(end, len(data))
    if "endswith" in condition:
        low = max(low, len(data) - size)
    return max(low, 0), end - size


def ends_of(condition, data, cursor):
    """Where a condition may leave off; nothing: it does not hold."""
    kind = condition["kind"]
    if kind == "content":
        low, high = bounds(condition, data, cursor)
        nocase = "nocase" in condition
        where, what = (data.lower(), condition["bytes"].lower()) if nocase else (data, condition["bytes"])
        at = where.find(what, low)
        while at != -1 and at <= high:
            yield at + len(what)
            at = where.find(what, at + 1)
    elif kind == "pcre":
        expression, start = compiled(condition), cursor if condition["relative"] else 0
        for found in expression.finditer(data[start:]) if expression else ():
            yield start + found.end()
    elif kind in ("byte_test", "byte_jump"):
        at = condition["at"] + (cursor if "relative" in condition["options"] else 0)
        value = read_number(condition, data, at)
        if value is not None and kind == "byte_test" and compare(condition, value):
            yield cursor
        elif value is not None and kind == "byte_jump":
            yield at + condition["count"] + value + post_offset(condition)
    elif kind == "isdataat":
        if (cursor if "relative" in condition["options"] else 0) + condition["count"] <= len(data):
            yield cursor
    else:
        yield cursor


def post_offset(condition):
    """What byte_jump adds."""
    return sum(int(option.split()[1]) for option in condition["options"] if option.startswith("post_offset"))


def holds(conditions, data, cursor=0, at=0):
    """Whether all conditions hold, from one of them on."""
    if at == len(conditions):
        return True
    condition = conditions[at]
    if condition.get("negated"):
        return not any(True for _ in ends_of(condition, data, cursor)) and holds(conditions, data, cursor, at + 1)
    return any(holds(conditions, data, end, at + 1) for end in ends_of(condition, data, cursor))


# Laying out.

class Canvas:
    """Bytes some of which are settled."""

    def __init__(self, size, random):
        self.cells, self.cursor, self.end, self.size, self.random = {}, 0, 0, size, random
        self.closed = False  # nothing may follow

    def fits(self, what, at):
        return all(self.cells.get(at + index, byte) == byte for index, byte in enumerate(what))

    def is_there(self, what, at):
        return all(self.cells.get(at + index) == byte for index, byte in enumerate(what))

    def put(self, what, at):
        for index, byte in enumerate(what):
            self.cells[at + index] = byte
        self.cursor = at + len(what)
        self.end = max(self.end, self.cursor)

    def content(self, condition):
        what = condition["bytes"]
        anywhere = {key: value for key, value in condition.items() if key != "endswith"}
        low, high = bounds(anywhere, b"\0" * 4096, self.cursor)
        if "endswith" in condition and self.size is not None:
            low = high = self.size - len(what)
        places = range(low, min(high, low + 600) + 1)
        there = [at for at in places if self.is_there(what, at)]
        free = [at for at in places if self.fits(what, at)]
        behind = [at for at in free if at >= self.end]
        relative = "distance" in condition or "within" in condition or "depth" in condition or "startswith" in condition
        for choice in (there, free if relative else behind, free):
            if choice:
                self.put(what, choice[0])
                self.closed |= "endswith" in condition
                return True
        return False

    def pcre(self, condition):
        what = sample_of(condition, self.random)
        if what is None:
            return False
        text = condition["text"]
        at = self.cursor if condition["relative"] else 0 if text.startswith("^") else self.end
        if not condition["relative"] and text.startswith("^") and "m" in condition["flags"] and self.end:
            what, at = b"\r\n" + what, self.end
        self.closed |= text.endswith("$")
        if not self.fits(what, at):
            return False
        self.put(what, at)
        return True

    def number(self, condition):
        at = condition["at"] + (self.cursor if "relative" in condition["options"] else 0)
        cursor = self.cursor
        if condition["kind"] == "byte_jump":
            candidates = [0, 1, 2, 4]
        else:
            value = condition["value"]
            candidates = [value, value + 1, value - 1, value + self.random.randint(1, 9), 0, 1, 255, (1 << 8 * condition["count"]) - 1]
        for value in candidates:
            what = write_number(condition, value)
            if value >= 0 and what and self.fits(what, at) and (condition["kind"] == "byte_jump" or compare(condition, value)):
                self.put(what, at)
                self.cursor = at + condition["count"] + value + post_offset(condition) if condition["kind"] == "byte_jump" else cursor
                return True
        return False

    def take(self, condition):
        """Settles what a condition needs. False: that does not go."""
        if condition.get("negated"):
            return True
        if condition["kind"] == "content":
            return self.content(condition)
        if condition["kind"] == "pcre":
            return self.pcre(condition)
        if condition["kind"] in ("byte_test", "byte_jump"):
            return self.number(condition)
        if condition["kind"] == "isdataat":
            self.end = max(self.end, condition["count"] + (self.cursor if "relative" in condition["options"] else 0) + 1)
        return True

    def bytes(self, sizes):
        filler = self.random.choice(b"aAx0 zq")
        size = max(self.end, sizes[0] if self.size is None else self.size)
        return bytes(self.cells.get(at, filler) for at in range(size))


def write_number(condition, value):
    """A number as the condition reads it; nothing: it does not fit."""
    count = condition["count"]
    if "string" in condition["options"]:
        text = f"{value:0{count}x}" if "hex" in condition["options"] else f"{value:0{count}d}"
        return text.encode() if len(text) == count else b""
    if value >> 8 * count or value < 0:
        return b""
    return value.to_bytes(count, "little" if "little" in condition["options"] else "big")


def solve(conditions, sizes, random, accept=None):
    """Bytes of which all conditions hold; None: none were found. Whatever else there is to be said about them, accept() does."""
    least, most = sizes if sizes else (0, 1 << 16)
    for attempt in range(TRIES):
        size = random.choice((least, least, min(most, least + 5))) if sizes else None
        canvas = Canvas(size, random)
        order = list(conditions)
        if attempt % 2:  # samples first: contents may be found in them
            order.sort(key=lambda condition: condition["kind"] != "pcre" or condition["relative"])
        if not all(canvas.take(condition) for condition in order):
            continue
        data = canvas.bytes((least, most))
        if least <= len(data) <= most and holds(conditions, data) and (accept is None or accept(data)):
            return data
    return None
