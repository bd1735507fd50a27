#!/usr/bin/env bash
# The score network's program from end to end on a few images: it trains, knows a run that is finished, and samples; what
# cannot be is refused in one line.
set -euo pipefail
program=$HUSH_NCSN scratch=$HUSH_SCRATCH
. tests/programs/run.bash
rm -rf "$scratch" && mkdir -p "$scratch"
train=(train --data data/fashion_mnist_2000 --limit 32 --batch 8 --validate 8 --run "$scratch/run")

for _ in train finished; do  # the second time there is nothing left to do
  works "${train[@]}" --epochs 2
done
[ "$(wc -l <"$scratch/run/steps.csv")" -eq 9 ]   # a row of names, 4 steps an epoch
"$program" sample --weights "$scratch/run/weights.safetensors" --count 2 --repeats 1 --epsilon 1e-4 --out "$scratch/x.png" --path "$scratch/path.png" >>"$scratch/out" 2>&1 ||
  { cat "$scratch/out"; exit 1; }
[ "$(head -c 4 "$scratch/x.png" | tail -c 3)" = PNG ]
# the start and ten levels of 32x32 pixels, enlarged twice, with gaps of 2: a row a picture
[ "$(od -An -tu1 -j16 -N8 "$scratch/path.png" | awk '{print 256 * $3 + $4, 256 * $7 + $8}')" = "724 130" ]

refused "is neither a model file (save_model) nor weights of this program" sample --weights examples/fashion_mnist/weights/fashion_mnist_small.safetensors
refused "epsilon" sample --weights "$scratch/run/weights.safetensors" --epsilon -1 --count 1 --out "$scratch/y.png"
refused "--rate" "${train[@]}" --rate nan
refused "are the same (--path" sample --weights "$scratch/run/weights.safetensors" --out "$scratch/y.png" --path "$scratch/./y.png"
cp "$scratch/run/weights.safetensors" "$scratch/weights.png"
refused "would replace what is read (--weights" sample --weights "$scratch/weights.png" --out "$scratch/run/../weights.png"
refused "is neither a model file (save_model) nor weights of this program" train --data data/fashion_mnist_2000 --limit 32 --batch 8 --run "$scratch/y" --from examples/fashion_mnist/weights/fashion_mnist_small.safetensors
[ ! -e "$scratch/y.png" ] && [ ! -e "$scratch/y" ]
rm -rf "$scratch"
