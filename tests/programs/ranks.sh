#!/usr/bin/env bash
# A training on processes that MPI starts: 1, 2 and 4 ranks end with the same bytes of all files, killed on 2 and resumed on 4
# or 1 too; whatever goes wrong on one rank ends all, with one message and a status that is not 0.
set -euo pipefail
program=$HUSH_RANKS scratch=$HUSH_SCRATCH mpiexec=${HUSH_MPIEXEC:-mpiexec}
rm -rf "$scratch" && mkdir -p "$scratch"
# Open MPI counts cores, and does not start for root, unless it is told to.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
export ASAN_OPTIONS=detect_leaks=0:${ASAN_OPTIONS:-}  # MPI's libraries keep what they have until the end

failed=0
fail() { echo "FAILED: $*"; failed=1; }

on() {  # ranks, then the program's words
  local ranks=$1
  shift
  timeout 60 "$mpiexec" -n "$ranks" "$program" "$@"
}
bytes() { (cd "$1" && find . -type f | sort | xargs sha256sum); }

"$program" "$scratch/alone" 2>"$scratch/log"
bytes "$scratch/alone" >"$scratch/wanted"
for file in weights.safetensors steps.csv epochs.csv steps.jsonl ckpt-00000040/{weights,ema,moment1,moment2}.safetensors; do
  grep -q "/$file\$" "$scratch/wanted" || fail "the run of one process wrote no $file"
done
[ "$(wc -l <"$scratch/alone/steps.csv")" = 41 ] || fail "steps.csv has not 40 steps"
for ranks in 1 2 4; do
  on "$ranks" "$scratch/on$ranks" 2>"$scratch/log" || { fail "status $? on $ranks ranks"; cat "$scratch/log"; }
  bytes "$scratch/on$ranks" | diff "$scratch/wanted" - || fail "other bytes on $ranks ranks than in one process"
done

for then in 4 1; do
  for victim in 0 1; do
    run=$scratch/killed$then$victim from=$SECONDS
    if on 2 "$run" at=11 kill=$victim 2>"$scratch/log"; then fail "status 0, and rank $victim was killed"; fi
    [ $((SECONDS - from)) -lt 20 ] || fail "the other rank lived on when rank $victim was killed"
    on "$then" "$run" 2>"$scratch/log" || { fail "status $? when resumed on $then"; cat "$scratch/log"; }
    [ "$(grep -c '^resumed from step 9 of 40$' "$scratch/log")" = 1 ] || { fail "not resumed once from step 9"; cat "$scratch/log"; }
    bytes "$run" | diff "$scratch/wanted" - || fail "killed on 2 and resumed on $then: other bytes"
  done
done

refused() {  # what one line of the messages must be, ranks, folder, then the program's words
  local wanted=$1 ranks=$2 status=0
  shift 2
  on "$ranks" "$@" >"$scratch/log" 2>&1 || status=$?
  if [ "$status" = 0 ] || [ "$status" = 124 ] || [ "$(grep -cF -- "$wanted" "$scratch/log")" != 1 ]; then
    fail "status $status, wanted once: $wanted"
    sed 's/^/  /' "$scratch/log"
  fi
}
refused "ranks: rank 1 of 2: [ranks] was started with seed = 7, and rank 0 with seed = 0" 2 "$scratch/odd" odd=1
refused "ranks: rank 0 of 4: [train] accumulate, the micro-batches of a batch, is 2: 4 ranks want" 4 "$scratch/few" accumulate=2
refused "ranks: rank 1 of 2: it was told to" 2 "$scratch/thrown" at=5 throw=1
[ -f "$scratch/thrown/ckpt-00000003/ema.safetensors" ] || fail "the last good checkpoint is gone"
touch "$scratch/file"
refused "ranks: rank 0 of 2: $scratch/file" 2 "$scratch/file"
from=$SECONDS
refused "[Mpi] rank 0 of 2 has waited 2 s for rank 1" 2 "$scratch/hung" at=4 hang=1 time_limit=2
[ $((SECONDS - from)) -lt 20 ] || fail "a rank that hangs held the others for $((SECONDS - from)) s"
on 4 "$scratch/stopped" at=6 stop=2 2>"$scratch/log" || fail "a run that rank 2 stopped has status $?"
[ "$(tail -1 "$scratch/stopped/steps.csv" | cut -d, -f1)" = 6 ] || fail "a run that rank 2 stopped after step 6 went on"

[ $failed = 0 ] && rm -rf "$scratch" && echo "1, 2 and 4 ranks wrote the same bytes"
