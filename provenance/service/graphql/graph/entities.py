"""The types of the schema for files, endpoints, pipes and sessions, with the properties of `provenance.model`."""

from __future__ import annotations

from typing import Self

import strawberry

from provenance.ingest.identity import EntityKind
from provenance.model import NODE_OF
from provenance.service.graphql.base.node import field
from provenance.service.graphql.base.scalars import BigInt, Text, Time, moment_time
from provenance.service.graphql.graph.graph import Entity, common, of_kind
from provenance.service.graphql.graph.properties import (
    end_of,
    model_property,
    number_of,
    text_list_of,
    text_of,
    texts_of,
)
from provenance.store.interface import Node as StoreNode
from provenance.text.labels import dated_hashes, dated_paths, paths


@strawberry.type(description="A path that a file had.")
class FileName:
    """A path of a file, with the time span in which it is recorded."""

    path: Text = strawberry.field(description="The path.")
    first: Time = strawberry.field(description="The time when the file is first recorded under it.")
    last: Time = strawberry.field(description="The time when the file is last recorded under it.")


@strawberry.type(description="A hash of a file's content, from a record.")
class FileHash:
    """A hash of a file, with the time span in which it is recorded."""

    hash: str = strawberry.field(description="Algorithm, a colon, and hexadecimal digits in lower case.")
    first: Time = strawberry.field(description="The time of the first record with it.")
    last: Time = strawberry.field(description="The time of the last record with it.")


_F = EntityKind.FILE


@of_kind(_F)
@strawberry.type(description=NODE_OF[_F].meaning)
class File(Entity):
    """A file."""

    path: Text | None = model_property(_F, "path")
    device: Text | None = model_property(_F, "device")
    inode: str | None = strawberry.field(description="Inode number in decimal; null when only the path is known.")
    mode: Text | None = model_property(_F, "mode")
    owner: BigInt | None = model_property(_F, "owner")
    end: Time | None = model_property(_F, "end")

    @classmethod
    def of(cls, node: StoreNode) -> Self:
        """The file of a store's node."""
        inode = node.attributes.get("inode")
        return cls(
            **common(node),
            **texts_of(node, "path", "device", "mode"),
            inode=None if inode is None else str(inode),
            owner=number_of(node, "owner"),
            end=end_of(node),
        )

    @field("Every path that the file ever had, in order of time, without duplicates.")
    def paths(self) -> list[Text]:
        """Its paths."""
        return [Text(path) for path in paths(self.node)]

    @field("The file's paths, with the times when each is recorded.")
    def names(self) -> list[FileName]:
        """Its names."""
        return [
            FileName(path=Text(name.path), first=moment_time(name.first), last=moment_time(name.last))
            for name in dated_paths(self.node)
        ]

    @field(
        "The hashes of the file's content that records gave, in order of time. The kernel's integrity "
        "measurement (IMA) writes such records."
    )
    def hashes(self) -> list[FileHash]:
        """Its hashes."""
        return [
            FileHash(hash=one.path, first=moment_time(one.first), last=moment_time(one.last))
            for one in dated_hashes(self.node)
        ]


_N = EntityKind.ENDPOINT


@of_kind(_N)
@strawberry.type(description=NODE_OF[_N].meaning)
class Endpoint(Entity):
    """An endpoint."""

    protocol: Text | None = model_property(_N, "protocol")
    ip: Text | None = model_property(_N, "ip")
    port: BigInt | None = model_property(_N, "port")
    path: Text | None = model_property(_N, "path")
    listening: bool = model_property(_N, "listening")
    account: Text | None = model_property(_N, "account")
    fingerprint: Text | None = model_property(_N, "fingerprint")
    requested: Text | None = model_property(_N, "requested")
    commands: list[Text] | None = model_property(_N, "commands")
    local_ip: Text | None = model_property(_N, "local_ip")

    @classmethod
    def of(cls, node: StoreNode) -> Self:
        """The endpoint of a store's node."""
        return cls(
            **common(node),
            **texts_of(node, "protocol", "ip", "path", "account", "fingerprint", "requested", "local_ip"),
            port=number_of(node, "port"),
            commands=text_list_of(node, "commands"),
            listening=bool(node.attributes.get("listening")),
        )


_I = EntityKind.PIPE


@of_kind(_I)
@strawberry.type(description=NODE_OF[_I].meaning)
class Pipe(Entity):
    """A pipe."""

    type: Text | None = model_property(_I, "type")
    path: Text | None = model_property(_I, "path")

    @classmethod
    def of(cls, node: StoreNode) -> Self:
        """The pipe of a store's node."""
        return cls(**common(node), type=text_of(node, "type"), path=text_of(node, "path"))


_S = EntityKind.SESSION


@of_kind(_S)
@strawberry.type(description=NODE_OF[_S].meaning)
class Session(Entity):
    """A session."""

    auid: BigInt | None = model_property(_S, "auid")
    ses: BigInt | None = model_property(_S, "ses")
    user: Text | None = model_property(_S, "user")
    address: Text | None = model_property(_S, "address")
    terminal: Text | None = model_property(_S, "terminal")
    service: Text | None = model_property(_S, "service")

    @classmethod
    def of(cls, node: StoreNode) -> Self:
        """The session of a store's node."""
        texts = ("user", "address", "terminal", "service")
        return cls(
            **common(node),
            **texts_of(node, *texts),
            auid=number_of(node, "auid"),
            ses=number_of(node, "ses"),
        )
