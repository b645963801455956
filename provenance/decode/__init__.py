"""Decoding of commands that are hidden in arguments. Nothing here executes, fetches or opens anything."""

from provenance.decode.argv import decode_argv
from provenance.decode.decoding import Decoding

__all__ = ["Decoding", "decode_argv"]
