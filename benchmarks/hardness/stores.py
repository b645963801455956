"""Damaged stores: each trial damages a copy of a sealed store, reads all of it, and compares."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from random import Random

from provenance.errors import ProvenanceError
from provenance.store import open_store
from provenance.transfer.digest import digest

Damage = Callable[[Random, bytearray], None]


@dataclass
class Figures:
    """What became of the trials."""

    trials: int = 0
    refused: int = 0
    """The store was not read, with an error in words."""
    same: int = 0
    """Everything was read as it was: the damage met the seal, or changed nothing."""
    other: int = 0
    """Something else was read."""
    tracebacks: int = 0


def _flip(random: Random, content: bytearray) -> None:
    for _ in range(random.choice((1, 1, 2, 16))):
        content[random.randrange(len(content))] ^= 1 << random.randrange(8)


def _overwrite(random: Random, content: bytearray) -> None:
    at, length = _range(random, content)
    content[at : at + length] = random.randbytes(length)


def _zero(random: Random, content: bytearray) -> None:
    at, length = _range(random, content)
    content[at : at + length] = bytes(length)


def _cut(random: Random, content: bytearray) -> None:
    del content[random.randrange(len(content)) :]


def _cut_the_seal(random: Random, content: bytearray) -> None:
    del content[len(content) - random.randrange(1, 200) :]


def _lengthen(random: Random, content: bytearray) -> None:
    content += random.randbytes(random.choice((1, 20, 4096)))


def _swap_pages(random: Random, content: bytearray) -> None:
    pages = len(content) // 4096
    one, other = (random.randrange(pages) * 4096 for _ in range(2))
    kept = content[one : one + 4096]
    content[one : one + 4096] = content[other : other + 4096]
    content[other : other + 4096] = kept


def _zero_the_end(random: Random, content: bytearray) -> None:
    length = random.randrange(1, len(content) // 2)
    content[-length:] = bytes(length)


def _range(random: Random, content: bytearray) -> tuple[int, int]:
    length = min(random.choice((1, 8, 512, 4096, 65_536)), len(content))
    return random.randrange(len(content) - length + 1), length


DAMAGES: tuple[Damage, ...] = (
    _flip,
    _overwrite,
    _zero,
    _cut,
    _cut_the_seal,
    _lengthen,
    _swap_pages,
    _zero_the_end,
)


def damaged_stores(store: Path, folder: Path, count: int, seed: int = 1) -> Figures:
    """The figures of `count` trials on copies of a sealed store, made in a folder."""
    random = Random(seed)
    whole = store.read_bytes()
    with closing(open_store(str(store))) as opened:
        expected = digest(opened)
    figures = Figures()
    with ThreadPoolExecutor(1) as pool:
        for trial in range(count):
            content = bytearray(whole)
            DAMAGES[trial % len(DAMAGES)](random, content)
            _count(figures, _answer(folder / f"damaged-{trial}.db", content, pool), expected)
    return figures


def _count(figures: Figures, answer: object, expected: object) -> None:
    figures.trials += 1
    if isinstance(answer, ProvenanceError):
        figures.refused += 1
    elif isinstance(answer, BaseException):
        figures.tracebacks += 1
    elif answer == expected:
        figures.same += 1
    else:
        figures.other += 1


def _answer(path: Path, content: bytearray, pool: Executor) -> object:
    """The digest of a store with this content, or whatever error reading it gave."""
    path.write_bytes(content)
    reading = pool.submit(_digest, path)
    error = reading.exception()
    for beside in path.parent.glob(path.name + "*"):
        beside.unlink()
    return reading.result() if error is None else error


def _digest(path: Path) -> object:
    with closing(open_store(str(path))) as store:
        return digest(store)


if __name__ == "__main__":
    sys.stdout.write(f"{damaged_stores(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))}\n")
