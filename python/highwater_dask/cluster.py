"""From the client to the workers and back: a sweep in shards."""

from __future__ import annotations

import hashlib
import json
import os
import queue
import secrets
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from distributed import Client, Future, KilledWorker
from distributed.comm.core import CommClosedError

from highwater_dask.bundle import DEFAULT_LIMIT, Bundle, pack
from highwater_dask.carried import Carried
from highwater_dask.errors import BAD_INPUT, IO_FAILURE, SweepError
from highwater_dask.parts import Parts
from highwater_dask.progress import Progress
from highwater_dask.shard import RESULTS, Job, Part, run, version_of

MOST_SHARDS = 10_000
"""More would not fit the command line of `highwater merge`."""
_OWN = ("--shard", "--out", "--resume", "--force", "--format", "--png")
"""Options of `highwater sweep` that this package sets, or gives to the merge."""
_TRIES = 2
"""Further tries of a shard whose simulator was killed or could not write."""
_TICK_S = 1.0
"""Between two looks at the workers while no shard ends."""


@dataclass(frozen=True)
class Swept:
    """A finished sweep.

    Attributes:
        out: the folder of the merged results.
        parts: the folder of the shards' parts, which may be deleted.
        code: exit code of the merge: 0, or 3 where a limit ended a cell early.
        text: what the merge printed.
        played: number of shards that ran now.
        reused: number of shards that were there from an earlier run.
    """

    out: Path
    parts: Path
    code: int
    text: str
    played: int
    reused: int


def sweep(
    client: Client,
    scenario: str | Path,
    arguments: Sequence[str],
    shards: int,
    out: str | Path,
    binary: str = "highwater",
    *,
    worker_binary: str | None = None,
    files: Sequence[str | Path] = (),
    limit: int = DEFAULT_LIMIT,
    merge_arguments: Sequence[str] = (),
    quiet: bool = False,
) -> Swept:
    """Runs `highwater sweep SCENARIO ARGUMENTS` in shards and merges them into `out`.

    Parts are kept in `<out>.parts/` as they arrive. The same call again runs
    only what is missing there.

    Args:
        client: of the cluster.
        scenario: a file on this machine; what it extends or attaches travels too.
        arguments: of `highwater sweep`, such as `["--vary", "users.count=1000..9000:1000"]`.
        shards: into how many pieces the cells are dealt.
        out: folder of the merged results.
        binary: the simulator on this machine.
        worker_binary: the simulator on the workers, where it is another path.
        files: further files that travel, beside those that are found.
        limit: most bytes of files that travel.
        merge_arguments: options of `highwater merge`, such as `["--png"]`.
        quiet: no progress on standard error.

    Raises:
        SweepError: with the reason, and an exit code.
    """
    _check(arguments, shards)
    version = _own_version(binary)
    bundle = pack(Path(scenario), [Path(file) for file in files], limit)
    options = _with_one_thread(arguments)
    identity = _identity(version, bundle, arguments, shards)
    out = Path(out)
    with _failing_as(f"{out}.parts"):
        parts = Parts(out.parent / f"{out.name}.parts" / identity, shards)
    missing = parts.missing(range(1, shards + 1))
    if missing:
        job = Job(
            binary=worker_binary or _as_on_workers(binary),
            version=version,
            scenario=bundle.scenario,
            arguments=options,
            shard="",
        )
        with _failing_as("the cluster"), Progress(client, shards, len(missing), quiet) as progress:
            _Run(client, job, shards, parts, progress).play(bundle, missing)
    code, text = _merge(binary, parts.paths(), out, merge_arguments)
    return Swept(out, parts.folder, code, text, len(missing), shards - len(missing))


@contextmanager
def _failing_as(what: str) -> Iterator[None]:
    """Turns failures of disk and network into the exception of this package."""
    try:
        yield
    except OSError as error:
        raise SweepError(f"{what}: {error or type(error).__name__}", IO_FAILURE) from error


def _as_on_workers(binary: str) -> str:
    """A name is looked up by each worker; a path is the same path there."""
    return os.path.abspath(binary) if os.path.dirname(binary) else binary  # noqa: PTH100, PTH120


def _check(arguments: Sequence[str], shards: int) -> None:
    if not 1 <= shards <= MOST_SHARDS:
        raise SweepError(f"{shards} shards: a number from 1 to {MOST_SHARDS} is wanted")
    for argument in arguments:
        if argument.split("=")[0] in _OWN:
            raise SweepError(
                f"{argument} does not belong to the arguments of the single shards: shards and "
                "folders are given to highwater_dask, and --force, --format, --png to the merge"
            )


def _own_version(binary: str) -> str:
    version = version_of(binary)
    if not version.startswith("highwater "):
        raise SweepError(f"{binary}: {version}; name the simulator with --binary", IO_FAILURE)
    return version


def _with_one_thread(arguments: Sequence[str]) -> list[str]:
    """A worker runs as many shards at once as it has threads, so one each."""
    named = any(argument.split("=")[0] == "--threads" for argument in arguments)
    quiet = [] if "--quiet" in arguments else ["--quiet"]
    return [*arguments, *quiet, *([] if named else ["--threads", "1"])]


