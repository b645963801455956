"""A state round-trips through a format that does not depend on the names of modules, classes and attributes."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.ingest import checkpoint
from provenance.ingest.checkpoint import CheckpointError, envelope
from provenance.ingest.checkpoint.columns import Rows, columns
from provenance.ingest.checkpoint.decoding import decode
from provenance.ingest.checkpoint.encoding import encode
from provenance.ingest.checkpoint.migrations import MIGRATIONS, migrate
from provenance.ingest.checkpoint.schema import VERSION, tables
from provenance.ingest.checkpoint.types import COLLECTIONS, TYPES
from provenance.ingest.deriver import Deriver
from provenance.ingest.state.host import Host
from tests.ingest.checkpoint.states import everything, recorded
from tests.ingest.histories import Step, histories, script_of
from tests.ingest.reading import facts_of
from tests.ingest.script import Script


def test_every_table_is_filled_and_comes_back_as_it_was() -> None:
    saved = checkpoint.save(everything(), b"held\n")
    content = decode(envelope.content_of(saved))
    empty = {
        name for name, table in tables().items() if not any(getattr(getattr(content, name), c) for c in columns(table))
    }
    assert not empty
    assert content.surrogates and content.wide
    again, held = checkpoint.load(saved)
    assert held == b"held\n"
    assert checkpoint.save(again, held) == saved


@settings(max_examples=60, deadline=None)
@given(histories(30), st.booleans())
def test_any_state_comes_back_as_it_was(history: list[Step], closes: bool) -> None:
    deriver = Deriver("web01")
    for event in script_of(history, closes).parsed():
        deriver.push(event)
        saved = checkpoint.save(deriver)
        assert checkpoint.save(checkpoint.load(saved)[0]) == saved


def test_shared_objects_are_shared_after_loading() -> None:
    deriver, _ = checkpoint.load(checkpoint.save(everything()))
    host = deriver.host
    parent, child = host.live[300], host.live[301]
    (owed,) = [description.owed for description in parent.owing]
    assert owed is not None and owed.image is parent
    assert any(entry.description is parent.owing[0] for entry in child.fds.values())
    assert host.forks[200].fds is host.live[100].fds
    assert all(channel.description is description for description, channel in host.live[100].channels.items())


def test_the_order_of_eviction_survives() -> None:
    """The oldest go first when there are too many."""
    deriver = everything()
    again, _ = checkpoint.load(checkpoint.save(deriver))
    for name in ("live", "ended", "forks", "inodes", "endpoints"):
        assert list(getattr(again.host, name)) == list(getattr(deriver.host, name))


def test_every_attribute_of_every_class_has_a_column() -> None:
    """An attribute that is added needs a column, else it is lost between two runs."""
    derived = {"ids", "batch", "flows", "changed_images", "changed_files", "tallies", "named", "clock"}
    for name, type in TYPES.items():
        held = {slot for cls in type.cls.__mro__ for slot in getattr(cls, "__slots__", ())}
        if type.cls is Host:
            held = set(vars(Host("")))
        assert {type.attribute(column) for column in columns(tables()[name])} == held - derived


def test_every_collection_has_a_table_and_every_table_a_use() -> None:
    counted = {mark.table for table in tables().values() for mark in columns(table).values() if isinstance(mark, Rows)}
    assert counted == COLLECTIONS.keys()
    assert tables().keys() == counted | TYPES.keys() | {"position", "descriptor_tables", "commands"}


def test_a_checkpoint_contains_no_module_or_class_names() -> None:
    content = envelope.content_of(recorded("container", "box01"))
    assert not re.search(rb"ingest|provenance\.|Tracked|GraphObject|FileNode|Description", content)


def test_numbers_beyond_64_bits_and_invalid_utf8_survive() -> None:
    host = checkpoint.load(checkpoint.save(everything()))[0].host
    assert host.daemon_ended == -(10**30)
    assert host.paths["/without/inode"].owner == 10**30
    assert host.name == "web\udcff01"
    assert any("/tmp/\udcff" in file.paths for file in host.inodes.values())


def test_a_state_that_repeats_itself_endlessly_can_be_loaded_again() -> None:
    """What compresses better than a checkpoint may grow is not compressed."""
    deriver = everything()
    held = b"\n" * (20 << 20)
    saved = checkpoint.save(deriver, held)
    assert len(saved) > len(held)
    assert checkpoint.load(saved)[1] == held


def _later(tables: dict[str, Any]) -> dict[str, Any]:
    """As if the version before had neither the sockets' protocols nor this name of a table."""
    tables["descriptions"]["protocol"] = [0] * len(tables["descriptions"]["first"])
    tables["peers"] = tables.pop("neighbours")
    return tables


