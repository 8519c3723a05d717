"""One line of progress on standard error."""

from __future__ import annotations

import sys
import time
from types import TracebackType

from distributed import Client

_BETWEEN_LINES_S = 10.0
"""Between two lines where standard error is no terminal."""


class Progress:
    """How many shards are done, and on how many workers."""

    def __init__(self, client: Client, shards: int, missing: int, quiet: bool) -> None:
        """Of `shards`, those that are not `missing` are there already."""
        self._client = client
        self._shards = shards
        self._reused = shards - missing
        self._done = self._reused
        self._quiet = quiet
        self._began = time.monotonic()
        self._shown: float | None = None
        self._live = sys.stderr.isatty()

    def __enter__(self) -> Progress:
        """Begins."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """The last line stays."""
        if self._live or error is None:
            self._print(end="\n")

    def add(self) -> None:
        """One more shard is done."""
        self._done += 1

    def show(self) -> None:
        """Now and then."""
        now = time.monotonic()
        pause = 0.2 if self._live else _BETWEEN_LINES_S
        if self._shown is None or now - self._shown >= pause:
            self._shown = now
            self._print(end="" if self._live else "\n")

    def _print(self, end: str) -> None:
        if self._quiet:
            return
        start = "\r\033[K" if self._live else ""
        print(f"{start}{self._line()}", end=end, file=sys.stderr, flush=True)

    def _line(self) -> str:
        workers = len(self._client.scheduler_info(n_workers=-1).get("workers", {}))
        on = f"{workers} worker{'' if workers == 1 else 's'}" if workers else "waiting for a worker"
        reused = f" ({self._reused} from before)" if self._reused else ""
        seconds = time.monotonic() - self._began
        return f"{self._done} of {self._shards} shards{reused}, {on}, {seconds:.0f} s"
