#!/usr/bin/env bash
# What common random numbers are worth: stages 4 and 5 compared under the users
# of stage 4, at rising numbers of them. Printed for the mean and for p99: the
# variance of the difference if each stage had users of its own, over that of
# the paired difference, with its 95 % interval (jackknife). Then the parts of
# the mean response time that are the same in both stages to the last digit: the
# draws are in step where all but the waiting is.
#
#   benches/common_random_numbers.sh [REPLICATIONS] [DURATION]
set -euo pipefail

replications=${1:-200}
duration=${2:-14}
here=$(cd "$(dirname "$0")/.." && pwd)
binary=${HIGHWATER:-${CARGO_TARGET_DIR:-$here/target}/release/highwater}
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT

[[ -n ${HIGHWATER:-} ]] || (cd "$here" && cargo build --release --locked --quiet)

compare() { # USERS
  "$binary" compare "$here/scenarios/04-horizontal.toml" "$here/scenarios/05-replicas.toml" \
    --users "$1" --replications "$replications" --set "run.duration=\"$duration s\"" \
    --quiet --out "$results/$1" --format json >"$results/$1.json" || [[ $? -le 3 ]]
}

printf '%s replications of %s s, 4 s of it warm-up\n\n' "$replications" "$duration"
printf '%9s %10s %24s %24s\n' users 'DB busy' 'at the mean' 'at p99'
for users in 200000 300000 400000 450000 500000; do
  compare "$users"
  python3 - "$results/$users.json" "$users" <<'PYTHON'
import json, sys

comparison = json.load(open(sys.argv[1]))
first, other = (design["summary"] for design in comparison["designs"])
worth = comparison["differences"][0]["variance_reduction"]
busy = next(s for s in first["stations"] if s["name"] == "databases.main.cpu")


def shown(figure):
    factor = worth[f"response_time_ms.{figure}"]
    return f"{factor['value']:.1f} ({factor['low']:.1f} to {factor['high']:.1f})"


utilisation = 100 * busy["utilisation"]["value"]
print(f"{int(sys.argv[2]):>9,} {utilisation:>8.0f} % {shown('mean'):>24} {shown('p99'):>24}")
if sys.argv[2] == "500000":
    parts = first["attribution_ms"]
    same = [name for name in parts if parts[name] == other["attribution_ms"].get(name)]
    print("\nThe same in both at 500,000 users:", ", ".join(same))
    print("Not the same:", ", ".join(name for name in parts if name not in same))
PYTHON
done
