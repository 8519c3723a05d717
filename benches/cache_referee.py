#!/usr/bin/env python3
"""Replays a trace through Highwater's caches and through libCacheSim.

    python3 -m venv referee && referee/bin/pip install libcachesim==0.3.5
    referee/bin/python benches/cache_referee.py [TRACE]

TRACE is a web server's log in common log format (default:
scenarios/data/nasa-1995-07.log), or a file of `key,bytes` lines without a
heading. Of a log the keys are the paths of GET requests answered 200 or 304.
An object has the largest size that it ever has in the trace, so that it has
one size. Each trace is played by objects (all of one byte) and by bytes, at
caches of 10, 20 and 40 % of what it touches. Highwater's side is an ignored
test of tests/cache_golden.rs, which cargo builds and this script plays.

LRU, FIFO, LFU and SIEVE must miss the same number of times, else the exit
code is 1. S3-FIFO and ARC differ in known places; `Queues` and `Lists` below
are a third implementation in which each difference is a switch. With all
switches off it must agree with Highwater, with all on with libCacheSim; else,
too, the code is 1. The last column has the misses with each switch alone,
where it matters.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile
from collections import OrderedDict

import libcachesim

POLICIES = {
    "lru": libcachesim.LRU,
    "fifo": libcachesim.FIFO,
    "lfu": libcachesim.LFU,
    "sieve": libcachesim.Sieve,
    "s3-fifo": libcachesim.S3FIFO,
    "arc": libcachesim.ARC,
}
SHARES = [0.1, 0.2, 0.4]
TEST = "replay_for_the_referee"
REPLAY = ["cargo", "test", "--quiet", "--test", "cache_golden", "--"]
REPLAY += ["--ignored", "--exact", TEST, "--nocapture"]
LINE = re.compile(r'"GET (\S+)[^"]*" (200|304) (\d+|-)')


def read(path):
    """(key, bytes) of each reference; keys are numbers from 1."""
    text = pathlib.Path(path).read_text(encoding="latin-1")
    if path.endswith(".log"):
        found = [match.group(1, 3) for match in map(LINE.search, text.splitlines()) if match]
    else:
        found = [line.split(",") for line in text.splitlines()]
    numbers, sizes = {}, {}
    for name, size in found:
        numbers.setdefault(name, len(numbers) + 1)
        sizes[name] = max(sizes.get(name, 1), int(size) if size != "-" else 1)
    return [(numbers[name], sizes[name]) for name, _ in found]


def highwater(policy, capacity, trace):
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as lines:
        lines.writelines(f"{key},{size}\n" for key, size in trace)
        lines.flush()
        order = {"CACHE_REPLAY": f"{policy} {capacity} {lines.name}"}
        run = subprocess.run(REPLAY, env=os.environ | order, capture_output=True, text=True)
    found = re.search(r"misses (\d+) hit bytes (\d+)", run.stdout)
    if not found:
        sys.exit(run.stderr + run.stdout)
    return tuple(map(int, found.groups()))


def referee(policy, capacity, trace):
    cache = POLICIES[policy](cache_size=capacity, hashpower=18)
    misses = hit_bytes = 0
    for time, (key, size) in enumerate(trace):
        request = libcachesim.Request(obj_size=size, obj_id=key, clock_time=0)
        if cache.get(request):
            hit_bytes += size
        else:
            misses += 1
    return misses, hit_bytes


class Queues:
    """S3-FIFO. Switches: `rejects`, an object as large as the small queue is
    not stored; `fills main`, until the first eviction what does not fit the
    small queue goes to the main one; `main over`, the main queue evicts when
    it is over its share, where the paper asks whether the small one is;
    `ghosts`, 0.9 of the capacity rounded down, not what the small queue leaves."""

    SWITCHES = ("rejects", "fills main", "main over", "ghosts")

    def __init__(self, capacity, differs):
        self.capacity, self.differs = capacity, differs
        self.small_size = capacity // 10
        self.small, self.main, self.ghosts = OrderedDict(), OrderedDict(), OrderedDict()
        self.bytes = {"small": 0, "main": 0, "ghosts": 0}
        self.evicted = False

    def get(self, key, size):
        for queue in (self.small, self.main):
            if key in queue:
                queue[key][1] = min(queue[key][1] + 1, 3)
                return True
        returns = self.take("ghosts", key) is not None
        if size > self.capacity or ("rejects" in self.differs and size >= self.small_size):
            return False
        while self.bytes["small"] + self.bytes["main"] + size > self.capacity:
            self.evict()
        if returns:
            self.put("main", key, size)
        elif self.fills_main() and self.bytes["small"] >= self.small_size:
            self.put("main", key, size)
        else:
            self.put("small", key, size)
        return False

    def fills_main(self):
        return "fills main" in self.differs and not self.evicted

    def put(self, name, key, size, hits=0):
        getattr(self, name)[key] = [size, hits]
        self.bytes[name] += size

    def take(self, name, key):
        entry = getattr(self, name).pop(key, None)
        if entry:
            self.bytes[name] -= entry[0]
        return entry

    def evict(self):
        self.evicted = True
        if "main over" in self.differs:
            from_main = self.bytes["main"] > self.capacity - self.small_size
        else:
            from_main = self.bytes["small"] < self.small_size
        if self.small and (not from_main or not self.main):
            self.evict_small()
        else:
            self.evict_main()

    def evict_small(self):
        while self.small:
            key = next(iter(self.small))
            size, hits = self.take("small", key)
            if hits > 1:
                self.put("main", key, size)
                continue
            room = self.capacity - self.small_size
            if "ghosts" in self.differs:
                room = int(self.capacity * 0.9)
            if size <= room:
                while self.bytes["ghosts"] + size > room:
                    self.take("ghosts", next(iter(self.ghosts)))
                self.put("ghosts", key, size)
            return

    def evict_main(self):
        while True:
            key = next(iter(self.main))
            size, hits = self.take("main", key)
            if hits == 0:
                return
            self.put("main", key, size, hits - 1)


class Lists:
    """ARC. Switches: `pages`, an object that comes back moves the target by
    the paper's step, not by that times its bytes; `one each`, ghosts are
    dropped one for each eviction, not until the bounds hold."""

    SWITCHES = ("pages", "one each")

    def __init__(self, capacity, differs):
        self.capacity, self.differs, self.target = capacity, differs, 0.0
        self.lists = {name: OrderedDict() for name in ("t1", "t2", "b1", "b2")}
        self.bytes = dict.fromkeys(self.lists, 0)

    def put(self, name, key, size):
        self.lists[name][key] = size
        self.bytes[name] += size

    def take(self, name, key):
        size = self.lists[name].pop(key)
        self.bytes[name] -= size
        return size

    def oldest(self, name):
        return next(iter(self.lists[name]))

    def get(self, key, size):
        for name in ("t1", "t2"):
            if key in self.lists[name]:
                self.take(name, key)
                self.put("t2", key, size)
                return True
        if size > self.capacity:
            return False
        came = self.adapt(key, size)
        if "one each" not in self.differs:
            self.bound(size, came)
        while self.bytes["t1"] + self.bytes["t2"] + size > self.capacity:
            self.evict(size, came)
        self.put("t2" if came else "t1", key, size)
        return False

    def adapt(self, key, size):
        step = 1 if "pages" in self.differs else size
        b1, b2 = self.bytes["b1"], self.bytes["b2"]
        if key in self.lists["b1"]:
            self.target = min(self.target + step * max(b2 / b1, 1.0), self.capacity)
            self.take("b1", key)
            return "b1"
        if key in self.lists["b2"]:
            self.target = max(self.target - step * max(b1 / b2, 1.0), 0.0)
            self.take("b2", key)
            return "b2"
        return None

    def bound(self, size, came):
        first = lambda: self.bytes["t1"] + self.bytes["b1"] + size > self.capacity
        while not came and first() and self.lists["b1"]:
            self.take("b1", self.oldest("b1"))
        while sum(self.bytes.values()) + size > 2 * self.capacity and self.lists["b2"]:
            self.take("b2", self.oldest("b2"))

    def evict(self, size, came):
        if not came and "one each" in self.differs:
            if self.bytes["t1"] + self.bytes["b1"] + size > self.capacity:
                if not self.lists["b1"]:
                    return self.take("t1", self.oldest("t1"))
                self.take("b1", self.oldest("b1"))
            elif sum(self.bytes.values()) >= 2 * self.capacity and self.lists["b2"]:
                self.take("b2", self.oldest("b2"))
        elif not came and self.bytes["t1"] + size > self.capacity:
            return self.take("t1", self.oldest("t1"))
        held = self.bytes["t1"]
        over = held > self.target or (came == "b2" and held == self.target)
        name = "t1" if (held and over) or not self.lists["t2"] else "t2"
        key = self.oldest(name)
        self.put("b1" if name == "t1" else "b2", key, self.take(name, key))


THIRD = {"s3-fifo": Queues, "arc": Lists}


def third(policy, capacity, trace, differs):
    cache = THIRD[policy](capacity, differs)
    return sum(not cache.get(key, size) for key, size in trace)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("trace", nargs="?", default="scenarios/data/nasa-1995-07.log")
    options = parser.parse_args()
    trace = read(options.trace)
    agree = True
    print("| sizes | capacity | policy | misses | libCacheSim | byte hits | libCacheSim | |")
    print("|---|--:|---|--:|--:|--:|--:|---|")
    for unit in ("objects", "bytes"):
        played = [(key, 1) for key, _ in trace] if unit == "objects" else trace
        footprint = sum(dict(played).values())
        for share in SHARES:
            capacity = int(footprint * share)
            for policy in POLICIES:
                ours = highwater(policy, capacity, played)
                theirs = referee(policy, capacity, played)
                remark = "=" if ours == theirs else f"{(ours[0] - theirs[0]) / theirs[0]:+.1%}"
                if policy in THIRD:
                    switches = THIRD[policy].SWITCHES
                    alone = [third(policy, capacity, played, {one}) for one in switches]
                    alike = third(policy, capacity, played, set()) == ours[0]
                    explained = third(policy, capacity, played, set(switches)) == theirs[0]
                    agree &= alike and explained
                    remark += "" if alike and explained else ", NOT EXPLAINED"
                    found = [f"{one} {n:,}" for one, n in zip(switches, alone) if n != ours[0]]
                    remark += f" ({', '.join(found)})" if found else ""
                else:
                    agree &= ours == theirs
                row = [unit, f"{capacity:,}", policy, f"{ours[0]:,}", f"{theirs[0]:,}"]
                row += [f"{ours[1]:,}", f"{theirs[1]:,}", remark]
                print("| " + " | ".join(row) + " |", flush=True)
    return 0 if agree else 1


if __name__ == "__main__":
    sys.exit(main())
