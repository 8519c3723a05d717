"""Goal: a part is there whole or not at all. Method: damage, leftovers, hostile names."""

from __future__ import annotations

import os
import tempfile
import unittest
from pathlib import Path

from highwater_dask.parts import Parts
from highwater_dask.shard import digest_of

FILES = {"journal.jsonl": b"one\n", "charts/a.svg": b"<svg/>", "manifest.json": b"{}"}
THREE = range(1, 4)


class PartsTest(unittest.TestCase):
    """The folder of parts."""

    def setUp(self) -> None:
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name) / "parts"

    def add(self, place: int) -> Path:
        parts = Parts(self.folder, 3)
        parts.add(place, FILES, digest_of(FILES))
        return next(path for path in parts.paths() if path.name.startswith(f"{place}-"))

    def test_what_was_added_is_found_again(self) -> None:
        path = self.add(2)
        found = Parts(self.folder, 3)
        self.assertEqual((found.paths(), found.missing(THREE)), ([path], [1, 3]))
        read = {name: (path / name).read_bytes() for name in FILES}
        self.assertEqual(read, FILES)
        self.assertEqual(Parts(self.folder, 4).paths(), [], "of a sweep in other shards")

    def test_a_part_that_comes_twice_is_one(self) -> None:
        path = self.add(1)
        before = path.stat().st_ino
        later = {**FILES, "manifest.json": b'{"wall_s": 2}'}
        Parts(self.folder, 3).add(1, later, digest_of(later))
        self.assertEqual([it.name for it in self.folder.iterdir()], [path.name])
        self.assertEqual(path.stat().st_ino, before)

    def test_a_damaged_part_does_not_count(self) -> None:
        (self.add(1) / "journal.jsonl").write_bytes(b"on")
        (self.add(2) / "charts/a.svg").unlink()
        self.assertEqual(Parts(self.folder, 3).missing(THREE), [1, 2, 3])
        self.assertEqual(list(self.folder.iterdir()), [], "and is out of the way")

    def test_what_a_killed_client_left_does_not_count_and_goes(self) -> None:
        self.add(1)
        young, old = self.folder / ".unfinished-a", self.folder / ".unfinished-b"
        for leftover in (young, old):
            leftover.mkdir()
            (leftover / "journal.jsonl").write_bytes(b"half")
        os.utime(old, (0, 0))
        self.assertEqual(Parts(self.folder, 3).missing(THREE), [2, 3])
        self.assertTrue(young.exists(), "it may be of a client at work")
        self.assertFalse(old.exists())

    def test_a_name_cannot_lead_out_of_the_folder(self) -> None:
        parts = Parts(self.folder, 3)
        for name in ("../../stolen", "/tmp/stolen-by-highwater-test"):
            with self.assertRaisesRegex(OSError, "leads elsewhere"):
                parts.add(1, {name: b"x"}, digest_of({name: b"x"}))
            self.assertFalse(Path(name).is_absolute() and Path(name).exists())
        self.assertEqual(sorted(self.folder.parent.rglob("stolen*")), [])
        self.assertEqual(list(self.folder.iterdir()), [])


if __name__ == "__main__":
    unittest.main()
