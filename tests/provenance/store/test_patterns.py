"""The patterns that people give: their syntax, their texts, and that none takes long."""

from __future__ import annotations

import ast
import re
from fnmatch import fnmatchcase
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.errors import Stopped, UsageError
from provenance.store.globs import Glob, compile_glob
from provenance.store.patterns import LONGEST, compile_pattern, matching
from tests.conftest import ROOT

TEXTS = [
    "bash",
    "b\nh",
    "xxx",
    "",
    "\udcff",
    "ab",
    "a\udcffb",
    "a\\Zb",
    "{,2}",
    "ünïcode",
    "\U0001f600",
    "]",
    "a]b",
    "/bin/sh -c x",
]
"""Texts on which both dialects agree, unless a pattern asks for classes outside ASCII or for the end before a line break."""


@pytest.mark.parametrize("pattern", ["(a+)+$", "(.|.)" * 40, "(a|a)*b", "([a-z]+)*=", "(x+x+)+y", ".*.*.*.*=.*"])
def test_no_pattern_backtracks(pattern: str) -> None:
    """In Python's `re` each of these takes longer than the test run on this text."""
    assert matching(pattern, ["ax" * 40_000 + "!"]) == (
        [] if "a|a" in pattern or "=" in pattern or pattern[-1] in "$y" else [0]
    )


@pytest.mark.parametrize(
    "pattern",
    [
        "bash", "b.*h", "(?s)b.*h", "^x+$", "a|(b)", r"\udcff", "[\udcff]", r"[\udc80-\udcff]", "a.b", r"^(?:ab)\Z", "x{,2}$",
        "ï", r"\u00fc", r"\U0001f600", "[^a]b", r"[]a]", r"[^]a]", r"\\Z", r"\[", r"[\]]", "(?P<name>a)b", "(?i)BASH",
        r"[\\u00fc]",         r"^/bin/(ba|da)?sh\b", "x{3}", "x{2,}", "(?:)", r"\.", r"\x41|\x62", "a??b", r"\{,2\}", "[{,2}]",
    ],
)  # fmt: skip
def test_agrees_with_re(pattern: str) -> None:
    assert matching(pattern, TEXTS) == [place for place, text in enumerate(TEXTS) if re.search(pattern, text)]


@settings(max_examples=300, deadline=None)
@given(st.text(r"ab\.[]^-(|)?*+{,1}$Zu0", max_size=8), st.text("ab\udcff\\]-", max_size=6))
def test_agrees_with_re_or_is_refused(pattern: str, text: str) -> None:
    try:
        expected = re.search(pattern, text) is not None
        found = compile_pattern(pattern).search(text)
    except (re.error, UsageError, OverflowError, FutureWarning):
        return
    assert found == expected


def test_classes_know_ascii_only_and_the_end_is_the_end() -> None:
    assert not any(compile_pattern(pattern).search("é٣") for pattern in (r"\w", r"\d"))
    assert not compile_pattern("a$").search("a\n") and compile_pattern("(?m)a$").search("a\n")
    assert compile_pattern(r"\pL").search("é")


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("a(?=b)", r"lookahead and lookbehind are not supported at character 2"),
        ("a(?!b)", r"lookahead and lookbehind"),
        ("(?<=a)b", r"lookahead and lookbehind are not supported at character 1"),
        ("(?<!a)b", r"lookahead and lookbehind"),
        (r"(a)\1", r"backreferences are not supported at character 4"),
        (r"(?P<n>a)(?P=n)", r"backreferences are not supported at character 9"),
        ("ab*+", r"possessive repetitions are not supported at character 4"),
        ("ab{2}+", r"possessive repetitions are not supported at character 6"),
        ("(?>a)", r"atomic groups are not supported at character 1"),
        ("(a)(?(1)b)", r"conditional groups are not supported at character 4"),
        ("a(?#c)", r"comments are not supported at character 2"),
        ("(?ix)a", r"only i, m, s and U are supported at character 1"),
        ("x[a", r"missing \] at character 2"),
        ("(?i)(a)(b(?:)", r"missing \) at character 8"),
        ("(a)b)c", r"unexpected \) at character 5"),
        ("ab**", r"bad repetition operator: \*\* at character 3"),
        ("x" * (LONGEST + 1), rf"longer than {LONGEST} characters"),
        (r"\pL{30}", r"too large"),
        (r"(\pL{1000}){1000}", r"invalid repetition size"),
        (r"(\pL{100}){9}", r"too large"),
        ("(" * 200, r"missing \)"),
        ("a{99999999999}", r"more than 1000 repetitions at character 2"),
        ("\\", r"trailing \\"),
        ("[" * LONGEST, r"missing \]"),
    ],
)
def test_what_is_refused_says_why_and_where(pattern: str, reason: str) -> None:
    with pytest.raises(UsageError, match=rf"^invalid regular expression '.*: .*{reason}"):
        compile_pattern(pattern)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=12))
