"""Secrets, lasting changes and routine files: what a story names first, and what it leaves out."""

from __future__ import annotations

import pytest

from provenance.trace.programs.persistence import LASTING_PATHS, is_lasting
from provenance.trace.programs.routine import is_login_program, is_routine_file
from provenance.trace.programs.secrets import PUBLIC_PATHS, SECRET_PATHS, is_secret
from tests.conftest import ROOT


@pytest.mark.parametrize(
    "path", ["/etc/shadow", "/root/.ssh/id_ed25519", "/home/x/.aws/credentials", "/srv/tls/site.pem"]
)
def test_secrets(path: str) -> None:
    assert is_secret(path)


@pytest.mark.parametrize(
    "path", ["/root/.ssh/id_ed25519.pub", "/etc/ssl/certs/ca.pem", "/srv/shop/prices.csv", "/etc/passwd"]
)
def test_files_without_secrets(path: str) -> None:
    assert not is_secret(path)


@pytest.mark.parametrize(
    ("path", "lasts"), [("/etc/rc.local", True), ("/etc/cron.d/x", True), ("/tmp/x", False), ("/etc/hosts", False)]
)
def test_lasting_changes(path: str, lasts: bool) -> None:
    assert is_lasting(path) is lasts


@pytest.mark.parametrize(
    "path", ["/var/log/lastlog", "/run/motd.dynamic.new", "/etc/ld.so.cache", "/proc/self/loginuid"]
)
def test_routine_files(path: str) -> None:
    assert is_routine_file(path)


@pytest.mark.parametrize(
    "path", ["/etc/shadow", "/etc/cron.d/x", "/var/log/nginx/access.log", "/proc/1/environ", "/srv/x"]
)
def test_files_that_are_not_routine(path: str) -> None:
    assert not is_routine_file(path)


def test_programs_of_every_login() -> None:
    assert is_login_program("/bin/sh /etc/update-motd.d/10-uname")
    assert is_login_program("run-parts --lsbsysinit /etc/update-motd.d")
    assert not is_login_program("bash -i")


def test_the_documents_list_every_pattern() -> None:
    page = (ROOT / "docs" / "tracing.md").read_text("utf-8")
    assert [path for path in (*SECRET_PATHS, *PUBLIC_PATHS, *LASTING_PATHS) if f"`{path}`" not in page] == []
