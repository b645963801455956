"""Worker processes that read and derive one chain each, while the caller's process writes what they send."""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import resource_tracker
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess

from provenance.errors import InputError
from provenance.intake.reading.chain import size_of
from provenance.intake.reading.plan import PlannedChain
from provenance.intake.reading.process import Message, receive, work
from provenance.intake.reading.progress import IngestResult, Progress, Report, Workload
from provenance.store.interface import Writer


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """A context in which started processes ignore Ctrl-C, which a terminal sends to all processes: a worker that is still loading
    would print a traceback. The parent terminates it. The resource tracker of multiprocessing is started before, because it
    would unblock the signal again."""
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT,))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Worker:
    """A worker as its parent sees it."""

    def __init__(self, number: int, chain: PlannedChain, host: str | None, lines: bool, day_first: bool | None) -> None:
        self.number = number
        context = multiprocessing.get_context("spawn")
        self.pipe, worker_end = context.Pipe()
        self.process: BaseProcess = context.Process(
            target=work, args=(worker_end, chain, host, lines, day_first), daemon=True
        )
        with _without_interrupts():
            self.process.start()
        worker_end.close()


class _Hosts:
    """Which worker reads which host. The chains are in order of time: a later chain waits with a host until an earlier chain with
    the same host is finished."""

    def __init__(self, planned: Sequence[PlannedChain]) -> None:
        self._planned = planned
        self._ended: set[int] = set()
        self._readers: dict[str, _Worker] = {}
        self._read_up_to: dict[str, int] = {}
        self._waiting: list[tuple[_Worker, str]] = []

    def may_read(self, worker: _Worker, host: str) -> bool:
        """Whether the worker can read a host now; if not, `finish` returns it later. Raises InputError when a later chain with
        the host was read already, because the records of an earlier one would then count as already stored."""
        reader = self._readers.get(host)
        if self._read_up_to.get(host, -1) > worker.number:
            raise InputError(f"two sets of files that are read in parallel hold records of {host}: use --jobs 1")
        before = range(worker.number)
        expected = any(host in self._planned[number].hosts and number not in self._ended for number in before)
        if expected or (reader is not None and reader is not worker):
            self._waiting.append((worker, host))
            return False
        self._readers[host] = worker
        self._read_up_to[host] = worker.number
        return True

    def finish(self, worker: _Worker) -> list[tuple[_Worker, str]]:
        """The workers that can read a host now that this worker has ended, with the host; those of earlier chains first."""
        self._ended.add(worker.number)
        for host in [host for host, reader in self._readers.items() if reader is worker]:
            del self._readers[host]
        waiting, self._waiting = sorted(self._waiting, key=lambda pair: pair[0].number), []
        return [(other, host) for other, host in waiting if self.may_read(other, host)]


def derive_in_workers(
    writer: Writer,
    planned: Sequence[PlannedChain],
    host: str | None,
    jobs: int,
    report: Report,
    lines: bool,
    day_first: bool | None = None,
) -> IngestResult:
    """Read chains in up to `jobs` processes and write what they derive. Raises as `ingest` does."""
    done = IngestResult()
    waiting = deque(enumerate(planned))
    work = Workload(size_of(path) for chain in planned for path in chain.files)
    workers: list[_Worker] = []
    hosts = _Hosts(planned)
    try:
        while waiting or workers:
            while waiting and len(workers) < jobs:
                number, chain = waiting.popleft()
                workers.append(_Worker(number, chain, host, lines, day_first))
            for pipe in wait([worker.pipe for worker in workers]):
                worker = next(worker for worker in workers if worker.pipe is pipe)
                if _serve(worker, writer, done, hosts, work.part(worker.number, report)):
                    workers.remove(worker)
    finally:
        for worker in workers:
            worker.pipe.close()
            worker.process.terminate()
            worker.process.join()
    return done


def _serve(worker: _Worker, writer: Writer, done: IngestResult, hosts: _Hosts, report: Report) -> bool:
    """Handle one message of a worker, and return whether it was its last."""
    try:
        what, content = worker.pipe.recv()
        batch = receive(worker.pipe, content) if what == Message.BATCH else None
    except EOFError:
        worker.process.join()
        raise InputError(f"a worker process exited before it was done (exit code {worker.process.exitcode})") from None
    if batch is not None:
        writer.apply(batch)
    elif what == Message.CHECKPOINT:
        if hosts.may_read(worker, content):
            worker.pipe.send(writer.checkpoint(content))
    elif what == Message.PROGRESS:
        report(Progress(*content))
    elif what == Message.FAILED:
        raise InputError(content)
    else:
        done.add(content)
        worker.process.join()
        for other, host in hosts.finish(worker):
            other.pipe.send(writer.checkpoint(host))
        return True
    return False
