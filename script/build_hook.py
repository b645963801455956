"""Build hook: adds the manual pages to a wheel (https://hatch.pypa.io/latest/plugins/build-hook/custom/)."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ManualPages(BuildHookInterface):  # type: ignore[type-arg]  # its parameter is a private class of hatchling
    """Writes the pages before the build and removes them afterwards."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Writes the pages; `version` is `editable` for an installation that points to a checkout, which needs none."""
        if version == "editable":
            return
        sys.path.insert(0, self.root)
        from script.man_pages import write

        self._folder = tempfile.TemporaryDirectory(prefix="provenance-man-")
        for page in write(Path(self._folder.name)):
            build_data["shared_data"][str(page)] = f"share/man/man1/{page.name}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Removes the folder of the pages."""
        if version != "editable":
            self._folder.cleanup()
