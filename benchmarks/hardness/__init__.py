"""Attacks on the product, each with the figures of what it withstood."""
