"""What stands around a record in a line: the prefixes of those that handed it on, and what they made of its bytes.

A record's host is that of the innermost prefix: a relay puts its own header before the packet that it got (RFC 3164
section 4.3.3), and a container run-time names a stream, not a host.
"""

from __future__ import annotations

import html
import re
from functools import lru_cache

from .quotes import Quotes

_LONGEST_PREFIX = 1024
_TIME = (
    r"(?:[A-Z][a-z]{2} [ \d]\d (?:\d{4} )?\d\d:\d\d:\d\d(?:\.\d{1,9})?"
    r"|\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d[^\s:]{0,16}(?::\d\d)?)"
)
_HEADER = (
    rf"(?:\d{{1,6}} (?=<))?\ufeff?(?:<\d{{1,3}}>)?(?:\d{{1,2}} )?{_TIME}"
    r"(?! \d{4}\])(?: (?:UTC|GMT|CES?T|EES?T|WES?T|BST|IST|MSK|JST|[ECMP][SD]T))?"
    r" (?P<hostname>[^\s(){}\"=:]\S{0,253}(?<![:=]))(?=\s)"
)
"""Length (RFC 6587 section 3.4.1), priority, version, time and HOSTNAME: RFC 3164 section 4.1 and RFC 5424 section 6, with
or without what a collector leaves away when it writes to a file. A tag, which ends in a colon, is none, nor is the year in the
time that `dmesg -T` writes in brackets."""
_SYSLOG = re.compile(rf"\ufeff?{_HEADER}", re.ASCII)
_WITHIN = re.compile(rf"(?:(?<=[\s\]:\ufeff])|(?=<)){_HEADER}", re.ASCII)
"""The header of a message inside another."""
_AFTER_A_RECORD = re.compile(rf"(?:\s|(?=\d{{1,6}} <)|(?=<\d)){_HEADER}", re.ASCII)
"""The header of the next message on the same line, right behind the last value of the record before it."""
_WAZUH = re.compile(
    r"\d{4} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d "
    r"(?:\((?P<agent>[^()]{1,253})\) \S{1,253}?|(?P<manager>[^\s()>]{1,253}?))->\S{1,4096} "
)
"""The line of `archives.log`: the agent's name and address, or the manager's name, and the file (ossec.conf, logall)."""
_WAZUH_ALERT = re.compile(_WAZUH.pattern.rstrip(" ") + r"\Z")
"""The line in `alerts.log` that says of which agent the lines below are."""
_WAZUH_ALERT_BEGINS = re.compile(r"\*\* Alert \d{1,20}\.\d{1,20}: ")
"""The line in `alerts.log` with which an alert begins: its time and place in the file, and its groups."""
_COLOURS = re.compile(r"\x1b\[[0-9;]*[mK]")
_CONTAINER = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[^\s]{0,24} (?P<stream>stdout|stderr) (?P<part>[FP]) ?")
"""The log format of container run-times (kubernetes, CRI logging): F a full line, P the beginning of one."""
_LENGTH = re.compile(rb"(\d{1,6}) (?=<\d{1,3}>)")
_LEVELS = frozenset(("TRACE", "DEBUG", "INFO", "NOTICE", "WARN", "WARNING", "ERROR", "CRIT", "CRITICAL", "FATAL"))
"""What a program writes behind a time of its own, where syslog has the HOSTNAME."""
_NIL = "-"
"""What stands for a HOSTNAME that the sender does not know (RFC 5424, NILVALUE)."""

