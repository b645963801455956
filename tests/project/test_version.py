"""The version of a build: from the tags, and without tags from a fallback that agrees with the changelog."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.conftest import ROOT

NEEDED = ("pyproject.toml", "README.md", "LICENSE")


def run(folder: Path, *words: str) -> str:
    """Standard output of a command in a folder."""
    done = subprocess.run(words, cwd=folder, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def git(folder: Path, *words: str) -> str:
    return run(folder, "git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "tag.gpgsign=false", *words)


def built_version(folder: Path) -> str:
    return run(folder, sys.executable, "-m", "hatchling", "version")


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """The files that decide the version, in a folder that is no repository."""
    for name in NEEDED:
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


@pytest.fixture
def repository(sources: Path) -> Path:
    """The same as a repository with one commit and no tag."""
    git(sources, "init", "--quiet")
    git(sources, "add", ".")
    git(sources, "commit", "--quiet", "--message", "first")
    return sources


def test_a_tag_is_the_version(repository: Path) -> None:
    git(repository, "tag", "v0.7.0")
    assert built_version(repository) == "0.7.0"


def test_a_commit_after_a_tag_is_on_the_way_to_the_next_minor_version(repository: Path) -> None:
    git(repository, "tag", "v0.7.0")
    git(repository, "commit", "--quiet", "--allow-empty", "--message", "second")
    assert re.fullmatch(r"0\.8\.0\.dev1\+g[0-9a-f]+", built_version(repository))


def test_a_clone_without_tags_has_the_fallback_and_its_commit(repository: Path) -> None:
    base = fallback().removesuffix(".dev0")
    assert re.fullmatch(rf"{re.escape(base)}\.dev1\+g[0-9a-f]+", built_version(repository))


def test_an_archive_without_a_repository_has_the_fallback(sources: Path) -> None:
    assert built_version(sources) == fallback()


def test_an_sdist_keeps_the_version_it_was_made_with(
    repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    git(repository, "tag", "v0.7.0")
    folder = tmp_path_factory.mktemp("sdist")
    run(repository, sys.executable, "-m", "hatchling", "build", "--target", "sdist", "--directory", str(folder))
    shutil.unpack_archive(next(folder.glob("*.tar.gz")), folder, filter="data")
    assert built_version(next(folder.glob("*-0.7.0"))) == "0.7.0"


def fallback() -> str:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    found: str = project["tool"]["hatch"]["version"]["fallback-version"]
    return found


def test_the_fallback_is_the_minor_version_after_the_newest_in_the_changelog() -> None:
    newest = re.search(
        r"^## \[(\d+)\.(\d+)\.\d+\] - \d{4}-\d\d-\d\d$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.M
    )
    assert newest is not None
    assert fallback() == f"{newest[1]}.{int(newest[2]) + 1}.0.dev0"


def test_the_command_prints_the_installed_version() -> None:
    assert run(ROOT, sys.executable, "-m", "provenance", "--version") == f"provenance {version('provenance-graph')}"
