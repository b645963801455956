"""The exact tokenizer: splits the text after `msg=audit(...):` into fields, for every known way of writing a record.

It decides what the fast path may match: a line is `regular` when its fields, joined again, give the same line.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import count

from .cuts import is_cut, is_odd
from .limits import is_possible
from .quotes import Quotes
from .shapes import SEPARATOR, Shape, shape

_FIELD = re.compile(
    r"""(?<![\w\-\[\].])(?:(?![A-Za-z_])[\w\-\[\].])*+(?P<name>[A-Za-z_][\w\-\[\].]*+)="""
    r"""(?:"(?P<quoted>[^"]*+)"(?=[\s,\x1d']|$)|"(?P<cut>[^"]*+)$|'(?P<message>.*)'?|(?P<bare>[^\s\x1d]*+))""",
    re.DOTALL,
)
"""A name is looked for once in each run of its characters, and white space before it is not part of the match: else a line of
10,000 spaces or letters takes seconds, as each of them is tried as a beginning."""
_ENRICHED = re.compile(
    r"""(?<![A-Z0-9_-])[0-9-]*+(?P<name>[A-Z_][A-Z0-9_-]*+)="""
    r"""(?:"(?P<quoted>[^"]*+)"|(?P<brace>\{[^}]*\}?)|(?P<bare>(?:\S++|[^\S\n]++(?!\s*+(?:[A-Z_][A-Z0-9_-]*+=|$)))*+))"""
    r"""(?=\s++[A-Z_][A-Z0-9_-]*+=|\s*+$)"""
)
_STRIPPED = re.compile(
    r"""(?:(?<=[^\s=,])(?<! [A-Z])(?<! [A-Z]{2})|(?<=[^\s,] ))"""
    r"""(?:ARCH|SYSCALL|SADDR|A?UID|[EFSO]S?UID|IUID|OAUID|[EFSOI]?S?GID|ID)="""
    r"""(?:"[^"]*"|\{[^"]*|[a-z][^\s"]*)(?: [A-Z][A-Z-]*=(?:"[^"]*"|[^\s"]+))*\s*\Z"""
)
"""The interpreted fields of a line that has lost its separator, or has a space for it: `cap_frootid=0OUID="root" OGID="root"`."""
_LONGEST_INTERPRETED = 2048
"""How far from the end of a line `_STRIPPED` looks: a dozen names of users and an address are shorter. Its time grows with the
square of this, not of the line."""
_AVC = re.compile(r"^\s*avc:\s+(?P<seresult>\w+)\s+\{ (?P<seperms>[^}]*) \} for\s+")
_OLD_PAIR = re.compile(r"\b(old|new) (auid|ses)=")
_PREFIXED = re.compile(r"\b(user|login) (pid|uid)=")


_LEARNED: dict[str, list[tuple[Callable[[str], re.Match[str] | None], Shape]]] = {}
"""The patterns of single lines by record type, those that match often first; all of this process share them."""
_TRIED = count()
"""How often a pattern was learned."""
_PER_TYPE = 64
_MOST_LEARNED = 2048
"""How often this process learns the pattern of a single line. A log has some hundred kinds of lines; what has more is not normal,
and its lines are tokenised one by one."""
MOST_FIELDS = 128
"""A line of more fields is not learned from: compiling its pattern would take as long as tokenising some hundred such lines."""


def possible(type: str, body: str) -> tuple[Shape, tuple[str, ...]] | None:
    """The shape and values of a record's text; None when it has a number that the kernel cannot have written."""
    found = tokenize(type, body)
    shape_, values = found
    return found if is_possible(type, body, zip(shape_.names, shape_.styles, values, strict=True)) else None


def tokenize(type: str, body: str) -> tuple[Shape, tuple[str, ...]]:
    """The shape and values of a record's text. It never raises: text that is not a field is dropped, and the line is irregular.

    Regular shapes are cached, so that the next line of the same shape costs a single match.
    """
    known = _LEARNED.get(type, ())
    for place, (match, shape_) in enumerate(known):
        found = match(body)
        if found is not None:
            values = found.groups()
            if shape_.ends_in_bytes and (not values[-1] or is_odd(values[-1])):
                continue
            if place > 2 and type in _LEARNED:
                _LEARNED[type].insert(0, _LEARNED[type].pop(place))
            return shape_, values
    shape_, values = _tokenize(type, body)
    if shape_.regular and shape_.names and len(known) < _PER_TYPE:
        _learn(type, body, shape_, values)
    return shape_, values


def _learn(type: str, body: str, shape_: Shape, values: tuple[str, ...]) -> None:
    """Learn the pattern of a line, if it gives the same values and there are not too many patterns."""
    if next(_TRIED) < _MOST_LEARNED:
        learned = re.compile(shape_.pattern()).fullmatch
        if (again := learned(body)) is not None and again.groups() == values:
            _LEARNED.setdefault(type, []).insert(0, (learned, shape_))


def _tokenize(type: str, body: str) -> tuple[Shape, tuple[str, ...]]:
    raw, enriched = _split(body)
    names: list[str] = []
    styles: list[str] = []
    values: list[str] = []
    inner: list[tuple[str, str, str]] = []
    for name, style, value in _fields_of(type, raw, not enriched):
        if style == "m":
            inner = list(_fields(value))
            names.append(name)
            styles.append("m")
            values.append(value)
        else:
            names.append(name)
            styles.append(style)
            values.append(value)
    for name, style, value in inner:
        names.append(name)
        styles.append({"b": "i", "q": "j"}.get(style, style))
        values.append(value)
    for name, style, value in _enriched(enriched):
        names.append(name)
        styles.append(style)
        values.append(value)
    make = shape if len(names) <= MOST_FIELDS else Shape
    found = make(type, tuple(names), "".join(styles), _is_regular(names, styles, values, body))
    return found, tuple(values)


def _split(body: str) -> tuple[str, str]:
    raw, separator, enriched = body.partition(SEPARATOR)
    if not separator:
        stripped = _STRIPPED.search(body, max(0, len(body) - _LONGEST_INTERPRETED))
        if stripped is not None:
            head = body[: stripped.start()].rstrip(" ")
            if "msg='" not in head or head.endswith("'"):
                return head, body[stripped.start() :]
    return raw, enriched


def _fields_of(type: str, raw: str, ends_here: bool) -> list[tuple[str, str, str]]:
    """The fields of a record. `ends_here`: no interpreted fields follow, so that the line may be cut inside the last of them."""
    found = _fields(raw)
    if ends_here and found and found[-1][1] == "b":
        name, _, value = found[-1]
        if is_cut(type, [field for field, _, _ in found], value) and raw.rstrip().endswith(f"{name}={value}"):
            found[-1] = (name, "c", value)
    return found


def _fields(raw: str) -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, str]] = []
    avc = _AVC.match(raw)
    if avc is not None:
        found.append(("seresult", "b", avc["seresult"]))
        found.append(("seperms", "b", avc["seperms"].strip().replace(" ", ",")))
        raw = raw[avc.end() :]
    if "old " in raw or "new " in raw:
        raw = _with_old_names(raw)
    if "user pid" in raw or "login pid" in raw:
        raw = _without_prefixes(raw)
    for match in _FIELD.finditer(raw):
        name = match["name"]
        if match["quoted"] is not None:
            found.append((name, "q", match["quoted"]))
        elif match["cut"] is not None:
            found.append((name, "x", match["cut"]))
        elif match["message"] is not None:
            found.append((name, "m", match["message"].removesuffix("'")))
        else:
            found.append((name, "b", _bare(match["bare"])))
    return found


