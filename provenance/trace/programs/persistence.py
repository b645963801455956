"""Persistence: files by which a change lasts: what starts programs later, and who may log in. A story names those that were
changed before all other files."""

from __future__ import annotations

import fnmatch
import re
from functools import lru_cache

LASTING_PATHS = (
    "/etc/rc.local",
    "/etc/rc.d/*",
    "/etc/rc*.d/*",
    "/etc/init.d/*",
    "/etc/init/*",
    "/etc/inittab",
    "/etc/cron*",
    "/etc/anacrontab",
    "/etc/incron.d/*",
    "/var/spool/cron/*",
    "/var/spool/at/*",
    "/etc/logrotate.d/*",
    "/etc/systemd/*",
    "/usr/lib/systemd/*",
    "/lib/systemd/*",
    "/run/systemd/system/*",
    "*/.config/systemd/*",
    "*/.local/share/systemd/*",
    "/usr/share/dbus-1/*services/*",
    "/etc/dbus-1/*",
    "/etc/xdg/autostart/*",
    "*/.config/autostart/*",
    "/etc/ld.so.preload",
    "/etc/ld.so.conf*",
    "/etc/modules*",
    "/etc/modprobe.d/*",
    "/lib/modules/*",
    "/usr/lib/modules/*",
    "/boot/*",
    "/etc/default/grub*",
    "/etc/udev/rules.d/*",
    "/lib/udev/rules.d/*",
    "/usr/lib/udev/rules.d/*",
    "/etc/profile*",
    "/etc/environment",
    "/etc/bash.bashrc",
    "/etc/zsh*",
    "*/.bashrc",
    "*/.profile",
    "*/.bash_profile",
    "*/.bash_login",
    "*/.bash_logout",
    "*/.zshrc",
    "*/.zshenv",
    "*/.zprofile",
    "*/.pam_environment",
    "/etc/update-motd.d/*",
    "*/.ssh/authorized_keys*",
    "*/.ssh/rc",
    "*/.ssh/environment",
    "/etc/ssh/sshrc",
    "/etc/ssh/sshd_config*",
    "/etc/pam.d/*",
    "/etc/pam.conf",
    "/etc/security/*",
    "*/security/pam_*.so",
    "/etc/nsswitch.conf",
    "/etc/passwd",
    "/etc/shadow",
    "/etc/group",
    "/etc/gshadow",
    "/etc/sudoers*",
    "/etc/doas.conf",
    "/etc/polkit-1/*",
    "/etc/apt/apt.conf*",
    "/etc/dpkg/dpkg.cfg*",
    "/etc/yum/pluginconf.d/*",
    "/etc/dnf/plugins/*",
    "/usr/lib/yum-plugins/*",
    "/etc/NetworkManager/dispatcher.d/*",
    "/etc/network/if-*.d/*",
    "/etc/dhcp/dhclient-*-hooks.d/*",
    "/etc/supervisor/*",
    "/etc/inetd.conf",
    "/etc/xinetd.d/*",
    "*/.git/hooks/*",
    "*/hooks/pre-receive",
    "*/hooks/post-receive",
    "*/hooks/update",
    "/usr/share/git-core/templates/hooks/*",
)
"""Patterns of complete paths, in which `*` also matches `/` (docs/tracing.md#what-a-story-shows)."""
_LASTING = re.compile("|".join(map(fnmatch.translate, LASTING_PATHS)))


@lru_cache(maxsize=2048)
def is_lasting(path: str) -> bool:
    """Whether a changed file of this path starts programs later or lets somebody log in."""
    return _LASTING.match(path) is not None
