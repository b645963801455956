"""Overlay file systems: the first write to a file of an image copies it up."""

from __future__ import annotations

from tests.ingest.script import DIRECTORY, O_WRONLY, Script

O_APPEND = 0o2000


def test_the_first_write_to_a_file_of_an_image_is_a_write_to_that_file() -> None:
    """As recorded (`echo >>/etc/passwd`): the records behind the named ones are of the upper layer's device."""
    script = Script()
    sh = script.process(100)
    layer = [
        script.path(None, "PARENT", 2, DIRECTORY, device="00:28"),
        "name=(null) nametype=CREATE",
        script.path(None, "CREATE", 8, device="00:28"),
    ]
    etc = script.path("/etc/", "PARENT", 2, DIRECTORY, device="00:29")
    passwd = script.path("/etc/passwd", "NORMAL", 77, device="00:29")
    sh.call("openat", -100, 0, O_WRONLY | O_APPEND, exit=3, paths=(etc, passwd, *layer))
    facts = script.facts()
    assert facts.flows == {"sh:100 -WROTE-> /etc/passwd"}


def test_a_file_that_is_changed_through_its_descriptor_has_no_name_in_the_event() -> None:
    script = Script()
    sh = script.process(100)
    sh.call("openat", -100, 0, O_WRONLY, exit=3, paths=(script.path("/srv/x", "NORMAL", 5),))
    sh.call("fchmod", 3, 0o777, paths=(script.path(None, "NORMAL", 5),))
    assert "sh:100 -CHANGED_MODE-> /srv/x" in script.facts().flows
