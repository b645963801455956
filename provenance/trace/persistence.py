"""Persistence: files by which a change lasts: what starts programs later, and who may log in. A story names those that were
changed before all other files."""

from __future__ import annotations

import fnmatch
import re

LASTING_PATHS = (
    "/etc/rc.local",
    "/etc/rc*.d/*",
    "/etc/init.d/*",
    "/etc/inittab",
    "/etc/cron*",
    "/etc/anacrontab",
    "/var/spool/cron/*",
    "/etc/systemd/*",
    "/usr/lib/systemd/*",
    "/lib/systemd/*",
    "*/.config/systemd/*",
    "*/.config/autostart/*",
    "/etc/ld.so.preload",
    "/etc/ld.so.conf*",
    "/etc/modules*",
    "/lib/modules/*",
    "/etc/profile*",
    "/etc/bash.bashrc",
    "*/.bashrc",
    "*/.profile",
    "*/.bash_profile",
    "*/.ssh/authorized_keys*",
    "/etc/ssh/sshd_config*",
    "/etc/pam.d/*",
    "*/security/pam_*.so",
    "/etc/passwd",
    "/etc/shadow",
    "/etc/group",
    "/etc/sudoers*",
    "*/.git/hooks/*",
    "*/hooks/post-receive",
)
"""Patterns of complete paths, in which `*` also matches `/` (docs/tracing.md#what-a-story-shows)."""
_LASTING = re.compile("|".join(map(fnmatch.translate, LASTING_PATHS)))


def is_lasting(path: str) -> bool:
    """Whether a changed file of this path starts programs later or lets somebody log in."""
    return _LASTING.match(path) is not None
