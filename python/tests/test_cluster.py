"""Goal: a sweep on a cluster is the local one, byte for byte, whoever dies.

Method: a real scheduler and two worker processes on loopback, which find the
simulator behind a script. The script notes each shard that begins and who
began it, and holds a given one, or the second of a given worker, until it is
told to go on: so a worker or a client is killed while it is at work, whatever
the speed of the machine.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import NamedTuple

from distributed import Client

from highwater_dask import SweepError, Swept, shard, sweep
from tests.cluster import PACKAGE, REPOSITORY, Cluster, Process, simulator, wait_until

SHARDS = 14
SCENARIO = REPOSITORY / "scenarios" / "variants" / "04-vertical.toml"
SWEEP = (
    *("--vary", "users.count=10000..45000:5000", "--vary", "run.seed=1..4"),
    *("--set", "run.duration=4 s", "--set", "run.warmup=1 s", "--replications", "2"),
)
"""32 cells; the scenario extends others that lie in the folder above its own."""

SCRIPT = """\
#!/bin/sh
# --version, or: sweep FILE … --shard I/N …
if [ "$1" = sweep ]; then
  for word; do
    case "$before" in --shard) shard=${{word%/*}} ;; esac
    before=$word
  done
  echo "$PPID $shard $$" >> '{folder}/began'
  begun=$(grep -c "^$PPID " '{folder}/began')
  if [ -e '{folder}/hold-shard-'$shard ] ||
     [ -e '{folder}/hold-worker-'$PPID ] && [ "$begun" -ge 2 ]; then
    echo "$PPID $shard $$" >> '{folder}/held'
    while [ ! -e '{folder}/go-on' ]; do sleep 0.1; done
  fi
  {instead}
fi
exec '{simulator}' "$@"
"""


def results(folder: Path) -> dict[str, bytes]:
    """All that a sweep wrote, without what differs between equal runs."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    return {name: found[name] for name in found if name not in ("manifest.json", ".highwater.lock")}


class Note(NamedTuple):
    """A shard that began: who began it, its number, its process."""

    worker: int
    place: int
    process: int


class ClusterTest(unittest.TestCase):
    """One cluster and one local sweep for all tests."""

    cluster: Cluster
    client: Client
    scratch: Path
    local: dict[str, bytes]

    @classmethod
    def setUpClass(cls) -> None:
        scratch = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        cls.addClassCleanup(scratch.cleanup)
        cls.scratch = Path(scratch.name)
        cls.cluster = Cluster(cls.scratch, workers=2)
        cls.addClassCleanup(cls.cluster.stop)
        cls.client = Client(cls.cluster.address)
        cls.addClassCleanup(cls.client.close)
        out = cls.scratch / "local"
        command = [simulator(), "sweep", str(SCENARIO), *SWEEP, "--out", str(out), "--quiet"]
        ended = subprocess.run(command, capture_output=True)
        if ended.returncode != 0:
            raise AssertionError(f"the local sweep: {ended.stderr.decode()}")
        cls.local = results(out)

    def setUp(self) -> None:
        self.folder = self.scratch / self._testMethodName
        self.folder.mkdir()
        self.out = self.folder / "out"
        self.script = self.write_script()

    def write_script(self, instead: str = "") -> Path:
        path = self.folder / "simulator"
        folder = self.folder
        path.write_text(SCRIPT.format(folder=folder, simulator=simulator(), instead=instead))
        path.chmod(0o755)
        return path

    def start(self, *sweep: str, shards: int = SHARDS, cluster: Cluster | None = None) -> Process:
        address = (cluster or self.cluster).address
        options = ("--shards", str(shards), "--scheduler", address)
        paths = ("--out", str(self.out), "--binary", simulator())
        return subprocess.Popen(
            [
                *(sys.executable, "-m", "highwater_dask", str(SCENARIO), *options, *paths),
                *("--worker-binary", str(self.script), "--", *(sweep or SWEEP)),
            ],
            env={**os.environ, "PYTHONPATH": str(PACKAGE)},
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def end(self, client: Process) -> tuple[int, str, str]:
        output, messages = client.communicate(timeout=120)
        return client.returncode, output.decode(), messages.decode()

    def sweep(self, *arguments: str, shards: int = 3) -> Swept:
        """The same within this process."""
        return sweep(
            self.client,
            SCENARIO,
            arguments or SWEEP,
            shards,
            self.out,
            simulator(),
            worker_binary=str(self.script),
            quiet=True,
        )

    def noted(self, name: str) -> list[Note]:
        """The shards that began, or were held, in order."""
        try:
            lines = (self.folder / name).read_text().splitlines(keepends=True)
        except FileNotFoundError:
            return []
        return [Note(*map(int, line.split())) for line in lines if line.endswith("\n")]

    def ran(self) -> list[int]:
        """The number of each shard that began, in order."""
        return [note.place for note in self.noted("began")]

    def parts(self) -> dict[str, int]:
        """The parts that are there, each with its place on the disk."""
        return {path.name: path.stat().st_ino for path in self.folder.glob("out.parts/*/*-of-*")}

    def test_a_worker_killed_at_work_changes_nothing(self) -> None:
        victim = self.cluster.workers[0]
        (self.folder / f"hold-worker-{victim.pid}").touch()
        client = self.start()
        held = wait_until(lambda: self.noted("held"), "a shard that is held")[0]
        wait_until(lambda: len(self.parts()) >= 2, "parts of other shards")
        self.assertIsNone(client.poll(), "the sweep is not finished")
        victim.send_signal(signal.SIGKILL)
        victim.wait()
        self.cluster.workers[0] = self.cluster.add_worker()
        code, output, messages = self.end(client)

        self.assertEqual(code, 0, messages)
        self.assertEqual(results(self.out), self.local)
        self.assertIn("cells.csv", self.local)
        self.assertIn("14 of 14 shards", messages)
        self.assertIn("users.count", output)
        again = [note for note in self.noted("began") if note.place == held.place]
        self.assertGreater(len(again), 1, "the shard ran again")
        self.assertNotEqual(again[-1].worker, victim.pid)
        if sys.platform == "linux":
            wait_until(lambda: not alive(held.process), "its simulator goes with the worker")

    def test_a_killed_client_loses_nothing_and_is_continued(self) -> None:
        (self.folder / "hold-shard-9").touch()
        client = self.start()
        wait_until(lambda: len(self.parts()) >= 5, "five parts")
        wait_until(lambda: self.noted("held"), "the shard that is held")
        client.send_signal(signal.SIGKILL)
        self.end(client)
        kept = self.parts()
        self.assertLess(len(kept), SHARDS)
        self.assertFalse(self.out.exists())

        (self.folder / "go-on").touch()
        code, _, messages = self.end(self.start())
        self.assertEqual(code, 0, messages)
        self.assertIn(f"({len(kept)} from before)", messages)
        self.assertEqual(results(self.out), self.local)
        self.assertEqual({name: self.parts()[name] for name in kept}, kept, "left as they were")
        ran = self.ran()
        for name in kept:
            self.assertEqual(ran.count(int(name.split("-")[0])), 1, "not played again")

        before = len(ran)
        swept = self.sweep(shards=SHARDS)
        self.assertEqual((swept.code, swept.played, swept.reused), (0, 0, SHARDS))
        self.assertEqual(len(self.ran()), before, "all of it was there")
        self.assertEqual(results(self.out), self.local)

    def test_a_lost_scheduler_loses_no_part(self) -> None:
        cluster = Cluster(self.folder, workers=1)
        self.addCleanup(cluster.stop)
        (self.folder / f"hold-worker-{cluster.workers[0].pid}").touch()
        client = self.start(cluster=cluster)
        wait_until(lambda: self.noted("held"), "a shard that is held")
        wait_until(self.parts, "the part before it")
        cluster.scheduler.kill()
        code, _, messages = self.end(client)
        self.assertEqual(code, 4)
        self.assertIn("the scheduler was lost", messages)
        self.assertNotIn("Traceback", messages)

        (self.folder / "go-on").touch()
        code, _, messages = self.end(self.start())
        self.assertEqual(code, 0, messages)
        self.assertIn("(1 from before)", messages)
        self.assertEqual(results(self.out), self.local)

    def test_another_version_is_refused(self) -> None:
        self.script.write_text("#!/bin/sh\necho highwater 0.0.1-other\n")
        with self.assertRaises(SweepError) as refused:
            self.sweep()
        self.assertEqual(refused.exception.code, 2)
        self.assertIn("every worker must run the client's highwater", str(refused.exception))
        self.assertEqual(str(refused.exception).count("highwater 0.0.1-other"), 2, "of each worker")
        self.assertEqual((self.parts(), self.out.exists()), ({}, False))

    def test_a_worker_that_comes_later_looks_at_its_version_itself(self) -> None:
        job = shard.Job(
            binary=str(self.script), version="highwater 9", scenario="", arguments=[], shard="1/1"
        )
        part = shard.run(job, b"")
        self.assertEqual((part["files"], self.ran()), ({}, []))
        self.assertTrue(part["version"].startswith("highwater 0"), part)

    def test_an_error_of_the_scenario_comes_back_readable(self) -> None:
        code, _, messages = self.end(self.start("--vary", "users.cuont=10,20,30"))
        self.assertEqual(code, 2)
        self.assertRegex(messages, r"error: shard \d+/14 on \S+ ended with exit code 2:")
        self.assertIn("did you mean `count`?", messages)
        self.assertNotIn("Traceback", messages)

    def test_a_limit_is_a_result(self) -> None:
        sweep = ("--vary", "users.count=10000,20000,30000", "--set", "run.events=20000")
        code, output, messages = self.end(self.start(*sweep, shards=3))
        self.assertEqual(code, 3, messages)
        self.assertIn("users.count", output)
        cells = json.loads((self.out / "cells.json").read_text())["cells"]
        self.assertEqual(len(cells), 3)

    def test_a_simulator_that_is_killed_is_tried_again_then_told(self) -> None:
        self.write_script(instead="if [ $shard = 2 ]; then kill -9 $$; fi")
        with self.assertRaisesRegex(SweepError, r"shard 2/3: .*SIGKILL") as failed:
            self.sweep()
        self.assertEqual((failed.exception.code, self.ran().count(2)), (4, 3))

        self.write_script()
        swept = self.sweep()
        self.assertEqual((swept.code, swept.out, swept.played + swept.reused), (0, self.out, 3))
        self.assertEqual(results(self.out), self.local)


def alive(process: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


if __name__ == "__main__":
    unittest.main()
