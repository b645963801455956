"""Compressed sources: each format, in several streams, damaged, and without the package that reads it."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sys
from collections.abc import Callable

import pytest

from provenance.ingest.pyauparse import CompressionError, UnreadableError
from provenance.ingest.pyauparse.compression import CHUNK, decompressed_chunks

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
