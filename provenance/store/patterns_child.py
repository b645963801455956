"""The child process of `provenance.store.patterns`: run as a file, it imports no other module of the product.

Standard input is the JSON of [pattern, [text, ...], seconds]; standard output is the JSON of [indexes, index]: those of
the texts that match, and that of a text on which the pattern took longer than the limit, or null. The interpreter
looks for signals while it matches (Modules/_sre/sre_lib.h, MAYBE_CHECK_SIGNALS), so an alarm ends it.
"""

import json
import re
import signal
import sys


class _Late(Exception):
    """The time limit was reached."""


def _ring(_number: int, _frame: object) -> None:
    raise _Late


if __name__ == "__main__":
    pattern, texts, seconds = json.load(sys.stdin.buffer)
    search = re.compile(pattern).search
    signal.signal(signal.SIGALRM, _ring)
    found, endless, place = [], None, -1
    try:
        for place, text in enumerate(texts):
            signal.setitimer(signal.ITIMER_REAL, seconds)
            if search(text):
                found.append(place)
        signal.setitimer(signal.ITIMER_REAL, 0)
    except _Late:
        endless = place
    json.dump([found, endless], sys.stdout)
