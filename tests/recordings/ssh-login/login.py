"""Logs in with ssh as a person does: a password typed at a terminal, then commands, one after another."""

from __future__ import annotations

import os
import pty
import select
import sys
import time


def main(address: str, source: str, passwords: str, commands: list[str]) -> None:
    options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "NumberOfPasswordPrompts=3"]
    options.append("PreferredAuthentications=password")
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvp("ssh", ["ssh", *(part for option in options for part in ("-o", option)), "-b", source, address])
    for password in passwords.split(","):
        seen(terminal, b"assword:")
        os.write(terminal, password.encode() + b"\n")
    for command in commands:
        seen(terminal, b"$ ", b"# ")
        time.sleep(0.3)
        os.write(terminal, command.encode() + b"\n")
    while seen(terminal, b"\0"):
        pass
    os.close(terminal)
    os.waitpid(pid, 0)


def seen(terminal: int, *wanted: bytes) -> bool:
    """Reads until one of these is shown; False at the end."""
    shown = b""
    while not any(text in shown for text in wanted):
        if not select.select([terminal], [], [], 20)[0]:
            return False
        try:
            part = os.read(terminal, 4096)
        except OSError:
            return False
        if not part:
            return False
        shown += part
    return True


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:])
