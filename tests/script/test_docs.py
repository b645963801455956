"""The documentation's site: complete, without anything from other servers, and dead links end its build."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.docs.headings import anchors

_LOADS = re.compile(r"""<(?:script|img|iframe|link)\b[^>]*?(?:src|href)=["']?((?:https?:)?//[^"' >]+)""")
_STYLE_LOADS = re.compile(r"""(?:@import\s*|url\()["']?((?:https?:)?//[^"')]+)""")


def build(root: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Builds the site of the repository at a root."""
    command = [sys.executable, str(root / "script" / "docs.py"), "--folder", str(folder)]
    return subprocess.run(command, capture_output=True, encoding="utf-8", timeout=120)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = build(ROOT, folder)
    assert done.returncode == 0, done.stderr
    return folder / "site"


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A repository of two pages, with this script."""
    root = tmp_path / "small"
    for folder in ("docs", "script"):
        (root / folder).mkdir(parents=True)
    shutil.copy(ROOT / "script" / "docs.py", root / "script")
    (root / "README.md").write_text("# Start\n\n[usage](docs/usage.md#run)\n", "utf-8")
    (root / "docs" / "README.md").write_text("# Index\n\n## Users\n\n- [usage](usage.md): all\n", "utf-8")
    (root / "docs" / "usage.md").write_text("# Usage\n\n## Run\n\n```md\n[no link](nowhere.md)\n```\n", "utf-8")
    return root


def test_every_page_is_on_the_site_and_in_its_menu(site: Path) -> None:
    start = (site / "index.html").read_text("utf-8")
    for page in (ROOT / "docs").rglob("*.md"):
        place = page.relative_to(ROOT).with_suffix(".html")
        if page.name != "README.md":
            assert (site / place).is_file(), place
            assert f'href="./{place}"' in start, place


def test_every_heading_is_on_its_page(site: Path) -> None:
    for page in (ROOT / "docs").glob("*.md"):
        text = (site / page.relative_to(ROOT).with_suffix(".html").as_posix().replace("README", "index")).read_text(
            "utf-8"
        )
        missing = {anchor for anchor in anchors(page) if f'id="{anchor}"' not in text}
        assert not missing, page


def test_no_page_loads_anything_from_another_server(site: Path) -> None:
    for file in site.rglob("*.html"):
        assert _LOADS.findall(file.read_text("utf-8")) == [], file
    for file in site.rglob("*.css"):
        assert _STYLE_LOADS.findall(file.read_text("utf-8")) == [], file


def test_a_page_without_dead_links_is_built(small: Path, tmp_path: Path) -> None:
    done = build(small, tmp_path / "built")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "built" / "site" / "docs" / "usage.html").is_file()


@pytest.mark.parametrize("address", ["gone.md", "gone.png", "../script", "../../outside.md"])
def test_a_dead_link_ends_the_build_with_its_place(small: Path, tmp_path: Path, address: str) -> None:
    (tmp_path / "outside.md").write_text("# Outside\n", "utf-8")
    (small / "docs" / "usage.md").write_text(f"# Usage\n\n## Run\n\nsee [this]({address})\n", "utf-8")
    done = build(small, tmp_path / "built")
    assert done.returncode == 1
    assert "docs/usage.md:5: no such file" in done.stderr


def test_a_link_to_a_missing_heading_ends_the_build_with_its_place(small: Path, tmp_path: Path) -> None:
    (small / "docs" / "usage.md").write_text("# Usage\n\n## Other\n", "utf-8")
    done = build(small, tmp_path / "built")
    assert done.returncode == 1
    assert "README.md:3" in done.stderr
    assert "Traceback" not in done.stderr
