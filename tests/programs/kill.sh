#!/usr/bin/env bash
# Kills a real training (SIGKILL) at 20 moments drawn from a printed seed, resumes it each time, and compares the final
# weights byte for byte with those of a run that was never killed. The step a run resumes from must never go back.
set -euo pipefail
program=$HUSH_FASHION_MNIST scratch=$HUSH_SCRATCH
seed=${HUSH_KILL_SEED:-20261121}
echo "seed of the moments: $seed (HUSH_KILL_SEED chooses another)"
RANDOM=$seed
rm -rf "$scratch" && mkdir -p "$scratch"

train() {  # folder
  exec "$program" train --data data/fashion_mnist_2000 --preset small --limit 96 --batch 8 --epochs 2 --validate 8 \
    --save-every 1 --sample-every 0 --run "$1"
}

(train "$scratch/whole") >"$scratch/whole.log" 2>&1
last=0
for kill in $(seq 20); do
  (train "$scratch/killed") >"$scratch/killed.log" 2>&1 &
  pid=$!
  sleep "$(printf '%d.%03d' $((RANDOM % 2)) $((RANDOM % 1000)))"
  kill -KILL "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
  step=$(sed -n 's/^resumed from step \([0-9]*\) of.*/\1/p' "$scratch/killed.log")
  echo "kill $kill: had resumed from step ${step:-none}"
  if [ -n "$step" ]; then
    [ "$step" -ge "$last" ] || { echo "FAILED: the run went back from step $last to step $step"; exit 1; }
    last=$step
  elif [ "$last" -gt 0 ] && ! grep -q parameters "$scratch/killed.log"; then
    :  # killed before it said a word
  fi
  if grep -qi "error\|passed over\|cannot" "$scratch/killed.log"; then
    echo "FAILED: a kill left something that could not be read:"; cat "$scratch/killed.log"; exit 1
  fi
done
(train "$scratch/killed") >"$scratch/killed.log" 2>&1
cmp "$scratch/whole/weights.safetensors" "$scratch/killed/weights.safetensors"
cmp "$scratch/whole/steps.csv" "$scratch/killed/steps.csv"
cmp "$scratch/whole/epochs.csv" "$scratch/killed/epochs.csv"
for file in weights ema moment1 moment2; do
  cmp "$scratch/whole/ckpt-00000024/$file.safetensors" "$scratch/killed/ckpt-00000024/$file.safetensors"
done
leftovers=$(find "$scratch/killed" -name '.*' -not -path "$scratch/killed" | head -n 3)
[ -z "$leftovers" ] || { echo "FAILED: left behind: $leftovers"; exit 1; }
echo "after 20 kills the weights, moments, averages and logs are the same bytes"
rm -rf "$scratch"