_SEPARATOR = "\x1d"
_ESCAPED_SEPARATOR = re.compile(
    r"(?:#035|#029|#x1[dD]|\\035|\\29|\\x1[dD]|\\u001[dD]|\^\]|<1[dD]>|%1[dD])(?=[A-Z][A-Z_-]{0,15}=)"
)
"""0x1D as those write it who let no control character through, before the first interpreted field: rsyslog in octal
(parser.escapeControlCharactersOnReceive), in decimal (property replacer, escape-cc) or as in C, sysklogd with a caret."""
_ESCAPED_ENDS = (
    *("#012", "#015", "#010", "#013", "#000"),
    *("\\n", "\\r", "\\012", "\\015", "\\000"),
    *("\\x0a", "\\x0A", "\\x0d", "\\x0D", "\\x00"),
    *("^J", "^M", "^@"),
)
"""The end of a line as it is escaped; none is the end of another one."""
_ESCAPED_BYTES = re.compile(r"(?:#[23][0-7]{2})+")
"""Bytes above 127 in an interpreted name, as rsyslog writes them with escape8BitCharactersOnReceive. The raw fields before have
no such bytes."""
_ZEROS = re.compile(rb"\0+")
_MESSAGE = re.compile(rb"<\d{1,3}>|type=|node=|@cee|\{")
"""How a message begins behind the end of another one."""
_QUOTE_OF_HTML = "=&quot;"
_ESCAPED_NEWLINE = re.compile(r"(?:#012|\\n|\\012|\\x0[aA]|\^J)(?=(?:node=\S{1,255} )?type=\S{1,64} (?:msg=)?audit\()")


def frames(raw: bytes) -> list[bytes]:
    """The messages of a stream in which each has its length before it (RFC 6587 section 3.4.1, octet counting), and no
    newline need part them; the line as it is when it does not begin with such a length, or the lengths are wrong."""
    found: list[bytes] = []
    place = 0
    while (match := _LENGTH.match(raw, place)) is not None:
        place = match.end() + int(match[1])
        found.append(raw[match.end() : place].rstrip(b"\r\n"))
    return found if len(found) > 1 and place >= len(raw) else [raw]


def parts_at_zeros(raw: bytes) -> list[bytes] | None:
    """The messages of a line that zeros end, as of a stream without newlines (RFC 6587 section 3.4.2); zeros before the first are
    left out. None for a line in which there are others: something was never written to the disk."""
    text = raw.lstrip(b"\0")
    text = text[:-1] if text.endswith(b"\0") else text
    if not text or any(len(match[0]) > 1 for match in _ZEROS.finditer(text)):
        return None
    parts = text.split(b"\0")
    return parts if all(map(_MESSAGE.match, parts[1:])) else None


def ends_a_frame(raw: bytes) -> bool:
    """Whether a line without a newline ends where the length before its last message says: then it is not cut."""
    place = 0
    while (match := _LENGTH.match(raw, place)) is not None:
        place = match.end() + int(match[1])
    return 0 < place == len(raw)


_CELL = re.compile(r'(?:\A|[,;\t])"(?=(?:node=[^\s"]+ )?type=[A-Z0-9_\[\]]+,? (?:msg=)?audit\(|\{"")')
_DOUBLED = re.compile(r'=""(?=[^\s",\x1d])')
_IN_CELL = re.compile(r'((?:[^"]|"")*)"?')
_LAST_IN_CELL = re.compile(r'((?:node=\S+ )?type=[^"]*[^"=\s])"(?:,.*)?\Z')


def may_be_of_cell(raw: bytes) -> bool:
    """Whether a line has the quotes of a cell of a table: doubled ones, one before a comma, or an odd one at an end."""
    return b'=""' in raw or b'",' in raw or raw[:1] == b'"' or (raw[-1:] == b'"' and raw.count(b'"') & 1 == 1)


def of_cell(line: str) -> str:
    """The text in a cell of a table of comma-separated values (RFC 4180), in which quotes are doubled: from the first record, or
    for a cell of several lines also from a later one. Any other line as it is."""
    begin = _CELL.search(line)
    if begin is not None or (line.startswith(("type=", "node=")) and _DOUBLED.search(line)):
        cell = _IN_CELL.match(line, begin.end() if begin is not None else 0)
        return cell[1].replace('""', '"') if cell is not None else line
    last = _LAST_IN_CELL.match(line)
    return last[1] if last is not None else line


