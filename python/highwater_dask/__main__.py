"""The command line: `python -m highwater_dask FILE --shards N --scheduler ADDRESS …`."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence

from distributed import Client

from highwater_dask.bundle import DEFAULT_LIMIT
from highwater_dask.cluster import sweep
from highwater_dask.errors import IO_FAILURE, SweepError

_EXAMPLE = """\
What stands after -- goes to `highwater sweep`. Parts are kept in <out>.parts/ as
they arrive: the same command again runs only what is missing.

Example:
  python -m highwater_dask scenarios/05-replicas.toml --shards 16 \\
    --scheduler tcp://10.0.0.5:8786 --out output/replicas -- \\
    --vary services.web.instances=10..30:5 --vary databases.main.replicas=1..4

Exit codes: 0 done; 3 a limit ended a cell early; 2 bad input or workers of
another version; 4 the cluster, the simulator or the disk failed; 130
interrupted; else that of the shard that failed."""

_INTERRUPTED = 130


def main(words: Sequence[str] | None = None) -> int:
    """Carries out a command line and returns the exit code."""
    words = list(sys.argv[1:] if words is None else words)
    # argparse would read options behind `--` as its own positional ones.
    end = words.index("--") if "--" in words else len(words)
    arguments = _parser().parse_args(words[:end])
    # A lost scheduler is told in one sentence, not in Dask's tracebacks.
    for name in ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        return _sweep(arguments, words[end + 1 :])
    except SweepError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.code
    except KeyboardInterrupt:
        print("interrupted: the same command continues", file=sys.stderr)
        return _INTERRUPTED


def _sweep(arguments: argparse.Namespace, of_sweep: Sequence[str]) -> int:
    to_merge = [f"--format={arguments.format}"]
    to_merge += [f"--{name}" for name in ("force", "png") if getattr(arguments, name)]
    with _connect(arguments.scheduler) as client:
        swept = sweep(
            client,
            arguments.file,
            of_sweep,
            arguments.shards,
            arguments.out,
            arguments.binary,
            worker_binary=arguments.worker_binary,
            files=arguments.add,
            limit=arguments.limit_mib << 20,
            merge_arguments=to_merge,
            quiet=arguments.quiet,
        )
    print(swept.text, end="")
    return swept.code


def _connect(address: str) -> Client:
    try:
        return Client(address)
    except (OSError, ValueError) as error:
        raise SweepError(f"no scheduler at {address}: {error}", IO_FAILURE) from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="highwater_dask",
        usage="%(prog)s FILE --shards N --scheduler ADDRESS --out DIR [OPTIONS] -- ARGUMENTS",
        description="Runs the shards of `highwater sweep` on a Dask cluster and merges them.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("file", metavar="FILE", help="the scenario")
    add("--shards", type=int, required=True, metavar="N", help="pieces that the cells are dealt to")
    add("--scheduler", required=True, metavar="ADDRESS", help="such as tcp://10.0.0.5:8786")
    add("--out", required=True, metavar="DIR", help="folder of the merged results")
    add("--binary", default="highwater", metavar="PATH", help="the simulator on this machine")
    add("--worker-binary", metavar="PATH", help="on the workers, where it is another path")
    add("--add", action="append", default=[], metavar="FILE", help="a further file that travels")
    mib = DEFAULT_LIMIT >> 20
    add("--limit-mib", type=int, default=mib, metavar="N", help=f"most that travels; {mib}")
    add("--force", action="store_true", help="replace what else stands in DIR")
    add("--format", choices=("text", "json"), default="text", help="what to print")
    add("--png", action="store_true", help="charts as PNG as well as SVG")
    add("--quiet", action="store_true", help="no progress on standard error")
    return parser


if __name__ == "__main__":
    sys.exit(main())
