"""A scheduler and workers as processes of their own, on loopback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

PACKAGE = Path(__file__).resolve().parents[1]
REPOSITORY = PACKAGE.parent
DEADLINE_S = 120.0
"""Far beyond what anything here takes, even on a busy machine."""

DASK = (sys.executable, "-m", "dask")
Process = subprocess.Popen[bytes]
Found = TypeVar("Found")


def simulator() -> str:
    """The built simulator: $HIGHWATER, or what cargo left in target/."""
    default = REPOSITORY / "target" / "debug" / "highwater"
    path = Path(os.environ.get("HIGHWATER", default))
    if not path.is_file():
        raise RuntimeError(f"{path}: no simulator; run `cargo build`, or set HIGHWATER to one")
    return str(path.resolve())


def wait_until(condition: Callable[[], Found | None], what: str) -> Found:
    """Looks again and again; fails loudly."""
    end = time.monotonic() + DEADLINE_S
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.02)
    raise AssertionError(f"not within {DEADLINE_S:.0f} s: {what}")


class Cluster:
    """A scheduler and single-threaded workers that share nothing but loopback."""

    def __init__(self, folder: Path, workers: int) -> None:
        """Starts the processes, which do not know this package."""
        self.processes: list[Process] = []
        self._folder = folder
        environment = {key: os.environ[key] for key in os.environ if key != "PYTHONPATH"}
        self._environment = {**environment, "DASK_DISTRIBUTED__ADMIN__LOW_LEVEL_LOG_LENGTH": "0"}
        address = folder / "scheduler.json"
        options = ("--port", "0", "--no-dashboard", "--scheduler-file")
        self.scheduler = self._start("scheduler", *options, str(address))
        self.address = wait_until(lambda: _address(address), "the scheduler")
        self.workers = [self.add_worker() for _ in range(workers)]

    def add_worker(self) -> Process:
        """One more worker."""
        place = self._folder / f"worker-{len(self.processes)}"
        place.mkdir()
        options = ("--no-nanny", "--no-dashboard", "--nthreads", "1", "--local-directory")
        return self._start("worker", self.address, *options, str(place))

    def _start(self, role: str, *arguments: str) -> Process:
        log = self._folder / f"{role}-{len(self.processes)}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*DASK, role, *arguments, "--host", "127.0.0.1"],
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        self.processes.append(process)
        return process

    def stop(self) -> None:
        """Ends what was started here, and nothing else."""
        for process in self.processes:
            process.kill()
            process.wait()


def _address(file: Path) -> str | None:
    try:
        return str(json.loads(file.read_text())["address"])
    except (OSError, ValueError):
        return None
