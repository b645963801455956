"""Notifications: to whom, when, with which signature, how often, and without secrets in logs."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from provenance.alerts.alert import Alert
from provenance.alerts.intake import submit
from provenance.alerts.record import KIND as ALERT
from provenance.alerts.record import AlertRecord, State
from provenance.errors import InputError, UsageError
from provenance.incidents.traced_alert import Damage, TracedAlert
from provenance.investigation import investigate as investigation
from provenance.service.alerts import queue
from provenance.service.incidents import updates as incidents
from provenance.service.incidents.regrouping import place
from provenance.service.jobs.deliveries import (
    DUE,
    FAILED,
    LEASES,
    SENDING,
    SENT,
    SKIPPED,
    announce,
    finish,
    kind_of,
    retry,
    take,
)
from provenance.service.service import Service
from provenance.service.settings import Settings
from provenance.service.webhooks.sending import Sender, encode, execute, message_about, post
from provenance.service.webhooks.targets import DELIVERY, SIGNATURE, Hook, Webhook, is_valid, read_targets, signature
from provenance.store.interface import Store
from provenance.trace.slice.budget import Budget
from tests.provenance.service.faulty import Faulty
from tests.provenance.service.running import until
from tests.provenance.service.webhooks.receivers import Receiver, receiving

SECRET = "a secret of more than sixteen bytes"


class Clock:
    """The time of a service, moved by hand."""

    def __init__(self) -> None:
        self.ms = 1_800_000_000_000

    def __call__(self) -> int:
        return self.ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n", "utf-8")
    return file


@pytest.fixture
def table(secret_file: Path) -> Callable[..., dict[str, Any]]:
    def make(receiver: Receiver | None = None, **more: Any) -> dict[str, Any]:
        url = "https://soc.example.net/x" if receiver is None else receiver.url
        return {"webhooks": {"soc": {"url": url, "secret_file": str(secret_file)}}} | more

    return make


def service_on(store: Store, table: Mapping[str, Any], clock: Clock) -> Service:
    return Service(store, Settings(outgoing=dict(table)), clock)


def incident(store: Store, name: str = "a", *links: str) -> str:
    alert = TracedAlert(name, f"title \udc80 {name}", "high", 1, links, {"web01": 1}, (), Damage())
    return place(store.documents(), alert, (), 1).incident


def send_all(service: Service) -> None:
    settings = read_targets(service.settings.outgoing)
    sender = Sender(service, settings)
    for target in settings.targets:
        while sender.send_next(target):
            pass


def state_of(store: Store, id: str, target: str = "soc") -> str:
    document = store.documents().get(kind_of(target), id)
    assert document is not None
    return document.state


def test_no_notification_is_sent_by_default(empty: Store, clock: Clock) -> None:
    service = service_on(empty, {}, clock)
    announce(service.documents, service.settings.outgoing, [incident(empty)], clock.ms)
    assert read_targets({}).targets == ()
    assert empty.documents().counts(kind_of("soc")) == {}


def test_a_signed_notification_is_sent_when_an_incident_has_settled(empty: Store, clock: Clock, table: Any) -> None:
    with receiving() as receiver:
        service = service_on(empty, table(receiver, settle_s=5), clock)
        id = incident(empty)
        announce(service.documents, service.settings.outgoing, [id], clock.ms)
        send_all(service)
        assert receiver.got == []
        clock.ms += 5_000
        announce(service.documents, service.settings.outgoing, [id], clock.ms)
        send_all(service)
        ((headers, body),) = receiver.got
    message = json.loads(body)
    assert message["format"] == "provenance-incident/1"
    assert message["incident"] == id
    assert message["alerts"][0]["alert"] == "a"
    seconds = clock.ms // 1000
    expected = hmac.new(SECRET.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    assert headers[SIGNATURE] == f"t={seconds},v1={expected}"
    assert headers["Content-Type"] == "application/json"
    assert state_of(empty, id) == SENT


def test_a_receiver_accepts_only_recent_signatures_with_the_secret() -> None:
    header = signature(b"secret", 1000, b"body")
    assert is_valid(b"secret", header, b"body", 1010)
    assert not is_valid(b"secret", header, b"body!", 1010)
    assert not is_valid(b"other", header, b"body", 1010)
    assert not is_valid(b"secret", header, b"body", 1400)
    assert not is_valid(b"secret", header.replace("t=1000", "t=1010"), b"body", 1010)
    assert not is_valid(b"secret", "t=1000", b"body", 1010)


def test_a_failed_notification_is_retried_at_growing_intervals_and_given_up(
    empty: Store, clock: Clock, table: Any
) -> None:
    with receiving(500) as receiver:
        service = service_on(empty, table(receiver, settle_s=0), clock)
        id = incident(empty)
        announce(service.documents, service.settings.outgoing, [id], clock.ms)
        waits = []
        for attempt in range(1, LEASES.attempts + 1):
            send_all(service)
            assert len(receiver.got) == attempt
            document = empty.documents().get(kind_of("soc"), id)
            assert document is not None
            if attempt < LEASES.attempts:
                assert document.state == DUE
                waits.append(document.rank - clock.ms)
                clock.ms = document.rank
        assert state_of(empty, id) == FAILED
        assert waits == sorted(waits)
        assert waits[0] == 5_000
        assert max(waits) <= 3_600_000
        clock.ms += 10**9
        send_all(service)
        assert len(receiver.got) == LEASES.attempts
        receiver.answers = [200]
        assert retry(empty.documents(), "soc", id, clock.ms)
        send_all(service)
        assert state_of(empty, id) == SENT


def test_a_redirect_is_not_followed(empty: Store, clock: Clock, table: Any) -> None:
    with receiving() as other_receiver, receiving(other_receiver.url) as receiver:
        service = service_on(empty, table(receiver, settle_s=0), clock)
        id = incident(empty)
        announce(service.documents, service.settings.outgoing, [id], clock.ms)
        send_all(service)
        assert len(receiver.got) == 1
        assert other_receiver.got == []
        assert state_of(empty, id) == DUE


def test_secrets_are_in_no_log(
    empty: Store, clock: Clock, table: Any, caplog: pytest.LogCaptureFixture, secret_file: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    with receiving(204, 500) as receiver:
        service = service_on(empty, table(receiver, settle_s=0), clock)
        announce(
            service.documents,
            service.settings.outgoing,
            [incident(empty, "a", "x"), incident(empty, "b", "y")],
            clock.ms,
        )
        send_all(service)
        settings = read_targets(service.settings.outgoing)
    closed = table(receiver, settle_s=0)
    unsent = service_on(empty, closed, clock)
    announce(unsent.documents, unsent.settings.outgoing, [incident(empty, "c", "z")], clock.ms)
    send_all(service_on(empty, closed, clock))
    logged = caplog.text + "".join(str(record.__dict__) for record in caplog.records) + repr(settings)
    assert "delivery attempted" in logged
    assert SECRET not in logged
    assert "a-path-that-is-secret" not in logged


def test_an_incident_that_changes_during_its_notification_is_sent_again(empty: Store, clock: Clock, table: Any) -> None:
    service = service_on(empty, table(settle_s=0), clock)
    id = incident(empty)
    announce(service.documents, service.settings.outgoing, [id], clock.ms)
    sending = take(empty.documents(), "soc", "somebody", clock.ms)
    assert sending is not None
    announce(service.documents, service.settings.outgoing, [id], clock.ms)
    finish(empty.documents(), sending, None, clock.ms)
    assert state_of(empty, id) == DUE


def test_a_server_sends_the_notification_of_a_killed_one(empty: Store, clock: Clock, table: Any) -> None:
    with receiving() as receiver:
        service = service_on(empty, table(receiver, settle_s=0), clock)
        id = incident(empty)
        announce(service.documents, service.settings.outgoing, [id], clock.ms)
        assert take(empty.documents(), "soc", "somebody", clock.ms) is not None
        send_all(service)
        assert state_of(empty, id) == SENDING
        clock.ms += 3_600_000
        send_all(service)
        assert state_of(empty, id) == SENT
        assert len(receiver.got) == 1


def deliveries(receiver: Receiver) -> list[str]:
    """What each request is called, which its signed body says too."""
    for headers, body in receiver.got:
        assert json.loads(body)["delivery"] == headers[DELIVERY]
    return [headers[DELIVERY] for headers, _ in receiver.got]


def test_a_repeated_notification_has_the_same_id(empty: Store, clock: Clock, table: Any) -> None:
    with receiving(500, 500, 204) as receiver:
        service = service_on(empty, table(receiver, settle_s=0), clock)
        id = incident(empty)
        announce(service.documents, service.settings.outgoing, [id], clock.ms)
        for _ in range(3):
            send_all(service)
            clock.ms += 60_000
        first, second, third = deliveries(receiver)
        assert first == second == third and first
        announce(service.documents, service.settings.outgoing, [id], clock.ms)
        send_all(service)
        assert retry(empty.documents(), "soc", id, clock.ms)
        send_all(service)
        assert len(set(deliveries(receiver))) == 3


def test_a_notification_of_a_killed_sender_is_repeated_with_the_same_id(empty: Store, clock: Clock, table: Any) -> None:
    with receiving() as receiver:
        service = service_on(empty, table(receiver, settle_s=0), clock)
        id = incident(empty)
        announce(service.documents, service.settings.outgoing, [id], clock.ms)
        taken, message = take(empty.documents(), "soc", "somebody", clock.ms), message_about(empty.documents(), id)
        (target,) = read_targets(service.settings.outgoing).targets
        assert taken is not None and message is not None and isinstance(target, Webhook)
        delivery = taken.body["delivery"]
        assert post(target, delivery, encode(message.content, delivery), clock.ms // 1000) is None
        clock.ms += 599_000
        send_all(service)
        assert len(receiver.got) == 1
        clock.ms += 2_000
        send_all(service)
        (_, first), (_, second) = receiver.got
        assert deliveries(receiver) == [delivery, delivery] and first == second
        assert state_of(empty, id) == SENT


def test_the_unsent_notification_of_a_killed_server_is_sent(store: Store, clock: Clock, table: Any) -> None:
    body = {"host": "web01", "process": {"command": "bash -i"}, "network": {"remote_ip": "198.51.100.45"}}
    service = service_on(store, table(settle_s=0), clock)
    submit(store.documents(), [Alert("a1", "ndr", "1", "a shell", body)], clock.ms)

    def worked_on(how: str, service: Service) -> int:
        """Notifications that are due after an alert was processed; a server takes the alert from the queue first."""
        taken = queue.take(store.documents(), "server")
        assert taken is not None
        found = investigation.anchor(store, AlertRecord.of(taken).alert, clock.ms)
        assert not isinstance(found, investigation.Unanchored)
        pair = investigation.traces(store, found, Budget(200, 400))
        incidents.update_incidents(
            service, taken, investigation.concluded(store, AlertRecord.of(taken).alert, found, pair)
        )
        if how == "it ends":
            queue.finish(
                store.documents(), taken, queue.Outcome(State.DONE, replace(AlertRecord.of(taken), computed=clock.ms))
            )
        known = store.documents().get(ALERT, "a1")
        assert known is not None and queue.put_back(store.documents(), known)
        due = [
            one for one in store.documents().page(kind_of("soc"), DUE) if store.documents().remove(one.kind, one.key)
        ]
        return len(due)

    nobody = service_on(store, {}, clock)
    assert worked_on("the server dies", nobody) == 0
    assert worked_on("it ends", service) == 1
    assert worked_on("it ends", service) == 0, "nothing is new, and nobody died"
    assert worked_on("the server dies", nobody) == 0
    assert worked_on("it ends", service) == 1


def test_a_due_notification_of_an_older_version_gets_an_id(empty: Store, clock: Clock, table: Any) -> None:
    with receiving() as receiver:
        service = service_on(empty, table(receiver, settle_s=0), clock)
        id = incident(empty)
        empty.documents().add(kind_of("soc"), id, {"attempts": 0}, DUE, clock.ms)
        send_all(service)
        assert deliveries(receiver)[0]


def test_a_merged_incident_is_sent_as_merged_and_a_low_score_is_not_sent(
    empty: Store, clock: Clock, table: Any
) -> None:
    with receiving() as receiver:
        service = service_on(empty, table(receiver, settle_s=0), clock)
        first, second = incident(empty, "a", "x"), incident(empty, "b", "y")
        remaining = incident(empty, "c", "x", "y")
        gone = ({first, second} - {remaining}).pop()
        announce(service.documents, service.settings.outgoing, [gone], clock.ms)
        send_all(service)
        message = json.loads(receiver.got[0][1])
        assert (message["incident"], message["state"], message["into"]) == (gone, "merged", remaining)
        quiet = service_on(empty, table(receiver, settle_s=0, least_score=99), clock)
        announce(quiet.documents, quiet.settings.outgoing, [remaining], clock.ms)
        send_all(quiet)
        assert state_of(empty, remaining) == SKIPPED
        assert len(receiver.got) == 1


def test_a_delivery_about_a_removed_incident_is_skipped(empty: Store, clock: Clock, table: Any) -> None:
    with receiving() as receiver:
        service = service_on(empty, table(receiver, settle_s=0), clock)
        announce(service.documents, service.settings.outgoing, ["i-removed"], clock.ms)
        send_all(service)
        assert receiver.got == []
    assert state_of(empty, "i-removed") == SKIPPED


def test_a_sender_goes_on_when_an_unreachable_store_is_reachable_again(
    empty: Store, clock: Clock, table: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with receiving() as receiver:
        faulty = Faulty(empty, "documents")
        service = service_on(faulty, table(receiver, settle_s=0), clock)
        id = incident(empty)
        announce(empty.documents(), service.settings.outgoing, [id], clock.ms)
        with Sender(service, read_targets(service.settings.outgoing)).running():
            until(lambda: "store error while sending deliveries" in caplog.text, "an error of the store")
            faulty.failing = frozenset()
            until(lambda: state_of(empty, id) == SENT, "it is sent")
    assert len(receiver.got) == 1


def test_a_hook_gets_json_on_its_standard_input_and_no_shell(empty: Store, clock: Clock, tmp_path: Path) -> None:
    written = tmp_path / "out; touch $HOME"
    program = (
        "import sys, os; open(sys.argv[1], 'wb').write(sys.stdin.buffer.read() + repr(sorted(os.environ)).encode())"
    )
    argv = [sys.executable, "-I", "-c", program, str(written)]
    service = service_on(empty, {"settle_s": 0, "hooks": {"page": {"argv": argv}}}, clock)
    id = incident(empty)
    announce(service.documents, service.settings.outgoing, [id], clock.ms)
    os.environ["A_SECRET_OF_THE_SERVICE"] = "x"
    try:
        send_all(service)
    finally:
        del os.environ["A_SECRET_OF_THE_SERVICE"]
    text = written.read_text("utf-8")
    assert json.loads(text[: text.rindex("}") + 1])["incident"] == id
    assert "A_SECRET" not in text
    assert state_of(empty, id, "page") == SENT


def test_a_hook_that_fails_or_hangs_is_reported() -> None:
    assert execute(Hook("h", ("/bin/false",)), b"{}") == "exit code 1"
    assert execute(Hook("h", ("/no/such/program",)), b"{}") == "cannot be started: No such file or directory"
    assert execute(Hook("h", ("/bin/sh", "-c", "sleep 300 & sleep 300"), 0.2), b"{}") == "time limit of 0.2 s exceeded"
    assert execute(Hook("h", ("/bin/true",)), b"x" * 1_000_000) is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hook": {}}, "outgoing.hook"),
        ({"settle_s": "soon"}, "outgoing.settle_s"),
        ({"least_score": 101}, "outgoing.least_score"),
        ({"webhooks": {"A b": {}}}, "'A b'"),
        ({"webhooks": {"soc": {"url": "http://soc.example.net/"}}}, "outgoing.webhooks.soc.url"),
        ({"webhooks": {"soc": {"url": "https://user:word@soc.example.net/"}}}, "outgoing.webhooks.soc.url"),
        ({"webhooks": {"soc": {"url": "file:///etc/passwd"}}}, "outgoing.webhooks.soc.url"),
        ({"webhooks": {"soc": {"url": "https://soc.example.net/"}}}, "outgoing.webhooks.soc.secret_file"),
        ({"webhooks": {"soc": {"url": "https://soc.example.net/", "secret": "x"}}}, "outgoing.webhooks.soc.secret"),
        ({"hooks": {"page": {"argv": "/bin/true"}}}, "outgoing.hooks.page.argv"),
        ({"hooks": {"page": {"argv": ["true"]}}}, "expected an absolute path"),
        ({"hooks": {"page": {"argv": ["/bin/true"], "timeout_s": 0}}}, "outgoing.hooks.page.timeout_s"),
        ({"hooks": {"x": {"argv": ["/bin/true"]}}, "webhooks": {"x": {}}}, "it is both"),
    ],
)
def test_an_invalid_setting_is_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_targets(change)


def test_a_missing_or_short_secret_is_an_error(tmp_path: Path) -> None:
    def with_secret(file: Path) -> dict[str, Any]:
        return {"webhooks": {"soc": {"url": "https://soc.example.net/", "secret_file": str(file)}}}

    with pytest.raises(InputError, match="secret_file"):
        read_targets(with_secret(tmp_path / "none"))
    (tmp_path / "short").write_text("short", "utf-8")
    with pytest.raises(UsageError, match="16 bytes"):
        read_targets(with_secret(tmp_path / "short"))
    (tmp_path / "good").write_text(SECRET, "utf-8")
    (target,) = read_targets(with_secret(tmp_path / "good")).targets
    assert isinstance(target, Webhook)
    assert target.secret == SECRET.encode()
