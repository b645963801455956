"""Decoders of single values: addresses, numbers that have names, hex text."""
