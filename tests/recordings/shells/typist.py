"""What the intruder's machine does: waits for a shell to call, types lines into it, one every half second, and goes."""

from __future__ import annotations

import socket
import sys
import time
from pathlib import Path

if __name__ == "__main__":
    lines = Path(sys.argv[2]).read_text().splitlines()
    with socket.create_server((sys.argv[1], 4444)) as server:
        connection, _ = server.accept()
        for line in lines:
            time.sleep(0.5)
            connection.sendall(f"{line}\n".encode())
        time.sleep(1)
