"""Compressed sources: each format, in several streams, damaged, and without the package that reads it."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sys
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.ingest.pyauparse import CompressionError, UnreadableError
from provenance.ingest.pyauparse.compression import CHUNK, STEP, decompressed_chunks

LINES = b"".join(b"type=USER_CMD msg=audit(1700000000.123:%d): pid=%d\n" % (n, n * 7919 % 65536) for n in range(40_000))
COMPRESS: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "xz": lzma.compress, "bzip2": bz2.compress}


def read(data: bytes) -> bytes:
    return b"".join(decompressed_chunks(io.BytesIO(data), "here"))


@pytest.mark.parametrize("kind", COMPRESS)
def test_the_first_bytes_choose_the_format(kind: str) -> None:
    packed = COMPRESS[kind](LINES)
    assert len(packed) > CHUNK or kind != "gzip", "at least one source is longer than what is read at a time"
    assert read(packed) == LINES
    assert read(packed + COMPRESS[kind](b"more\n")) == LINES + b"more\n", "one stream after the other"
    assert read(packed + bytes(512)) == LINES, "padding, as tapes and some copies leave it"


@pytest.mark.parametrize("kind", COMPRESS)
def test_what_comes_before_the_damage_is_read(kind: str) -> None:
    """Streams of a little each, as log rotation that appends makes them: the last is cut off or not of the format."""
    packed = COMPRESS[kind](LINES)
    for broken, problem in ((packed[: len(packed) - 9], "truncated"), (packed[:10] + b"\xff" * 200, "damaged")):
        found: list[bytes] = []
        with pytest.raises(CompressionError, match=f"^here, byte [0-9]+: .*{problem}") as raised:
            found.extend(decompressed_chunks(io.BytesIO(packed + broken), "here"))
        assert b"".join(found).startswith(LINES) and raised.value.byte is not None


def test_a_source_that_fails_while_it_is_read_is_an_error_with_its_name() -> None:
    class Failing(io.BytesIO):
        """A disk with a bad block after the first chunk."""

        def read(self, size: int | None = -1) -> bytes:
            if self.tell():
                raise OSError(5, "Input/output error")
            return super().read(size)

    chunks = decompressed_chunks(Failing(LINES), "here")
    assert next(chunks) == LINES[:CHUNK]
    with pytest.raises(UnreadableError, match=r"^here: Input/output error$"):
        next(chunks)


def test_zstd_without_its_package_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("compression.zstd", "backports.zstd"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(UnreadableError, match=r"^here: .*backports\.zstd"):
        read(b"\x28\xb5\x2f\xfd" + bytes(20))


def bomb(kind: str, size: int) -> bytes:
    """Zeros, compressed."""
    if kind == "zstd":
        return bytes(pytest.importorskip("backports.zstd").compress(bytes(size), 19))
    return COMPRESS[kind](bytes(size))


@pytest.mark.parametrize("kind", ["gzip", "xz", "bzip2", "zstd"])
def test_a_source_that_grows_as_no_log_does_is_refused_early_and_in_small_steps(kind: str) -> None:
    size = 0
    with pytest.raises(CompressionError, match="no audit log can be compressed to less than a 1,000th"):
        for chunk in decompressed_chunks(io.BytesIO(bomb(kind, 24 << 20)), "here"):
            assert len(chunk) <= STEP
            size += len(chunk)
    assert size < 20 << 20


@pytest.mark.parametrize("kind", COMPRESS)
def test_logs_that_can_be_compressed_well_are_read_whole(kind: str) -> None:
    line = b"".join(
        b"type=SERVICE_START msg=audit(1700000000.123:%d): pid=1 uid=0 auid=0 ses=1 res=success\n" % number
        for number in range(220_000)
    )
    assert read(COMPRESS[kind](line)) == line


@settings(deadline=None, max_examples=20)
@given(
    st.sampled_from(sorted(COMPRESS)), st.lists(st.integers(0, 3 << 20), min_size=1, max_size=3), st.binary(max_size=60)
)
def test_every_stream_is_read_to_its_end(kind: str, sizes: list[int], end: bytes) -> None:
    """Zeros end in the middle of a step; so do streams that follow each other."""
    packed = b"".join(COMPRESS[kind](bytes(size) + end) for size in sizes)
    assert read(packed) == b"".join(bytes(size) + end for size in sizes)
