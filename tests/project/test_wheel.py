"""The contents of an installed package: for every platform, with its data, and without top-level names that shadow others."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import graphql
from script.man_pages import pages
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(ROOT)],
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return built


def test_it_is_for_every_platform(wheel: Path) -> None:
    assert wheel.name.endswith("-py3-none-any.whl")


def test_it_holds_its_data_and_its_licence(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    data = {
        "provenance/demo/data/web01.log.xz",
        "provenance/demo/data/alert.json",
        "provenance/py.typed",
        "provenance/_data/audit.rules",
        "provenance/ingest/pyauparse/py.typed",
        "provenance/ingest/pyauparse/tables/syscalls.tsv",
    }
    assert data <= names
    for folder in ("cypher", "graphql"):
        for text in (ROOT / folder).rglob("*"):
            if text.is_file():
                assert f"provenance/_data/{text.relative_to(ROOT)}" in names
    assert any(name.endswith("/licenses/LICENSE") for name in names)
    for source in (ROOT / "provenance").rglob("*.sql"):
        assert str(source.relative_to(ROOT)) in names


def test_only_our_package_is_at_the_top(wheel: Path) -> None:
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith((".dist-info", ".data"))} == {"provenance"}


def test_it_holds_a_manual_page_of_each_command(wheel: Path) -> None:
    names = {name.partition(".data/data/")[2] for name in zipfile.ZipFile(wheel).namelist() if ".data/" in name}
    assert names == {f"share/man/man1/{name}" for name, _ in pages()}


def test_the_demonstration_runs_from_the_wheel(wheel: Path, tmp_path: Path) -> None:
    code = "import sys; sys.path.insert(0, sys.argv.pop(1)); from provenance.cli import main; sys.exit(main(['demo']))"
    done = subprocess.run(
        [sys.executable, "-c", code, str(wheel)], cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert "198.51.100.23" in done.stdout


def test_data_folders_hold_no_python() -> None:
    for folder in ("graphql", "cypher"):
        assert (ROOT / folder).is_dir()
        assert list((ROOT / folder).rglob("*.py")) == []


def test_the_graphql_library_is_not_shadowed() -> None:
    assert graphql.__file__ is not None
    assert not Path(graphql.__file__).is_relative_to(ROOT / "graphql")
    assert graphql.parse("{ a }").definitions
