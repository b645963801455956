"""The program `provenance`, which is also `python -m provenance`: loads the command line and runs it."""

from __future__ import annotations

import _thread
import sys
import time

_PAUSE_S = 0.01
_INTERRUPTED = 130


def main() -> int:
    """Runs the command line of this process and returns its exit code. Loading it takes most of the start, so that Ctrl-C
    often comes then."""
    thread = _thread.get_ident()

    def unraisable(error: sys.UnraisableHookArgs) -> None:
        """Python drops an error of a callback, such as that of a weak reference. Ctrl-C in one would be lost: it is sent again
        after the callback has ended."""
        if issubclass(error.exc_type, KeyboardInterrupt):
            _thread.start_new_thread(_interrupt, (thread,))
        else:
            sys.__unraisablehook__(error)

    sys.unraisablehook = unraisable
    try:
        from provenance.cli import main as run

        return run()
    except (KeyboardInterrupt, RuntimeError) as error:
        # Before Python 3.12, any error while a class is made arrives as the cause of a RuntimeError.
        if not isinstance(error, KeyboardInterrupt) and not isinstance(error.__cause__, KeyboardInterrupt):
            raise
        sys.stderr.write("provenance: interrupted\n")
        return _INTERRUPTED


def _interrupt(thread: int) -> None:
    import signal  # takes long to load, and is rarely needed

    time.sleep(_PAUSE_S)
    signal.pthread_kill(thread, signal.SIGINT)


if __name__ == "__main__":
    sys.exit(main())
