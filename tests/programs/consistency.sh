#!/usr/bin/env bash
# The program of consistency models from end to end on a few images: a diffusion model as a start, a training that is
# resumed with the same bytes, pictures of one and of two network calls, a table; what cannot be is refused in one line.
set -euo pipefail
program=$HUSH_CONSISTENCY scratch=$HUSH_SCRATCH
. tests/programs/run.bash
rm -rf "$scratch" && mkdir -p "$scratch"
data=data/fashion_mnist_2000

few=(--data $data --limit 16 --batch 8 --save-every 1)
works pretrain "${few[@]}" --epochs 1 --run "$scratch/diffusion"
train=(train "${few[@]}" --epochs 2 --sample-every 0 --from "$scratch/diffusion/weights.safetensors")
works "${train[@]}" --run "$scratch/whole"
works "${train[@]}" --run "$scratch/parts"
rm -r "$scratch"/parts/ckpt-00000004  # as if the run had been killed after its third step
works "${train[@]}" --run "$scratch/parts"
for file in "$scratch"/whole/ckpt-00000004/*.safetensors; do cmp "$file" "$scratch/parts/ckpt-00000004/$(basename "$file")"; done
cmp "$scratch/whole/weights.safetensors" "$scratch/parts/weights.safetensors"

weights=(--weights "$scratch/whole/weights.safetensors")
for steps in 1 2; do
  works sample "${weights[@]}" --steps $steps --count 4 --out "$scratch/$steps.png"
  [ "$(head -c 4 "$scratch/$steps.png" | tail -c 3)" = PNG ]
done
! cmp -s "$scratch/1.png" "$scratch/2.png"
works evaluate "${weights[@]}" --data $data --count 16
cat "$scratch/out" >"$scratch/table"
[ "$(grep -c '^|' "$scratch/table")" -ge 4 ]

refused "most" "${train[@]}" --run "$scratch/whole" --most 20
refused "holds checkpoints already" "${train[@]}" --run "$scratch/whole" --fresh
refused "--steps" sample "${weights[@]}" --steps 3 --out "$scratch/x.png"
PMI_RANK=0 PMI_SIZE=2 refused "this command is for one process" train "${few[@]}" --epochs 1 --run "$scratch/ranks"
[ ! -e "$scratch/x.png" ] && [ ! -e "$scratch/ranks" ]
rm -rf "$scratch"
