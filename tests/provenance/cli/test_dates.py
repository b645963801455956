"""`ingest` of a file of one day whose year may come first: what it read is said, and a given order is not doubted."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.provenance.cli.conftest import Command

_LINE = (
    "----\ntype=SYSCALL msg=audit({}.100:{}) : arch=x86_64 syscall=openat success=yes exit=3 a0=AT_FDCWD a1=0 a2=O_RDONLY a3=0x0 "
    "items=1 ppid=1 pid=100 auid=unset uid=root gid=root euid=root tty=(none) ses=unset comm=sh exe=/bin/sh key=(null) \n"
)


@pytest.mark.parametrize(("date", "warned"), [("26/11/30", True), ("11/26/2026", False)])
def test_a_date_that_may_have_the_year_first_is_printed_as_it_was_read(
    command: Command, tmp_path: Path, date: str, warned: bool
) -> None:
    log = tmp_path / "audit.log"
    log.write_text("".join(_LINE.format(f"{date} 10:00:0{number}", 900 + number) for number in range(3)))
    result = command("ingest", "--store", tmp_path / "case.db", "--host", "web01", log)
    assert result.code == 0
    assert ("which was read as 2030-11-26; if the locale writes the year first" in result.err) == warned
    again = command("ingest", "--store", tmp_path / "again.db", "--host", "web01", "--dates", "day-first", log)
    assert "which was read as" not in again.err
