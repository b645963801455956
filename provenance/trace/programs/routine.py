"""Routine: what every login and every run of a program does. A story counts it and does not show it."""

from __future__ import annotations

import re

_ROUTINE_FILES = re.compile(
    r"""
      /(usr|lib|lib32|lib64|libx32|bin|sbin|dev|sys)/.*               # programs and libraries, devices
    | /proc/(?!\d+/(environ|mem|maps|root|cwd)).*                     # the kernel's state
    | .*\.so(\.[\d.]+)? | .*/locale(/.*)? | .*/__pycache__/.* | .*\.pyc | .*/(terminfo|zoneinfo|gconv)/.*
    | /etc/(ld\.so\..*|passwd-?|group-?|nsswitch\.conf|localtime|timezone|resolv\.conf|hosts|host\.conf|gai\.conf|services
           |protocols|networks|login\.defs|environment|profile|bash\.bashrc|motd|issue(\.net)?|shells|inputrc|subuid|subgid
           |machine-id|debian_version|os-release|lsb-release|hostname|magic|mime\.types|locale\.(alias|gen|conf)|mtab|fstab
           |nologin|legal|adduser\.conf|deluser\.conf|anacrontab|crontab|hosts\.(allow|deny)|ethertypes|rpc)
    | /etc/(pam\.d|security|ssl|alternatives|profile\.d|update-motd\.d|default|selinux|terminfo|gnutls|krb5\.conf\.d
           |python[\d.]*|java[^/]*|php|apache2|nginx|mysql|perl|vim|ssh/sshd_config\.d|ssh/ssh_config\.d|skel|ca-certificates)/.*
    | /etc/(ssh/(ssh|sshd)_config|ssh/moduli|krb5\.conf|sudo\.conf|wgetrc|curlrc|nanorc|vimrc|screenrc|gitconfig)
    | (/var)?/run/(utmp|motd\..*|.*\.pid|.*\.lock|systemd/.*|nscd/.*|sshd(/.*)?|user/.*|sudo/.*|dbus/.*|lock/.*|udev/.*)
    | /var/log/(lastlog|wtmp|btmp|faillog|tallylog|auth\.log|syslog|messages|secure|cron(\.log)?|journal/.*|sudo.*)
    | /var/(lib/(sss|nss_db|dbus|systemd|sudo|pam|man-db|command-not-found|dpkg|apt)|cache)/.*
    | .*/\.(profile|bashrc|bash_profile|bash_login|bash_logout|bash_history|zshrc|inputrc|selected_editor|curlrc|hushlogin
           |wgetrc|viminfo|lesshst|sudo_as_admin_successful|gitconfig|ssh/known_hosts(\.old|2)?|ssh/config|pam_environment)
    | /var/(log|lib)/(exim4|postfix)/.*| /var/spool/exim4/(db|msglog)/.*
    | /etc/(aliases|email-addresses|mailname|exim4/.*|postfix/.*) | /var/mail/.*\.lock.*
    | /etc/ssh/.*\.pub | .*/\.ssh/(.*\.pub|known_hosts.*)
    | /var/lib/postgresql/.*/(base|global|pg_[a-z]+)/.*
    | .*/(base/\d+|global|pg_[a-z]+)/((t\d+_)?\d+(_[a-z]+)?(\.\d+)?|pg_[a-z_]+(\.[a-z]+)*(\.\d+)?|[0-9A-F]{4,24}) | .*/\.npm/.*
    | /var/lib/(misc|logrotate)/.* | .*/__init__\.py | .*/(site|dist)-packages/.* | .*/python3(\.\d+)?/.*
    """,
    re.VERBOSE | re.DOTALL,
)
_LIBRARIES = re.compile(r".*\.so(\.[\d.]+)?", re.DOTALL)
_INSTALLED = re.compile(
    r"/(usr|lib|lib32|lib64|libx32|bin|sbin)/.* | .*/(site|dist)-packages/.* | .*/python3(\.\d+)?/.*",
    re.VERBOSE | re.DOTALL,
)
_COMPILED = re.compile(
    r".*/__pycache__/.*|.*\.pyc|/usr/share/(man|mime|icons|applications)/[^/]*(cache|db)[^/]*", re.DOTALL
)
"""What a run of a program, or the end of any installation, leaves among installed files."""
_QUEUES = re.compile(r"/var/spool/(exim4|postfix|cron/atspool)/.*|/var/spool/cron/atjobs/\.SEQ", re.DOTALL)
"""Files by which work passes from one program to another, and whose names mean nothing to a reader."""
QUEUES = "/var/spool/"
"""Where all these files are."""
_ROUTINE_SOCKETS = re.compile(
    r"(/dev/log|(/var)?/run/(systemd|dbus|nscd|udev|sssd?|user|acpid)/.*|/var/lib/sss/.*)", re.DOTALL
)
_LOGIN_PROGRAMS = re.compile(
    r"(\S*/)?(run-parts .*update-motd\.d.*|env -i .*run-parts .*|lesspipe.*|dircolors( .*)?|locale-check .*|mesg n|groups"
    r"|utempter .*"
    r"|sh -c (/usr/bin/)?env -i .*run-parts .*|unix_chkpwd .*|ischroot.*|landscape-sysinfo.*|\S*/update-motd\.d/\S+"
    r"|(ba|da)?sh \S*/update-motd\.d/\S+.*)",
    re.DOTALL,
)


def is_routine_file(path: str) -> bool:
    """Whether most programs read or write a file of this path, so that this is no sign of an intruder."""
    return _ROUTINE_FILES.fullmatch(path) is not None


def is_library(path: str) -> bool:
    """Whether a file is a shared library: most programs load them, and few write one."""
    return _LIBRARIES.fullmatch(path) is not None


def is_installed(path: str) -> bool:
    """Whether a file is among installed programs and what belongs to them: all use them, and few write one."""
    return _INSTALLED.fullmatch(path) is not None and _COMPILED.fullmatch(path) is None


def is_queue(path: str) -> bool:
    """Whether a file is of a daemon's queue: a way on which work passes, but which a reader does not need to see."""
    return _QUEUES.fullmatch(path) is not None


def is_routine_socket(path: str) -> bool:
    """Whether a local socket of this path is of a service that most programs talk to."""
    return _ROUTINE_SOCKETS.fullmatch(path) is not None


def is_login_program(command: str) -> bool:
    """Whether a command line is of a program that every login runs (the message of the day, a shell's profile)."""
    return _LOGIN_PROGRAMS.fullmatch(command) is not None
