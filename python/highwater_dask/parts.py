"""Finished parts on the client's disk: each appears whole or not at all."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from pathlib import Path

from highwater_dask.shard import digest_of

_NAME = re.compile(r"(\d+)-of-(\d+)-([0-9a-f]{16})")
_UNFINISHED = ".unfinished-"
_ABANDONED_S = 3600.0


class Parts:
    """The folder of the parts of one sweep.

    A part is named by its place and by the digest of its files. It is written
    beside its place, synchronised to the disk, and renamed.
    """

    def __init__(self, folder: Path, shards: int) -> None:
        """Makes the folder where it is missing, and looks at what it holds."""
        self.folder = folder
        self._shards = shards
        self._found: dict[int, Path] = {}
        folder.mkdir(parents=True, exist_ok=True)
        for path in sorted(folder.iterdir()):
            if path.name.startswith(_UNFINISHED):
                _tidy(path)
            self._look(path)

    def _look(self, path: Path) -> None:
        match = _NAME.fullmatch(path.name)
        if match is None or int(match[2]) != self._shards:
            return
        if digest_of(_files(path))[:16] == match[3]:
            self._found[int(match[1])] = path
        else:
            # Damaged since it was written: it is run again.
            shutil.rmtree(path, ignore_errors=True)

    def missing(self, places: range) -> list[int]:
        """The places of which there is no part."""
        return [place for place in places if place not in self._found]

    def paths(self) -> list[Path]:
        """All parts, in order."""
        return [self._found[place] for place in sorted(self._found)]

    def add(self, place: int, files: dict[str, bytes], digest: str) -> None:
        """Keeps a part. One that is there already is left as it is."""
        width = len(str(self._shards))
        target = self.folder / f"{place:0{width}}-of-{self._shards}-{digest[:16]}"
        unfinished = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=self.folder))
        try:
            for name, content in files.items():
                _write(unfinished, name, content)
            for folder, _, _ in os.walk(unfinished):
                _synchronise(Path(folder))
            unfinished.chmod(0o755)
            _rename(unfinished, target)
            _synchronise(self.folder)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
        self._found[place] = target


def _tidy(unfinished: Path) -> None:
    """Removes what a killed client left; a younger folder may be of a living one."""
    if time.time() - unfinished.stat().st_mtime > _ABANDONED_S:
        shutil.rmtree(unfinished, ignore_errors=True)


def _rename(unfinished: Path, target: Path) -> None:
    try:
        unfinished.rename(target)
    except OSError:
        # Another client of the same sweep was first: equal names, equal parts.
        if not target.is_dir():
            raise


def _write(folder: Path, name: str, content: bytes) -> None:
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise OSError(f"a worker sent a file that leads elsewhere: {name!r}")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _synchronise(folder: Path) -> None:
    """So that names are on the disk too; Windows has no such call."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _files(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
