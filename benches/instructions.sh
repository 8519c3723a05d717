#!/bin/bash
# Instructions per request of W2 (scenarios/reference/web-tier.toml): the slope
# between a run of 25 s and one of 125 s, counted by callgrind, so that start
# and end of a run, and other work on the machine, do not matter.
#
#   benches/instructions.sh [BINARY]        default: target/release/highwater
#
# benches/instructions.txt has the figure of each milestone. What fails, or may
# fail, must cost nothing where nothing fails: at most 5 % more than before.
set -euo pipefail
cd "$(dirname "$0")/.."
binary=${1:-target/release/highwater}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

count() { # instructions and answered requests of a run of so many seconds
    valgrind --tool=callgrind --callgrind-out-file="$folder/calls" "$binary" \
        run scenarios/reference/web-tier.toml --set "run.duration=$1 s" --set "run.warmup=1 s" \
        --seed 1 --replications 1 --threads 1 --quiet --out "$folder/out" --force \
        2>"$folder/log" >/dev/null || true
    instructions=$(sed -n 's/^summary: //p; s/^totals: //p' "$folder/calls" | head -n 1)
    requests=$(sed -n 's/.*"offered": \([0-9]*\).*/\1/p' "$folder/out/summary.json" | head -n 1)
    echo "$instructions $requests"
}

read -r short_instructions short_requests <<<"$(count 25)"
read -r long_instructions long_requests <<<"$(count 125)"
echo "$(((long_instructions - short_instructions) / (long_requests - short_requests))) instructions per request"
