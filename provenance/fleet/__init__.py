"""The fleet: joins the connections of many hosts, finds their addresses and the offsets of their clocks."""

from __future__ import annotations

from provenance.fleet.joining import JoinResult, join
from provenance.fleet.signs import Signs, Visit
from provenance.fleet.ssh import Request, requested
from provenance.fleet.zeek import ZeekConn, parse_conn_log

__all__ = ["JoinResult", "Request", "Signs", "Visit", "ZeekConn", "join", "parse_conn_log", "requested"]
