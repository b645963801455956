"""A client that asks twice over one connection: keeper.py SOURCE FIRST SECOND (paths), three seconds apart."""

from __future__ import annotations

import sys
import time
from http.client import HTTPConnection

source, first, second = sys.argv[1:]
connection = HTTPConnection("10.88.0.10", 80, source_address=(source, 0))
for path in (first, second):
    connection.request("GET", path)
    connection.getresponse().read()
    time.sleep(3)
connection.close()
