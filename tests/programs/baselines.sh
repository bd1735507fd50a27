#!/usr/bin/env bash
# The program of the baselines from end to end on a few images: each network trains, is resumed with the same bytes, makes
# pictures and is measured; what cannot be is refused in one line.
set -euo pipefail
program=$HUSH_BASELINES scratch=$HUSH_SCRATCH
. tests/programs/run.bash
rm -rf "$scratch" && mkdir -p "$scratch"
data=data/fashion_mnist_2000

for network in vae dcgan diffusion; do
  run=$scratch/$network
  train=(train --preset $network --data $data --limit 32 --batch 8 --sample-every 0 --save-every 1)
  works "${train[@]}" --epochs 2 --run "$run"
  [ "$(wc -l <"$run/steps.csv")" -eq 9 ]  # a row of names, 4 steps an epoch
  works "${train[@]}" --epochs 2 --run "$run"  # there is nothing left to do
  works "${train[@]}" --epochs 1 --run "$run-parts"
  works "${train[@]}" --epochs 2 --run "$run-parts"
  if [ $network != diffusion ]; then  # whose rate depends on the number of epochs
    for file in "$run"/ckpt-00000008/*.safetensors; do cmp "$file" "$run-parts/ckpt-00000008/$(basename "$file")"; done
    cmp "$run/steps.csv" "$run-parts/steps.csv"
  fi
  works sample --weights "$run/weights.safetensors" --steps 2 --count 4 --columns 2 --out "$scratch/$network.png"
  [ "$(head -c 4 "$scratch/$network.png" | tail -c 3)" = PNG ]
done
[ -e "$scratch/dcgan/ckpt-00000008/critic-moment2.safetensors" ]

works evaluate --data $data --weights "$scratch/vae/weights.safetensors" --weights "$scratch/dcgan/weights.safetensors" \
  --weights "$scratch/diffusion/weights.safetensors" --steps 2 --count 16 --out "$scratch/table.md"
[ "$(wc -l <"$scratch/table.md")" -eq 6 ]
for row in "VAE | 741313" "DCGAN | 369600 (critic " "diffusion | " "test images"; do grep -qF "| $row" "$scratch/table.md"; done

# The weights of the repository: measured against 200 images of all sets, which makes distances larger.
weights=examples/baselines/weights
works evaluate --data $data --weights $weights/vae.safetensors --weights $weights/dcgan.safetensors \
  --weights $weights/diffusion.safetensors --count 200 --out "$scratch/shipped.md"
distance() { awk -F' *[|] *' -v row="$1" '$2 == row { print $7 }' "$scratch/shipped.md"; }
awk -v vae="$(distance VAE)" -v dcgan="$(distance DCGAN)" -v diffusion="$(distance diffusion)" \
  'BEGIN { exit !(vae > 20 && dcgan > 0 && dcgan < .6 * vae && diffusion > 0 && diffusion < .6 * vae) }' ||
  { cat "$scratch/shipped.md"; exit 1; }

refused "is neither a model file (save_model) nor weights of this program" sample --weights examples/classifier/weights/garments.safetensors --out "$scratch/x.png"
refused "cannot go on with" train --preset dcgan --data $data --limit 32 --batch 8 --run "$scratch/vae" --epochs 2
refused "cannot compare 4000 images" evaluate --data $data --weights "$scratch/vae/weights.safetensors" --count 4000
refused "--preset" train --preset gan --data $data
[ ! -e "$scratch/x.png" ]
rm -rf "$scratch"
