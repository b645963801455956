"""Shared fixtures: the folders of the recordings and the corpus, if they are present."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from tests.branch_coverage import Report, report

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
"""Logs that belong to others and stay outside the repository; tests that need them skip when it is absent."""

_COVERAGE = pytest.StashKey[Report]()
settings.register_profile("repeatable", derandomize=True)
settings.register_profile("explore", derandomize=False, print_blob=True)
settings.load_profile("repeatable")
"""A run of the suite tries the same examples each time, so that a change is never blamed for an example that it did not
touch; `pytest --hypothesis-profile=explore` tries new ones."""


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared recordings and corpus, or a skip that says why."""
    if not SHARED.is_dir():
        pytest.skip(f"{SHARED} is not here: recordings and corpus are not part of this repository")
    return SHARED


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--rewrite-goldens` writes what tests compare with a golden file into that file, to be read before committing.
    `--require-coverage` is for a run of all tests with `--cov`."""
    parser.addoption("--rewrite-goldens", action="store_true", help="write the golden files anew")
    parser.addoption("--require-coverage", action="store_true", help="fail when a file lacks coverage without a reason")


@pytest.fixture(autouse=True)
def _usual_width(monkeypatch: pytest.MonkeyPatch) -> None:
    """Text output has its usual width: pytest-xdist sets COLUMNS."""
    monkeypatch.delenv("COLUMNS", raising=False)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Compares a text with a golden file, or rewrites the file when `--rewrite-goldens` is given."""

    def compare(path: Path, text: str) -> None:
        if request.config.getoption("--rewrite-goldens"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.is_file(), f"{path} is not here: run with --rewrite-goldens and read it"
        assert text == path.read_text(encoding="utf-8"), f"{path.name} differs; --rewrite-goldens if that is meant"

    return compare


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """With `--cov`: make the report, and with `--require-coverage` fail when a file needs a test or a reason."""
    plugin = session.config.pluginmanager.get_plugin("_cov")
    if plugin is None or plugin.cov_controller is None or hasattr(session.config, "workerinput"):
        return
    found = session.config.stash[_COVERAGE] = report(plugin.cov_controller.cov)
    if found.unexplained and session.config.getoption("--require-coverage") and not session.exitstatus:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """With `--cov`: which files too little was executed of."""
    if _COVERAGE in config.stash:
        terminalreporter.section("coverage")
        for line in config.stash[_COVERAGE].lines:
            terminalreporter.write_line(line)