def unescaped(line: str) -> str:
    """A line with the separator of interpreted fields, and the ends of lines, as the daemon wrote them. Nothing inside a
    value is touched: the kernel writes text that holds a control character in hexadecimal. A line whose quotes are all written
    as in HTML was copied from a page."""
    if _QUOTE_OF_HTML in line and '"' not in line:
        line = html.unescape(line)
    if (
        "#0" not in line
        and "#x" not in line
        and "\\" not in line
        and "^" not in line
        and "%1" not in line
        and "<1" not in line
    ):
        return line
    quotes = Quotes()
    line = _ESCAPED_SEPARATOR.sub(lambda match: match[0] if quotes.around(match) else _SEPARATOR, line)
    if "#" in line and line.count("audit(") == 1:
        raw, separator, interpreted = line.partition(_SEPARATOR)
        line = raw + separator + _ESCAPED_BYTES.sub(_bytes, interpreted)
    line = _without_escaped_ends(line)
    quotes = Quotes()
    return _ESCAPED_NEWLINE.sub(lambda match: match[0] if quotes.around(match) else "\n", line)


def _without_escaped_ends(line: str) -> str:
    """A line without the escaped ends of lines, and white space behind them, that it ends with."""
    end = place = len(line)
    while True:
        while place and line[place - 1] in " \t":
            place -= 1
        found = next((len(text) for text in _ESCAPED_ENDS if line.endswith(text, 0, place)), 0)
        if not found:
            return line[:end]
        end = place = place - found


def _bytes(match: re.Match[str]) -> str:
    return bytes(int(digits, 8) for digits in match[0][1:].split("#")).decode("utf-8", "surrogateescape")


def hostname_before(line: str, end: int) -> str | None:
    """The host that the innermost prefix before `end` names, where a record begins; None when none does."""
    prefix = line[: end + 1]
    return _cached_hostname(prefix) if end < _LONGEST_PREFIX else _hostname(prefix)


def _hostname(prefix: str) -> str | None:
    """The host that a prefix names; the white space before the record is its end."""
    end = len(prefix)
    wazuh = _WAZUH.match(prefix)
    if wazuh is not None:
        return _innermost(prefix, wazuh.end(), end) or wazuh["agent"] or wazuh["manager"]
    container = _CONTAINER.match(prefix)
    start = container.end() if container is not None else 0
    outer = _SYSLOG.match(prefix, start)
    if outer is None:
        return _innermost(prefix, start, end)
    return _innermost(prefix, outer.end(), end) or _name(outer["hostname"])


_cached_hostname = lru_cache(maxsize=4096)(_hostname)
"""Lines of one second have the same prefix."""


def begins_wazuh_alert(line: str) -> bool:
    """Whether an alert of Wazuh's `alerts.log` begins with a line."""
    return _WAZUH_ALERT_BEGINS.match(line) is not None


def wazuh_host(line: str) -> str | None:
    """The host that a line of Wazuh's `alerts.log` names for the lines below it; None for any other line."""
    match = _WAZUH_ALERT.match(line)
    return None if match is None else match["agent"] or match["manager"]


def without_colours(line: str) -> str:
    """A line without the escape sequences of a terminal, as `grep --color=always` writes them."""
    return _COLOURS.sub("", line)


def hostname_of(line: str) -> str | None:
    """The host that the prefix of a line names, whatever stands behind it."""
    return _hostname(line[:_LONGEST_PREFIX])


def _innermost(line: str, start: int, end: int) -> str | None:
    found = None
    for match in _WITHIN.finditer(line, start, end):
        found = _name(match["hostname"]) or found
    return found


def _name(hostname: str) -> str | None:
    """A HOSTNAME without what syslog-ng adds to it (`source@host/relay`, chain-hostnames); None if no name remains."""
    name = hostname.partition("/")[0].rpartition("@")[2].strip("[]")
    return None if name in ("", _NIL) or name in _LEVELS else name


def next_header(text: str) -> tuple[int, str | None] | None:
    """Where, in what follows a record on its line, the header of the next message begins, and which host it names."""
    match = _AFTER_A_RECORD.search(text)
    if match is None:
        return None
    return match.start(), _innermost(text, match.end(), len(text)) or _name(match["hostname"])


def container_part(line: str) -> tuple[str, bool, str] | None:
    """The stream, whether more of the line follows, and the text behind a container run-time's prefix."""
    match = _CONTAINER.match(line)
    return (match["stream"], match["part"] == "P", line[match.end() :]) if match is not None else None
