"""Secrets: files that hold keys, passwords and tokens. A story names those that were read before all other files."""

from __future__ import annotations

import fnmatch
import posixpath
import re

SECRET_PATHS = (
    "/etc/shadow*",
    "/etc/gshadow*",
    "/etc/sudoers*",
    "/etc/krb5.keytab",
    "*.keytab",
    "/tmp/krb5cc_*",
    "*/.ssh/id_*",
    "/etc/ssh/ssh_host_*_key",
    "*/.gnupg/*",
    "*.pem",
    "*.key",
    "*.p12",
    "*.pfx",
    "*.jks",
    "*.kdbx",
    "*/.aws/credentials",
    "*/.azure/*",
    "*/.config/gcloud/*",
    "*/.kube/config",
    "/etc/kubernetes/*.conf",
    "/run/secrets/*",
    "/var/run/secrets/*",
    "*/.docker/config.json",
    "*/.vault-token",
    "*/.npmrc",
    "*/.pypirc",
    "*/.netrc",
    "*/.git-credentials",
    "*/.pgpass",
    "*/.my.cnf",
    "/etc/mysql/debian.cnf",
    "*/.env",
    "*/wp-config.php",
    "*/.bash_history",
    "*/.mozilla/*/logins.json",
    "*/.mozilla/*/key4.db",
    "*/Login Data",
    "/proc/*/environ",
)
"""Patterns of complete paths, in which `*` also matches `/` (docs/tracing.md#what-a-story-shows)."""
PUBLIC_PATHS = ("*.pub", "/etc/ssl/certs/*", "/usr/*", "*/cacert.pem", "/etc/ca-certificates/*")
"""Paths that match SECRET_PATHS and are public: certificates and public keys."""
ROUTINE_READERS = frozenset(
    (
        "sshd",
        "sshd-session",
        "sudo",
        "su",
        "login",
        "cron",
        "crond",
        "passwd",
        "chage",
        "useradd",
        "userdel",
        "usermod",
        "unix_chkpwd",
        "systemd",
        "systemd-logind",
        "systemd-executor",
        "polkitd",
        "vsftpd",
        "proftpd",
        "dovecot",
        "exim4",
        "sendmail",
        "anacron",
        "systemd-user-runtime-dir",
        "(systemd)",
        "atd",
        "newgrp",
        "chsh",
        "chpasswd",
    )
)
"""Programs that read account files, host keys or tables of jobs each time they run."""
_SECRET = re.compile("|".join(map(fnmatch.translate, SECRET_PATHS)))
_PUBLIC = re.compile("|".join(map(fnmatch.translate, PUBLIC_PATHS)))


def is_secret(path: str) -> bool:
    """Whether a file of this path holds secrets."""
    return _SECRET.match(path) is not None and _PUBLIC.match(path) is None


def reads_routinely(program: str) -> bool:
    """Whether a program reads the same files each time it runs: account files, host keys, tables of jobs."""
    return posixpath.basename(program).rstrip(":") in ROUTINE_READERS


def is_shell(program: str) -> bool:
    """Whether a program is a shell, which reads its own history."""
    return posixpath.basename(program).endswith("sh")


def is_history(path: str) -> bool:
    """Whether a file of this path is the history of a shell."""
    return path.endswith("_history")