def _with_old_names(raw: str) -> str:
    quotes = Quotes()

    def renamed(match: re.Match[str]) -> str:
        if quotes.around(match):
            return match[0]
        return f"{'old-' if match[1] == 'old' else ''}{match[2]}="

    return _OLD_PAIR.sub(renamed, raw)


def _without_prefixes(raw: str) -> str:
    quotes = Quotes()
    return _PREFIXED.sub(lambda match: match[0] if quotes.around(match) else f"{match[2]}=", raw)


def _bare(text: str) -> str:
    """A value without the punctuation of a sentence around it: `(hostname=?, addr=?, res=success)`."""
    value = text.rstrip(",")
    return value.removesuffix(")") if "(" not in value else value


def _enriched(text: str) -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, str]] = []
    for match in _ENRICHED.finditer(text):
        if match["quoted"] is not None:
            found.append((match["name"], "E", match["quoted"]))
        elif match["brace"] is not None:
            found.append((match["name"], "{", match["brace"]))
        elif not match["bare"].startswith('"'):  # else the line is cut inside a name
            found.append((match["name"], "e", match["bare"]))
    return found


def _is_regular(names: list[str], styles: list[str], values: list[str], body: str) -> bool:
    raw: list[str] = []
    enriched: list[str] = []
    if len(names) > MOST_FIELDS:
        return False
    for name, style, value in zip(names, styles, values, strict=True):
        if style not in "bqeE{" or (style == "e" and " " in value):
            return False
        text = f'{name}="{value}"' if style in "qE" else f"{name}={value}"
        (raw if style in "bq" else enriched).append(text)
    joined = " ".join(raw) + (SEPARATOR + " ".join(enriched) if enriched else "")
    return joined == body
