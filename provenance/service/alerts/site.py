"""The reader of alerts for the settings of a service: with the mapping file and the table of host aliases of its site."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from provenance.alerts.reader import FollowingReader, reader
from provenance.errors import InputError, UsageError
from provenance.service.settings import Settings


def site_reader(settings: Settings) -> FollowingReader:
    """The reader of alerts, whose table of host aliases follows its file. Raises InputError and UsageError, which name the
    setting."""
    mapping, aliases = (Path(file) if file else None for file in (settings.alert_mapping, settings.alert_hosts))
    with _naming_setting("alert_mapping"):
        reader(mapping, None)
    with _naming_setting("alert_hosts"):
        return FollowingReader(mapping, aliases)


@contextmanager
def _naming_setting(setting: str) -> Iterator[None]:
    try:
        yield
    except InputError as error:
        raise InputError(f"{setting}: {error}") from error
    except UsageError as error:
        raise UsageError(f"{setting}: {error}") from error
