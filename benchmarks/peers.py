"""The programs that our parser is compared with, Debian's python3-audit and auditd; they are installed if missing."""

from __future__ import annotations

import os
import shutil
import subprocess

SYSTEM_PYTHON = "/usr/bin/python3"


def binding() -> bool:
    """Whether the system's Python has libauparse's binding; root installs a missing one."""
    return _has_binding() or (_install("python3-audit") and _has_binding())


def ausearch() -> str | None:
    """The path of ausearch; root installs a missing one. None if there is none."""
    path = os.pathsep.join((os.environ.get("PATH", ""), "/sbin", "/usr/sbin"))
    found = shutil.which("ausearch", path=path)
    return found or (shutil.which("ausearch", path=path) if _install("auditd") else None)


def _has_binding() -> bool:
    return _succeeds([SYSTEM_PYTHON, "-c", "import auparse"])


def _install(package: str) -> bool:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return False
    install = ["apt-get", "install", "-y", "--no-install-recommends", package]
    return _succeeds(install) or (_succeeds(["apt-get", "update"]) and _succeeds(install))


def _succeeds(command: list[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False
