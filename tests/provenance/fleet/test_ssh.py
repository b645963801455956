"""What command lines of ssh ask of a server."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.fleet import Request, requested


@pytest.mark.parametrize(
    ("line", "account", "command"),
    [
        ("ssh deploy@10.0.0.20 'id; ls /srv'", "deploy", "id; ls /srv"),
        (
            "/usr/bin/ssh -p 2222 -o StrictHostKeyChecking=no deploy@db1 cat /srv/cards.csv",
            "deploy",
            "cat /srv/cards.csv",
        ),
        ("ssh -l deploy -i /root/.ssh/key db1 uptime", "deploy", "uptime"),
        ("ssh -ldeploy db1 -v uptime", "deploy", "uptime"),
        ("ssh -o User=deploy -oPort=22 db1 -- uptime -p", "deploy", "uptime -p"),
        ("ssh -o 'user deploy' other@db1", "deploy", None),
        ("ssh -vvNL 8080:127.0.0.1:80 deploy@db1", "deploy", None),
        ("ssh -s deploy@db1 sftp", "deploy", None),
        ("ssh -W 10.0.0.30:22 ops@jump", "ops", None),
        ("ssh ssh://deploy@db1:2222", "deploy", None),
        ("ssh db1", None, None),
        ("ssh -t db1 sudo -l", None, "sudo -l"),
    ],
)
def test_the_account_and_the_command_that_a_client_asks_for(
    line: str, account: str | None, command: str | None
) -> None:
    assert requested(shlex.split(line)) == Request(account, command)


@pytest.mark.parametrize("line", ["", "ssh", "ssh -V", "ssh -o", "sshd -D -R", "scp a b:", "bash -c 'ssh a b'"])
def test_other_command_lines_ask_for_nothing(line: str) -> None:
    assert requested(shlex.split(line)) is None


@given(
    st.lists(st.text(max_size=6) | st.sampled_from(["-l", "-o", "User=", "--", "-", "@", "-oUser", "a@"]), max_size=8)
)
def test_any_arguments_are_read(words: list[str]) -> None:
    found = requested(["ssh", *words])
    assert found is None or found.account != ""
