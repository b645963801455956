"""Reads every field of every record with libauparse's Python binding, which only the system's Python has.

/usr/bin/python3 benchmarks/peer_auparse.py LOG     prints events, fields and seconds of processor time
"""

import sys
import time

import auparse


def read(path: str) -> tuple[int, int]:
    """The number of events and fields of a log."""
    parser = auparse.AuParser(auparse.AUSOURCE_FILE, path)
    events = fields = 0
    while parser.parse_next_event():
        events += 1
        parser.first_record()
        while True:
            parser.first_field()
            while True:
                parser.get_field_name()
                parser.get_field_str()
                fields += 1
                if not parser.next_field():
                    break
            if not parser.next_record():
                break
    return events, fields


if __name__ == "__main__":
    start = time.process_time()
    print(*read(sys.argv[1]), time.process_time() - start)  # noqa: T201
