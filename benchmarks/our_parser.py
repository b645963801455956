"""Reads every field of every record, decoded, with our parser.

python -m benchmarks.our_parser LOG     prints events, fields and seconds of processor time
"""

import sys
import time

from provenance.ingest.pyauparse import events


def read(path: str) -> tuple[int, int]:
    """The number of events and fields of a log."""
    count = fields = 0
    for event in events(path):
        count += 1
        for _, values in event.decoded():
            fields += len(values)
    return count, fields


if __name__ == "__main__":
    start = time.process_time()
    print(*read(sys.argv[1]), time.process_time() - start)  # noqa: T201
