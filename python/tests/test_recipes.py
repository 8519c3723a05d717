"""Goal: the recipes of docs/clusters.md do what they say: shards that merge to the local sweep.

Method: the blocks are taken out of the document and run as they stand, with
the variables that the scheduler would set, in a folder that holds the shipped
scenarios; `highwater` on the path is the real one with a shorter run.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path
from typing import Any

import yaml

from tests.cluster import REPOSITORY, simulator
from tests.test_cluster import results

DOCUMENT = (REPOSITORY / "docs" / "clusters.md").read_text()
SHORTER = """\
#!/bin/sh
if [ "$1" = sweep ]; then
  set -- "$@" --users 20000 --replications 1 --set run.duration='1 s' --set run.warmup='0.2 s'
fi
exec '{simulator}' "$@"
"""
LOCAL = """\
highwater sweep scenarios/05-replicas.toml --out local --quiet \
  --vary services.web.instances=10..30:5 --vary databases.main.replicas=1..4
"""


def block(section: str, language: str, number: int = 0) -> str:
    """A block of code below a heading of the document."""
    text = DOCUMENT.split(f"\n## {section}\n")[1].split("\n## ")[0]
    return str(re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)[number])


class RecipesTest(unittest.TestCase):
    """One local sweep, and each recipe beside it."""

    scratch: Path
    local: dict[str, bytes]

    @classmethod
    def setUpClass(cls) -> None:
        scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(scratch.cleanup)
        cls.scratch = Path(scratch.name)
        (cls.scratch / "scenarios").symlink_to(REPOSITORY / "scenarios")
        (cls.scratch / "bin").mkdir()
        shorter = cls.scratch / "bin" / "highwater"
        shorter.write_text(SHORTER.format(simulator=simulator()))
        shorter.chmod(0o755)
        cls.play(LOCAL)
        cls.local = results(cls.scratch / "local")

    @classmethod
    def play(cls, script: str, shell: str = "bash", **variables: str) -> None:
        path = f"{cls.scratch / 'bin'}:{os.environ['PATH']}"
        ended = subprocess.run(
            [shell, "-c", script],
            cwd=cls.scratch,
            env={**os.environ, "PATH": path, **variables},
            capture_output=True,
            text=True,
        )
        if ended.returncode != 0:
            raise AssertionError(f"exit code {ended.returncode}: {script}\n{ended.stderr}")

    def compare(self, folder: str) -> None:
        self.assertEqual(results(self.scratch / folder), self.local)

    def redirected(self, script: str, name: str) -> str:
        """Into a folder of its own."""
        self.assertIn("output/replicas", script)
        (self.scratch / name).mkdir()
        return script.replace("output", name)

    def test_slurm(self) -> None:
        script = self.redirected(block("Slurm", "bash"), "slurm")
        self.assertIn("#SBATCH --array=1-10\n", script)
        for task in range(1, 11):
            self.play(script, SLURM_ARRAY_TASK_ID=str(task), SLURM_CPUS_PER_TASK="1")
        merge = re.search(r"--wrap='(.*)'", block("Slurm", "sh"))
        assert merge
        self.play(merge[1].replace("output", "slurm"))
        self.compare("slurm/replicas")

    def test_slurm_takes_a_limit_for_a_result_and_an_error_for_an_error(self) -> None:
        script = self.redirected(block("Slurm", "bash"), "limited")
        limited = script.replace("--resume", "--resume --set run.events=5000")
        self.play(limited, SLURM_ARRAY_TASK_ID="1")
        with self.assertRaisesRegex(AssertionError, "exit code 2"):
            self.play(script.replace("instances", "instnaces"), SLURM_ARRAY_TASK_ID="2")

    def test_kubernetes(self) -> None:
        sweep, merge = (yaml.safe_load(block("Kubernetes", "yaml", it)) for it in (0, 1))
        self.assertEqual(sweep["spec"]["completionMode"], "Indexed")
        shards = sweep["spec"]["completions"]
        for index in range(shards):
            self.play(self.of_pod(sweep), shell="sh", JOB_COMPLETION_INDEX=str(index))
        self.play(self.of_pod(merge), shell="sh")
        self.compare("results/merged")

    def of_pod(self, job: dict[str, Any]) -> str:
        """The command of a job's only container, with its volumes in the scratch folder."""
        (container,) = job["spec"]["template"]["spec"]["containers"]
        self.assertEqual(container["command"], ["/bin/sh", "-c"])
        mounted = {mount["name"] for mount in container["volumeMounts"]}
        volumes = {volume["name"] for volume in job["spec"]["template"]["spec"]["volumes"]}
        self.assertEqual(mounted, volumes)
        (script,) = container["args"]
        return re.sub(r"/(scenarios|results)/", r"./\1/", str(script))

    def test_xargs(self) -> None:
        self.play(self.redirected(block("GNU parallel and xargs", "sh", 1), "xargs"))
        self.compare("xargs/replicas")

    def test_hyperqueue(self) -> None:
        script = self.redirected(block("HyperQueue", "sh"), "queue")
        start = 'hq() { while [ "$1" != -- ]; do shift; done; shift; each "$@"; }\n'
        each = 'each() { for id in $(seq 10); do HQ_TASK_ID=$id "$@" || return; done; }\n'
        self.play(f"set -e\n{start}{each}{script}")
        self.compare("queue/replicas")


if __name__ == "__main__":
    unittest.main()
