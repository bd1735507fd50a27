#!/usr/bin/env bash
# Both stages of latent diffusion from end to end on a dozen small pictures; a run that is finished is known; what cannot
# be is refused in one line.
set -euo pipefail
program=$HUSH_LATENT scratch=$HUSH_SCRATCH
. tests/programs/run.bash
rm -rf "$scratch" && mkdir -p "$scratch/pictures"
for i in 0 1 2 3 4 5 6 7 8 9 10 11; do
  "$HUSH_FASHION_MNIST" strip --data data/fashion_mnist_2000 --image "$i" --scale 1 --out "$scratch/pictures/$i.png" >/dev/null
done
data=(--data "$scratch/pictures" --validate 3)

coder=(train-autoencoder "${data[@]}" --size 32 --batch 4)
for _ in train finished; do  # the second time there is nothing left to do
  works "${coder[@]}" --run "$scratch/coder" --epochs 2
done
[ "$(wc -l <"$scratch/coder/steps.csv")" -eq 5 ] && ls "$scratch/coder/epoch-2.png" >/dev/null  # 2 steps an epoch
works "${coder[@]}" --run "$scratch/other" --epochs 1 --seed 1 --error mse
works reconstruct --autoencoder "$scratch/coder/weights.safetensors" "${data[@]}" --show 2 --out "$scratch/r.png"
grep -q "PSNR of 3 pictures held out: .* dB; 3072 numbers a picture became 64" "$scratch/out"

train=(train --autoencoder "$scratch/coder/weights.safetensors" "${data[@]}")
for _ in train finished; do
  works "${train[@]}" --run "$scratch/run" --batch 4 --sample-every 2 --epochs 2
done
grep -q "for latents of 4x4x4" "$scratch/out" && ls "$scratch/run/epoch-2.png" >/dev/null
sample=(sample --autoencoder "$scratch/coder/weights.safetensors" --weights "$scratch/run/weights.safetensors" --steps 3 --columns 2)
works "${sample[@]}" --count 2 --out "$scratch/x.png"
# two pictures of 32x32 pixels and their gaps
[ "$(od -An -tu1 -j16 -N4 "$scratch/x.png" | awk '{print 256 * $3 + $4}')" -ge 64 ]

refused "process.conditioning.weights is" sample --autoencoder "$scratch/other/weights.safetensors" --weights "$scratch/run/weights.safetensors" --out "$scratch/y.png"
refused "wanted is a AutoencoderKlConfig" reconstruct --autoencoder "$scratch/run/weights.safetensors" "${data[@]}" --out "$scratch/y.png"
refused "pictures are left to train on" "${train[@]}" --run "$scratch/y" --batch 10
[ ! -e "$scratch/y.png" ] && [ ! -e "$scratch/y" ]
rm -rf "$scratch"