def test_a_migration_adds_a_field_and_renames_a_table() -> None:
    earlier = msgspec.to_builtins(decode(envelope.content_of(recorded("container", "box01"))), builtin_types=(bytes,))
    del earlier["descriptions"]["protocol"]
    earlier["neighbours"] = earlier.pop("peers")
    content = migrate(earlier, 1, {1: _later, 2: lambda tables: tables}, goal=3)
    assert content.descriptions.protocol == [0] * len(content.descriptions.first)
    assert decode(encode(content)) == content


def test_a_checkpoint_that_a_migration_cannot_read_is_damaged() -> None:
    for earlier in ({}, {"descriptions": 1}, {"descriptions": {"first": [1]}, "neighbours": [[]]}):
        with pytest.raises(CheckpointError, match="damaged"):
            migrate(dict(earlier), 1, {1: _later}, goal=2)


def test_migrations_lead_without_a_gap_to_this_version() -> None:
    assert set(MIGRATIONS) == set(range(VERSION - len(MIGRATIONS), VERSION))


def test_a_version_that_cannot_be_carried_over_is_named() -> None:
    with pytest.raises(CheckpointError, match=f"version 4, from which version {VERSION} cannot continue"):
        checkpoint.load(b"provenance-checkpoint/4\nxx")
    with pytest.raises(CheckpointError, match="newer version"):
        checkpoint.load(b"provenance-checkpoint/999\nxx")


ADDED: dict[int, dict[str, tuple[str, ...] | None]] = {
    6: {"logins": None, "elevated": None, "host": ("logins", "elevated")},
    7: {"missing": None, "host": ("missing", "lowest_serial")},
    8: {"threads": None, "host": ("threads",)},
    9: {"descriptions": ("passed_on",)},
    10: {"boots": None, "daemon_records": None, "host": ("boots", "daemon_records")},
    11: {"host": ("thread_numbers",)},
    12: {"requests": None, "descriptions": ("requests",)},
    13: {"host": ("recorded_kinds",)},
    14: {"accounts": None, "images": ("accounts",)},
    15: {"account_names": None, "host": ("account_names",)},
}
"""Which tables (None), or columns of a table, the version after each has and it has not."""


@pytest.mark.parametrize("version", sorted(MIGRATIONS))
def test_a_store_of_each_earlier_version_is_gone_on_from(version: int) -> None:
    script = Script()
    server = script.process(100, comm="server")
    server.accepts(3, 4, "198.51.100.1", 40000)
    events = script.parsed()
    child = server.forks(101)
    child.dups(4, 0)
    child.execs("/bin/sh")
    deriver = Deriver("web01")
    for event in events:
        deriver.push(event)
    before = deriver.take()
    content = msgspec.to_builtins(decode(envelope.content_of(checkpoint.save(deriver))), builtin_types=(bytes,))
    for former in range(version, VERSION):
        for table, later in ADDED[former].items():
            if later is None:
                del content[table]
            else:
                content[table] = {name: one for name, one in content[table].items() if name not in later}
    again, held = checkpoint.load(envelope.seal(version, msgspec.msgpack.encode(content), b"held\n"))
    for event in script.parsed()[len(events) :]:
        again.push(event)
    assert held == b"held\n"
    assert facts_of([before, again.take(), again.conclude()]).spans == script.facts().spans


@pytest.mark.parametrize("content", [b"", b"\xc1", msgspec.msgpack.encode([1]), b"\x91" * 5000])
def test_content_of_an_earlier_version_that_is_no_table_is_damaged(content: bytes) -> None:
    with pytest.raises(CheckpointError, match="damaged"):
        checkpoint.load(envelope.seal(min(MIGRATIONS), content, b""))
