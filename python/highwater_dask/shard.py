"""What runs on a worker: one shard of a sweep.

Only the standard library is imported, and results are plain values: the code
travels by value, so that a worker needs Dask and the simulator, nothing else.
"""

from __future__ import annotations

import ctypes
import hashlib
import io
import os
import platform
import signal
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TypedDict

RESULTS = (0, 1, 3)
"""Exit codes that stand for a result: met, missed, and undecided or limited."""
_PASSING = (4, 130, 143)
"""Exit codes that another machine, or a second try, may not end with."""
_PART_LIMIT = 1 << 30
"""Most bytes of one part; more would not fit a worker's memory well."""
_MESSAGE_HEAD, _MESSAGE_TAIL = 8 << 10, 2 << 10
"""Bytes of a long message that travel back: its beginning and its end."""
_MANIFEST = "manifest.json"
"""Holds times and machines: kept, but no part of the digest."""


class Job(TypedDict):
    """One shard, from the client to a worker."""

    binary: str
    version: str
    scenario: str
    arguments: list[str]
    shard: str


class Part(TypedDict):
    """What became of a shard, from a worker to the client."""

    worker: str
    version: str
    code: int
    message: str
    files: dict[str, bytes]
    digest: str


def version_of(binary: str) -> str:
    """The line that `binary --version` prints, or why there is none."""
    try:
        answer = subprocess.run(
            [binary, "--version"], stdin=subprocess.DEVNULL, capture_output=True, timeout=60
        )
    except (OSError, subprocess.SubprocessError) as error:
        return f"cannot be run: {error}"
    text = answer.stdout.decode(errors="replace").strip()
    return text if answer.returncode == 0 else f"ended with exit code {answer.returncode}"


def digest_of(files: dict[str, bytes]) -> str:
    """SHA-256 of the results, which is the same wherever a shard has run."""
    total = hashlib.sha256()
    for name, content in sorted(files.items()):
        if name != _MANIFEST:
            total.update(f"{len(content)} {name}\n".encode())
            total.update(content)
    return total.hexdigest()


def run(job: Job, archive: bytes) -> Part:
    """Runs one shard in a folder of its own and returns its files.

    Raises:
        RuntimeError: an ending for which a second try, or another machine, may
            help; Dask tries again.
    """
    part = Part(worker=platform.node(), version="", code=0, message="", files={}, digest="")
    part["version"] = version_of(job["binary"])
    if part["version"] != job["version"]:
        return part
    with tempfile.TemporaryDirectory(prefix="highwater-", dir=_scratch()) as name:
        folder = Path(name)
        with zipfile.ZipFile(io.BytesIO(archive)) as files:
            files.extractall(folder / "scenario")
        code, message = _play(job, folder)
        part["code"], part["message"] = code, message.strip()
        if code < 0 or code in _PASSING:
            raise RuntimeError(f"{part['worker']}: {_ending(code)}\n{part['message']}".strip())
        if code in RESULTS:
            part["files"] = _collect(folder / "part")
            part["digest"] = digest_of(part["files"])
    return part


def _play(job: Job, folder: Path) -> tuple[int, str]:
    command = [job["binary"], "sweep", job["scenario"], *job["arguments"]]
    command += ["--shard", job["shard"], "--out", str(folder / "part")]
    with (folder / "messages").open("w+b") as messages:
        ended = subprocess.run(
            command,
            cwd=folder / "scenario",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=messages,
            preexec_fn=_dies_with_its_parent(),
            check=False,
        )
        length = messages.seek(0, os.SEEK_END)
        messages.seek(0)
        message = messages.read(_MESSAGE_HEAD + _MESSAGE_TAIL)
        if length > len(message):
            messages.seek(-_MESSAGE_TAIL, os.SEEK_END)
            message = message[:_MESSAGE_HEAD] + "\n…\n".encode() + messages.read()
        return ended.returncode, message.decode(errors="replace")


def _ending(code: int) -> str:
    if code >= 0:
        return f"the simulator ended with exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return f"the simulator was ended by {name} (out of memory?)"


def _collect(folder: Path) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    size = 0
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink() or not path.is_file() or name.startswith("."):
            continue
        size += path.stat().st_size
        if size > _PART_LIMIT:
            raise RuntimeError(f"a part has more than {_PART_LIMIT >> 20} MiB: use more shards")
        files[name] = path.read_bytes()
    return files


def _scratch() -> str | None:
    """The worker's own folder, which Dask clears after a worker that was killed."""
    try:
        from distributed import get_worker

        return get_worker().local_directory
    except (ImportError, ValueError):
        return None


def _dies_with_its_parent() -> Callable[[], None] | None:
    """On Linux, a simulator does not outlive a worker that was killed."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    worker = os.getpid()
    set_parent_death_signal = 1  # PR_SET_PDEATHSIG, prctl(2)

    def arrange() -> None:
        libc.prctl(set_parent_death_signal, signal.SIGKILL)
        if os.getppid() != worker:  # it died before the line above
            os._exit(1)

    return arrange