def test_no_pattern_raises_anything_else(pattern: str) -> None:
    try:
        compile_pattern(pattern).search(pattern)
        compile_glob(pattern).fullmatch(pattern)
    except UsageError:
        pass


def test_a_search_stops() -> None:
    asked = count()
    with pytest.raises(Stopped, match=r"the search for 'x\*' was stopped"):
        matching("x*", ("y" * 1_000 for _ in range(10_000_000)), lambda: next(asked) >= 2)
    assert next(asked) == 3


@settings(max_examples=500, deadline=None)
@given(pattern=st.text("ab*?[]!-^\\é\udcff\n", min_size=1, max_size=8), path=st.text("ab[]!-*^\\é\udcff\n", max_size=7))
def test_globs_are_those_of_fnmatch(pattern: str, path: str) -> None:
    assert compile_glob(pattern).fullmatch(path) == fnmatchcase(path, pattern)


def test_a_glob_has_a_length() -> None:
    with pytest.raises(UsageError, match=rf"invalid glob pattern '\*\*.*longer than {LONGEST}"):
        Glob("*" * (LONGEST + 1))
    assert Glob("/" + "x" * LONGEST).plain


@settings(max_examples=300, deadline=None)
@given(pattern=st.text("ab*?[]!-", min_size=1, max_size=7), path=st.text("ab[]!-*", max_size=7))
def test_every_match_contains_the_fixed_text_and_the_beginning(pattern: str, path: str) -> None:
    glob = Glob(pattern)
    if glob.matches(path):
        assert glob.fixed() in path
        assert path.startswith(glob.prefix)


def test_nothing_else_compiles_what_a_person_gives() -> None:
    """What a function compiles for Python's `re` is written there, or one of these: escaped text, numbers, the hunts' own."""
    own = {
        "fnmatchcase(path, pattern)",  # of `trace.way_in.prerequisites.TABLES`
        """re.compile(b'"_AUDIT_ID"\\\\s*:\\\\s*"%d"' % place.serial)""",
        "re.compile(f'\\\\\\\\.|{re.escape(mark)}', re.DOTALL)",
        "re.compile(pattern.encode('utf-8'), re.DOTALL)",  # of `cypher/hunt/*.sql`
        "re.fullmatch(f'[0-9]{{1,{DIGITS}}}', text, re.ASCII)",
    }
    found = set()
    for file in (ROOT / "provenance").rglob("*.py"):
        text = file.read_text("utf-8")
        if "import re\n" in text or "fnmatch" in text:
            functions = (part for part in ast.walk(ast.parse(text)) if isinstance(part, ast.FunctionDef))
            found |= {ast.unparse(call) for function in functions for call in ast.walk(function) if _compiles(call)}
    assert found <= own, found - own


def _compiles(call: ast.AST) -> bool:
    """Whether a call compiles an expression that is not written there."""
    if not isinstance(call, ast.Call) or not call.args:
        return False
    name = ast.unparse(call.func)
    called = re.fullmatch(r"re\.(compile|match|search|fullmatch|subn?|split|findall|finditer)", name)
    return name.startswith("fnmatch") or (called is not None and not isinstance(call.args[0], ast.Constant))
