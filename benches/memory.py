#!/usr/bin/env python3
"""Peak memory of the binary against the length of a run, the requests in
flight, idle users, cached items and instances, as a table in Markdown.

    cargo build --release && benches/memory.py target/release/highwater
"""
import os
import subprocess
import sys
import tempfile

BINARY = sys.argv[1] if len(sys.argv) > 1 else "target/release/highwater"
REFERENCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "scenarios", "reference")

BASE = """
[endpoints.page]
share = 1
steps = [{steps}]
[machines.m]
vcpus = 64
scheduling = "fifo"
[entry]
to = "{entry}"
[services.web]
machine = "m"
instances = {instances}
public = {public}
handles = "*"
[run]
duration = "{duration}"
warmup = "0.1 s"
replications = 1
in_flight = 4_000_000
"""
BALANCER = '[load_balancers.lb]\npublic = true\ntargets = "services.web"\npolicy = "least-connections"\n'


def peak_kib(arguments):
    """Largest resident set of one run, in KiB."""
    with tempfile.TemporaryDirectory() as out:
        command = [BINARY, "run", *arguments, "--quiet", "--threads", "1", "--out", out + "/o"]
        pid = os.posix_spawn(BINARY, command, os.environ,
                             file_actions=[(os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)])
        _, status, usage = os.wait4(pid, 0)
        if os.waitstatus_to_exitcode(status) not in (0, 1, 3):
            sys.exit(f"{command} failed")
        return usage.ru_maxrss


def scenario(users, steps, duration="2 s", instances=1, more=""):
    """A scenario file with one service, and what `more` adds."""
    balanced = instances > 1
    text = "[users]\n" + users + BASE.format(
        steps=steps, entry="load_balancers.lb" if balanced else "services.web",
        instances=instances, public="false" if balanced else "true", duration=duration)
    file = tempfile.NamedTemporaryFile("w", suffix=".toml", delete=False)
    file.write(text + (BALANCER if balanced else "") + more)
    file.close()
    return [file.name]


def table(title, unit, sizes, make):
    """Rows of one curve, with the slope between its ends."""
    print(f"\n### {title}\n\n| {unit} | peak MiB |\n|---|---|")
    peaks = []
    for size in sizes:
        peaks.append(peak_kib(make(size)))
        print(f"| {size:,} | {peaks[-1] / 1024:.1f} |")
    slope = (peaks[-1] - peaks[0]) * 1024 / (sizes[-1] - sizes[0])
    print(f"\nSlope between the ends: {slope:.1f} bytes per unit.")


def cached(items):
    data = f"""
[datasets.d]
items = {items}
item_size = "1 KB"
[caches.c]
holds = ["d"]
machine = "m"
instances = 1
memory = "{items} KB"
[databases.main]
holds = "*"
machine = "m"
"""
    return scenario('rate = "100/s"', '{ read = "d" }', more=data)


def main():
    web_tier = os.path.join(REFERENCE, "web-tier.toml")
    table("Length of the run (W2)", "requests", [10**6, 10**7],
          lambda n: [web_tier, "--replications", "1", "--set", f'run.duration="{n // 800} s"'])
    table("Requests in flight", "requests", [100_000, 1_000_000],
          lambda n: scenario(f'rate = "{n}/s"', '{ cpu = "1 ns" }, { wait = "1 s" }'))
    table("Idle closed users", "users", [100_000, 1_000_000],
          lambda n: scenario(f"count = {n}\nthink_time = {{ exponential = \"2000 s\" }}", '{ cpu = "1 ms" }'))
    table("Cached items", "items", [100_000, 1_000_000], cached)
    table("Instances under least connections", "instances", [10, 10_000],
          lambda n: scenario('rate = "1000/s"', '{ cpu = "1 ms" }', instances=n))


if __name__ == "__main__":
    subprocess.run([BINARY, "--version"], check=True)
    main()
