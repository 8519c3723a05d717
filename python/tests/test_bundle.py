"""Goal: what a scenario needs travels, within bounds. Method: scratch folders."""

from __future__ import annotations

import io
import os
import tempfile
import unittest
import zipfile
from pathlib import Path

from highwater_dask import SweepError, pack


class BundleTest(unittest.TestCase):
    """Scenarios that extend and attach."""

    def setUp(self) -> None:
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def test_what_is_named_is_found_wherever_it_lies(self) -> None:
        scenario = self.write("variants/a.toml", 'extends = ["../base.toml", "b.toml"]')
        self.write("variants/b.toml", 'extends = "../base.toml"')
        self.write("base.toml", '[users]\nreplay_log = "data/x.log"\n[[list]]\ncsv = "y.csv"')
        self.write("data/x.log", "log")
        self.write("y.csv", 'extends = "not-followed.toml"')
        self.write("not-followed.toml", "")
        self.write("unrelated.toml", "")
        bundle = pack(scenario)
        self.assertEqual(bundle.scenario, "variants/a.toml")
        expected = ["base.toml", "data/x.log", "variants/a.toml", "variants/b.toml", "y.csv"]
        self.assertEqual(sorted(bundle.files), expected)

    def test_an_archive_holds_what_was_packed(self) -> None:
        scenario = self.write("a.toml", "title = 'ä'")
        extra = self.write("deep/er/c.bin", "c" * 1000)
        bundle = pack(scenario, [extra])
        with zipfile.ZipFile(io.BytesIO(bundle.archive())) as archive:
            found = {name: archive.read(name) for name in archive.namelist()}
        self.assertEqual(found, bundle.files)
        self.assertEqual(found["a.toml"], scenario.read_bytes())

    def test_names_are_as_typed_below_the_present_folder(self) -> None:
        scenario = self.write("scenarios/a.toml", "")
        before = Path.cwd()
        self.addCleanup(os.chdir, before)
        elsewhere = pack(scenario)
        os.chdir(self.folder)
        here = pack(Path("scenarios/a.toml"))
        self.assertEqual((elsewhere.scenario, here.scenario), ("a.toml", "scenarios/a.toml"))
        self.assertEqual(elsewhere.digest(), here.digest(), "the same sweep from either folder")

    def test_a_circle_ends(self) -> None:
        scenario = self.write("a.toml", 'extends = "b.toml"')
        self.write("b.toml", 'extends = "a.toml"')
        self.assertEqual(len(pack(scenario).files), 2)

    def test_what_the_simulator_will_complain_about_is_left_to_it(self) -> None:
        for text in ('extends = "missing.toml"', "= broken", 'extends = ""', "extends = [1]"):
            self.assertEqual(len(pack(self.write("a.toml", text)).files), 1, text)

    def test_too_much_is_refused(self) -> None:
        scenario = self.write("a.toml", '[users]\nreplay_log = "x.log"')
        self.write("x.log", "x" * 3000)
        self.assertEqual(len(pack(scenario, limit=3100).files), 2)
        with self.assertRaisesRegex(SweepError, r"x\.log: .*more than 0\.00195312 MiB"):
            pack(scenario, limit=2048)

    def test_what_is_no_file_is_refused(self) -> None:
        with self.assertRaisesRegex(SweepError, "no such file"):
            pack(self.folder / "missing.toml")
        with self.assertRaisesRegex(SweepError, "not a plain file"):
            pack(self.folder)

    def test_every_change_changes_the_digest(self) -> None:
        scenario = self.write("a.toml", 'extends = "b.toml"')
        self.write("b.toml", "x = 1")
        before = pack(scenario).digest()
        self.write("b.toml", "x = 2")
        after = pack(scenario).digest()
        self.assertNotEqual(before, after)
        self.assertNotEqual(after, pack(scenario, [self.write("c.csv", "")]).digest())


if __name__ == "__main__":
    unittest.main()
