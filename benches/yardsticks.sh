#!/usr/bin/env bash
# The yardstick workloads W1 and W2 through the real binary, beside programs
# written by hand for nothing else, in one run on one machine.
#
#   benches/yardsticks.sh YARDSTICKS [ROUNDS]
#
# YARDSTICKS is the folder of the hand-written programs (a cargo workspace with
# the binaries mm1, w2 and peer-simcore, and simpy/w2.py). The cost is the slope
# between two run lengths, so that start-up does not count; rounds are
# interleaved and the best of each is kept, since machines are shared.
set -euo pipefail

yardsticks=${1:?usage: benches/yardsticks.sh YARDSTICKS [ROUNDS]}
rounds=${2:-5}
here=$(cd "$(dirname "$0")/.." && pwd)
target=${CARGO_TARGET_DIR:-$here/target}
built=$target/yardsticks
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT

(cd "$here" && cargo build --release --locked --quiet)
(cd "$yardsticks" && CARGO_TARGET_DIR=$built cargo build --release --locked --quiet)

# Seconds that a command takes.
seconds() {
  local from to
  from=$(date +%s%N)
  "$@" >/dev/null
  to=$(date +%s%N)
  echo "$(((to - from) / 1000))e-6"
}

# Requests per second of the scenario, and two lengths in seconds.
highwater() { # FILE DURATION
  "$target/release/highwater" run "$here/scenarios/reference/$1" --quiet --force --threads 1 \
    --replications 1 --set "run.duration=\"$2 s\"" --set 'run.warmup="1 s"' --out "$results/out"
}

measure() { # NAME SHORT LONG COMMAND... (the length is appended)
  local name=$1 short=$2 long=$3
  shift 3
  echo "$name $(seconds "$@" "$short") $(seconds "$@" "$long")" >>"$results/times"
}

for _ in $(seq "$rounds"); do
  measure 'W1 mm1-heap 1000000 5000000' 1000000 5000000 "$built/release/mm1" heap
  measure 'W1 highwater 1000000 5000000' 12500 62500 highwater mm1.toml
  measure 'W2 w2-tight 1000000 4000000' 1000000 4000000 "$built/release/w2" tight
  measure 'W2 highwater 1000000 4000000' 1250 5000 highwater web-tier.toml
  measure 'W2 simcore 500000 1000000' 500000 1000000 "$built/release/peer-simcore" w2
done
if python3 -c 'import simpy' 2>/dev/null; then
  measure 'W2 simpy 50000 100000' 50000 100000 python3 "$yardsticks/simpy/w2.py"
fi

awk '
  { key = $1 " " $2; slope = ($6 - $5) / ($4 - $3) * 1e9
    if (!(key in best) || slope < best[key]) best[key] = slope }
  END {
    base["W1"] = best["W1 mm1-heap"]; base["W2"] = best["W2 w2-tight"]
    printf "%-14s %12s %10s\n", "workload", "ns/request", "ratio"
    for (key in best) {
      split(key, part, " ")
      printf "%-14s %12.1f %10.2f\n", key, best[key], best[key] / base[part[1]]
    }
  }' "$results/times" | sort
