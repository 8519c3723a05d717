"""The files of a scenario, packed for machines that share no file system."""

from __future__ import annotations

import hashlib
import io
import os
import posixpath
import sys
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from highwater_dask.errors import IO_FAILURE, SweepError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

DEFAULT_LIMIT = 256 << 20
"""Most bytes of files that travel with a sweep, unless told otherwise."""
_MOST_FILES = 1000
"""Most files that travel with a sweep."""
_NAMING_KEYS = frozenset({"extends", "replay", "replay_log", "csv"})
"""Keys of the scenario language whose text names a file beside the one it stands in."""
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest date that a ZIP archive knows: no clock in what is packed."""


@dataclass(frozen=True)
class Bundle:
    """Files by their path below a common folder.

    Attributes:
        scenario: the scenario among them.
        files: content by path, with `/` between the parts.
    """

    scenario: str
    files: dict[str, bytes]

    def archive(self) -> bytes:
        """All files as one ZIP archive."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in sorted(self.files.items()):
                entry = zipfile.ZipInfo(name, _EPOCH)
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, content)
        return buffer.getvalue()

    def digest(self) -> str:
        """SHA-256 of contents and of names as seen from the scenario."""
        total = hashlib.sha256(PurePosixPath(self.scenario).name.encode())
        folder = posixpath.dirname(self.scenario) or "."
        for name, content in sorted(self.files.items()):
            total.update(f"\n{len(content)} {posixpath.relpath(name, folder)}\n".encode())
            total.update(content)
        return total.hexdigest()


def pack(scenario: Path, files: Iterable[Path] = (), limit: int = DEFAULT_LIMIT) -> Bundle:
    """Collects a scenario, what it extends or attaches, and further files.

    A file that is named but not there is left out: the simulator's own message
    says in which line it is named.

    Raises:
        SweepError: a file cannot be read, or there is more than `limit` bytes.
    """
    start = _absolute(scenario)
    contents: dict[Path, bytes] = {}
    queue = [start, *map(_absolute, files)]
    while queue:
        path = queue.pop()
        if path in contents:
            continue
        contents[path] = _read(path, limit - sum(map(len, contents.values())), limit)
        if len(contents) > _MOST_FILES:
            raise SweepError(f"{scenario}: more than {_MOST_FILES} files belong to it")
        if path == start or path.suffix.lower() == ".toml":
            queue += [named for named in _named_in(path, contents[path]) if named.is_file()]
    root = _root(contents)
    names = {path: PurePosixPath(path.relative_to(root)).as_posix() for path in contents}
    return Bundle(names[start], {names[path]: content for path, content in contents.items()})


def _absolute(path: Path) -> Path:
    """Absolute and without `..`; links stay links, as the scenario sees them."""
    return Path(os.path.abspath(path))  # noqa: PTH100


def _read(path: Path, left: int, limit: int) -> bytes:
    try:
        if not path.is_file():
            why = "it is not a plain file" if path.exists() else "there is no such file"
            raise SweepError(f"{path}: {why}")
        with path.open("rb") as file:
            content = file.read(left + 1)
    except OSError as error:
        raise SweepError(f"{path}: {error.strerror or error}", IO_FAILURE) from error
    if len(content) > left:
        raise SweepError(
            f"{path}: with this file, more than {limit / 2**20:.6g} MiB would travel to the "
            "workers; raise the limit (--limit-mib), or attach less"
        )
    return content


def _named_in(path: Path, content: bytes) -> Iterator[Path]:
    """The files that a scenario names; none where it is not TOML, which its check will say."""
    try:
        tree = tomllib.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return
    for name in _names(tree):
        if name and "\0" not in name:
            yield _absolute(path.parent / name)


def _names(tree: object) -> Iterator[str]:
    if isinstance(tree, dict):
        for key, value in tree.items():
            if key in _NAMING_KEYS:
                yield from (name for name in _listed(value) if isinstance(name, str))
            yield from _names(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _names(value)


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _root(paths: Iterable[Path]) -> Path:
    """The present folder where all lie below it, so that messages name files as typed."""
    folders = [path.parent for path in paths]
    present = Path.cwd()
    if all(folder.is_relative_to(present) for folder in folders):
        return present
    try:
        return Path(os.path.commonpath(folders))
    except ValueError as error:  # different drives
        raise SweepError(f"the files have no folder in common: {error}") from error