def _identity(version: str, bundle: Bundle, arguments: Sequence[str], shards: int) -> str:
    """Equal for sweeps whose parts are interchangeable."""
    what = [version, bundle.digest(), list(arguments), shards]
    return hashlib.sha256(json.dumps(what).encode()).hexdigest()[:16]


class _Run:
    """The shards of one call that are on the cluster."""

    def __init__(
        self, client: Client, job: Job, shards: int, parts: Parts, progress: Progress
    ) -> None:
        self._client = client
        self._job = job
        self._shards = shards
        self._parts = parts
        self._progress = progress

    def play(self, bundle: Bundle, missing: list[int]) -> None:
        """Submits the missing shards and keeps each part as it arrives."""
        self._compare_versions()
        waiting = self._submit(bundle, missing)
        finished: queue.SimpleQueue[Future[Part]] = queue.SimpleQueue()
        for future in waiting:
            future.add_done_callback(finished.put)
        try:
            while waiting:
                self._progress.show()
                try:
                    future = finished.get(timeout=_TICK_S)
                except queue.Empty:
                    continue
                place = waiting.pop(future)
                part = self._received(place, future)
                with _failing_as(str(self._parts.folder)):
                    self._parts.add(place, part["files"], part["digest"])
                future.release()  # the workers need not keep what is on the disk here
                self._progress.add()
        finally:
            if waiting:
                self._client.cancel(list(waiting))

    def _compare_versions(self) -> None:
        """All workers of the moment at once; each shard looks again for later ones."""
        found = self._client.run(Carried(version_of), self._job["binary"], on_error="return")
        wrong = [
            f"{worker}: {version}"
            for worker, version in found.items()
            if version != self._job["version"]
        ]
        if wrong:
            raise self._mixed(wrong)

    def _mixed(self, wrong: list[str]) -> SweepError:
        some = [*wrong[:8], f"and {len(wrong) - 8} more"] if len(wrong) > 8 else wrong
        binary, version = self._job["binary"], self._job["version"]
        return SweepError(
            f"every worker must run the client's {version}, but {binary} on\n  "
            + "\n  ".join(some)
            + "\ninstall the same version everywhere, or name its path with --worker-binary"
        )

    def _submit(self, bundle: Bundle, missing: list[int]) -> dict[Future[Part], int]:
        # Names of this call alone: a failure that the scheduler still remembers
        # from an earlier call would come back at once.
        call = secrets.token_hex(8)
        # A task of its own, not scattered data: what was scattered is lost
        # together with its worker, a task's result is computed again.
        files = self._client.submit(bytes, bundle.archive(), key=f"highwater-files-{call}")
        waiting: dict[Future[Part], int] = {}
        play: Any = Carried(run)
        for place in missing:
            job = {**self._job, "shard": f"{place}/{self._shards}"}
            key = (f"highwater-shard-{call}", place)
            future = self._client.submit(play, job, files, key=key, retries=_TRIES)
            waiting[future] = place
        return waiting

    def _received(self, place: int, future: Future[Part]) -> Part:
        shard = f"shard {place}/{self._shards}"
        kept = f"finished parts are kept in {self._parts.folder}"
        try:
            part = future.result()
        except KilledWorker as error:
            why = "its worker died every time (out of memory?)"
            raise SweepError(f"{shard}: {why}: {error}; {kept}", IO_FAILURE) from error
        except (CancelledError, CommClosedError) as error:
            why = "the scheduler was lost, or the shard was cancelled there"
            raise SweepError(
                f"{shard}: {why}; {kept}, and the same command continues", IO_FAILURE
            ) from error
        except Exception as error:  # whatever a worker raised
            kind = "" if isinstance(error, RuntimeError) else f"{type(error).__name__}: "
            raise SweepError(f"{shard}: {kind}{error}; {kept}", IO_FAILURE) from error
        if part["version"] != self._job["version"]:
            raise self._mixed([f"{part['worker']}: {part['version']}"])
        if part["code"] not in RESULTS:
            raise SweepError(
                f"{shard} on {part['worker']} ended with exit code {part['code']}:\n"
                f"{part['message']}",
                part["code"],
            )
        return part


def _merge(binary: str, parts: list[Path], out: Path, arguments: Sequence[str]) -> tuple[int, str]:
    command = [binary, "merge", *map(str, parts), "--out", str(out), *arguments]
    try:
        ended = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    except OSError as error:
        raise SweepError(f"{binary} merge: {error}", IO_FAILURE) from error
    # It prints nothing where cells are missing, for all its exit code.
    if ended.returncode not in RESULTS or not ended.stdout:
        message = ended.stderr.decode(errors="replace").strip()
        code = ended.returncode if ended.returncode > 0 else BAD_INPUT
        raise SweepError(f"the parts could not be merged:\n{message}", code)
    return ended.returncode, ended.stdout.decode(errors="replace")
