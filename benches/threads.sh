#!/usr/bin/env bash
# Two threads of one process against two processes side by side, doing the same
# work: replications of W2. Both are pinned to nothing and interleaved; the best
# round of each counts, since machines are shared. The results of one and of two
# threads are compared byte for byte.
#
#   benches/threads.sh [ROUNDS] [SCENARIO] [DURATION]
set -euo pipefail

rounds=${1:-7}
scenario=${2:-reference/web-tier.toml}
duration=${3:-1500}
here=$(cd "$(dirname "$0")/.." && pwd)
binary=${CARGO_TARGET_DIR:-$here/target}/release/highwater
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT

(cd "$here" && cargo build --release --locked --quiet)

play() { # THREADS REPLICATIONS SEED FOLDER
  "$binary" run "$here/scenarios/$scenario" --quiet --force --threads "$1" --replications "$2" \
    --seed "$3" --set "run.duration=\"$duration s\"" --set 'run.warmup="1 s"' \
    --out "$results/$4" >/dev/null || [[ $? -le 3 ]]
}

# Seconds that a command takes.
seconds() {
  local from to
  from=$(date +%s%N)
  "$@"
  to=$(date +%s%N)
  echo "$(((to - from) / 1000))e-6"
}

two_threads() { play 2 8 1 threads; }
two_processes() {
  play 1 4 1 first &
  play 1 4 2 second
  wait
}

for _ in $(seq "$rounds"); do
  echo "threads $(seconds two_threads)"
  echo "processes $(seconds two_processes)"
done | awk '
  !($1 in best) || $2 < best[$1] { best[$1] = $2 }
  END { printf "two threads %.3f s, two processes %.3f s: %.1f %% of their throughput\n",
        best["threads"], best["processes"], 100 * best["processes"] / best["threads"] }'

play 1 8 1 one
play 2 8 1 threads
diff -r --exclude manifest.json --exclude .highwater.lock "$results/one" "$results/threads"
echo "one and two threads: the same bytes"
