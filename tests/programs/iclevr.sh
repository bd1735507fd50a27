#!/usr/bin/env bash
# The program of scenes told by their labels from end to end on a few of them: it draws, trains on drawn scenes and on a
# folder, resumes, samples, trains an evaluator and scores by it; what cannot be is refused in one line.
set -euo pipefail
program=$HUSH_ICLEVR scratch=$HUSH_SCRATCH
. tests/programs/run.bash
rm -rf "$scratch" && mkdir -p "$scratch"

said() { grep -qF -- "$1" "$scratch/out" || { echo "FAILED: it did not say: $1"; cat "$scratch/out"; exit 1; }; }
size() { od -An -tu1 -j16 -N8 "$1" | awk '{print 256 * $3 + $4, 256 * $7 + $8}'; }  # width and height of a PNG
has_size() { [ "$(size "$1")" = "$2" ] || { echo "FAILED: $1 is $(size "$1"), not $2"; exit 1; }; }

# twelve scenes of one to three objects, and the lists that name them
sets=('["red cube"]' '["blue sphere", "gray cylinder"]' '["red cube", "cyan cube", "green sphere"]')
list="" files=""
for i in 00 01 02 03 04 05 06 07 08 09 10 11; do
  set=${sets[$((10#$i % 3))]}
  list+=${list:+, }$set files+=${files:+, }"\"$i.png\": $set"
done
echo "[$list]" >"$scratch/list.json"
echo "{$files}" >"$scratch/files.json"
works draw --labels "$scratch/list.json" --out "$scratch/scenes" --size 32
[ "$(find "$scratch/scenes" -name '*.png' | wc -l)" -eq 12 ]
has_size "$scratch/scenes/11.png" "32 32"

# drawn scenes train a network; the same command goes on with it, and draws the pictures of an epoch
train=(train --scenes 16 --batch 8 --validate 4 --sample-every 2 --run "$scratch/run")
works "${train[@]}" --epochs 1
said "16 new scenes an epoch, 1 epochs of 2 steps"
works "${train[@]}" --epochs 2
said "resumed from step 2 of 4"
[ "$(wc -l <"$scratch/run/steps.csv")" -eq 5 ] && [ "$(wc -l <"$scratch/run/epochs.csv")" -eq 3 ]
has_size "$scratch/run/epoch-2.png" "262 130"  # four labels of validation above four scenes, of 64 screen pixels
has_size "$scratch/run/inference.png" "32 32"
has_size "$scratch/run/ground_truth.png" "32 32"
least=$(tail -n +2 "$scratch/run/epochs.csv" | cut -d, -f4 | sort -g | head -1)
grep -qaF "\"validation_loss\":\"$least\"" "$scratch/run/best.safetensors" ||
  { echo "FAILED: the best weights are not those of validation loss $least"; exit 1; }

# samples: a grid, single files and a strip; in any batch the same
weights=$scratch/run/weights.safetensors
sample=(sample --weights "$weights" --steps 3)
works "${sample[@]}" --labels "red cube, blue sphere" --count 3 --batch 2 --guidance 2 --strip 1500,900,0 \
  --out "$scratch/x.png" --strip-out "$scratch/strip.png" --folder "$scratch/single"
has_size "$scratch/x.png" "196 64"
has_size "$scratch/strip.png" "196 196"
said "at t = 1332, 666, 0"
[ "$(find "$scratch/single" -name '*.png' | wc -l)" -eq 3 ]
works "${sample[@]}" --labels "red cube, blue sphere" --count 3 --batch 1 --guidance 2 --out "$scratch/one.png"
cmp "$scratch/x.png" "$scratch/one.png"
works "${sample[@]}" --labels "red cube, blue sphere" --count 3 --out "$scratch/unguided.png"
cmp -s "$scratch/x.png" "$scratch/unguided.png" && { echo "FAILED: guidance changes nothing"; exit 1; }
works "${sample[@]}" --labels "red cube, blue sphere" --count 3 --guidance 2 --guidance-interval 0,inf --out "$scratch/all.png"
cmp "$scratch/x.png" "$scratch/all.png"
works "${sample[@]}" --labels "red cube, blue sphere" --count 3 --out "$scratch/y.png" --folder "$scratch/plain"
works "${sample[@]}" --labels "red cube, blue sphere" --count 3 --guidance 2 --guidance-interval 1e9,inf --out "$scratch/y.png" \
  --folder "$scratch/never"
cmp "$scratch/plain/2.png" "$scratch/never/2.png"
works "${sample[@]}" --labels-file "$scratch/list.json" --sampler dpm++2m --min-max --out "$scratch/list.png" --folder "$scratch/made"
has_size "$scratch/list.png" "526 130"  # eight in a row
[ "$(find "$scratch/made" -name '*.png' | wc -l)" -eq 12 ]

# a hole drawn anew: what is outside stays
inpaint=(inpaint --weights "$weights" --picture "$scratch/scenes/00.png" --labels "red cube")
works "${inpaint[@]}" --hole 0,0,16,32 --count 2 --steps 4 --resamples 1 --scale 1 --out "$scratch/inpainted.png"
has_size "$scratch/inpainted.png" "100 32"

# an evaluator, which scores a folder and what is generated
evaluator=$scratch/evaluator.safetensors
works train-evaluator --weights "$evaluator" --scenes 64 --held-out 32 --batch 32 --epochs 1
said "2 steps, each of new scenes of 32x32"
works evaluate --pictures "$scratch/scenes" --labels "$scratch/list.json" --evaluator "$evaluator" --missed "$scratch/missed.png"
found=$(awk '/labels found/ { print $1 } /^\| missed/ { missed = $4 } END { print missed }' "$scratch/out" | tr '\n' ' ')
[ "$(echo "$found" | awk '{print $1 + $2}')" -eq 24 ] || { echo "FAILED: found and missed are not all 24 labels: $found"; exit 1; }
works evaluate --weights "$weights" --evaluator "$evaluator" --labels "$scratch/list.json" --seeds 2 --steps 2 --guidance 2
said "| pictures | list |"
grep -qE '^\| generated \| 0\.[0-9]{4} \+- 0\.[0-9]{4} \|$' "$scratch/out"
grep -qE '^\| drawn scenes \| 0\.[0-9]{4} \+- 0\.[0-9]{4} \|$' "$scratch/out"
said "| labels | 48 |"

# the weights of this repository: true scenes, and pictures of a few steps
shipped=examples/iclevr/weights
accuracy_of() { awk -v row="$1" -F'|' '$2 == row { print $3 + 0 }' "$scratch/out"; }
works draw --labels data/iclevr/test.json --size 32 --out "$scratch/true"
works evaluate --pictures "$scratch/true" --labels data/iclevr/test.json --evaluator $shipped/evaluator_32.safetensors
said "72 of 72 labels found"
works draw --labels data/iclevr/test.json --size 64 --out "$scratch/true_64"
works evaluate --pictures "$scratch/true_64" --labels data/iclevr/test.json --evaluator $shipped/evaluator_64.safetensors
said "72 of 72 labels found"
works evaluate --weights $shipped/small.safetensors --evaluator $shipped/evaluator_32.safetensors --labels data/iclevr/test.json \
  --seeds 1 --steps 10 --guidance 1.75
made=$(accuracy_of " generated ") other=$(accuracy_of " generated, labels shuffled ")
awk -v made="$made" -v other="$other" 'BEGIN { exit !(made > 0.8 && other < 0.4) }' ||
  { echo "FAILED: generated pictures score $made, against other labels $other"; exit 1; }

# a folder of pictures: nine tenths of its scenes train, the rest validates; without label dropout there is no guidance
folder=(train --pictures "$scratch/scenes" --labels "$scratch/files.json" --sample-every 0 --label-dropout 0)
works "${folder[@]}" --batch 8 --epochs 1 --run "$scratch/folder"
said "9 pictures, 1 epochs of 1 steps"

# flips on training only: at a rate that moves no weight, mirroring changes the training loss, and neither that of validation nor a
# picture that validates
for flip in "" --no-flip; do
  works train --pictures "$scratch/scenes" --labels "$scratch/files.json" --label-dropout 0 $flip --batch 9 --epochs 3 --rate 1e-30 \
    --sample-every 3 --run "$scratch/flip$flip"
done
loss() { tail -n +2 "$scratch/flip$2/epochs.csv" | cut -d, -f"$1"; }
head -1 "$scratch/flip/epochs.csv" | grep -q '^step,epoch,loss,validation_loss' || { echo "FAILED: other columns"; exit 1; }
[ "$(loss 4 "")" = "$(loss 4 --no-flip)" ] && [ "$(loss 3 "")" != "$(loss 3 --no-flip)" ] ||
  { echo "FAILED: training losses $(loss 3 "") and $(loss 3 --no-flip), validation $(loss 4 "") and $(loss 4 --no-flip)"; exit 1; }
for flip in "" --no-flip; do
  for i in 09 10 11; do cmp -s "$scratch/flip$flip/ground_truth.png" "$scratch/scenes/$i.png" && continue 2; done
  echo "FAILED: ground_truth.png is none of the pictures that validate"; exit 1
done

out=(--out "$scratch/y.png")
refused 'there is no label "red cub"; near are "red cube"' "${sample[@]}" --labels "red cub" "${out[@]}"
refused 'a list of labels names none' "${sample[@]}" --labels " " "${out[@]}"
refused "sample: --labels wants a value" "${sample[@]}" --labels "" "${out[@]}"
refused 'a list of labels names none' "${sample[@]}" --labels "red cube," "${out[@]}"
refused '"red cube" stands twice' "${sample[@]}" --labels "red cube, red cube" "${out[@]}"
refused "wants --labels or --labels-file" "${sample[@]}" "${out[@]}"
refused "--labels" "${sample[@]}" --labels "red cube" --labels-file "$scratch/list.json" "${out[@]}"
refused "--strip 2000 is no time: they are 0 to 1999" "${sample[@]}" --labels "red cube" --strip 2000 "${out[@]}"
refused "was trained with --label-dropout 0" sample --weights "$scratch/folder/weights.safetensors" --guidance 2 --labels "red cube" "${out[@]}"
refused "does not lie within 32x32 pixels" "${inpaint[@]}" --hole 20,0,16,32 --out "$scratch/y.png"
refused "--hole" "${inpaint[@]}" --hole 1,2,3 --out "$scratch/y.png"
refused "wants low < high, has .low = 3 and .high = 1" "${sample[@]}" --labels "red cube" --guidance 2 --guidance-interval 3,1 "${out[@]}"
echo '[["red cube"], []]' >"$scratch/empty.json"
echo '[["red cube"], ["pink cube"]]' >"$scratch/pink.json"
echo '[]' >"$scratch/none.json"
refused "list 1 is empty" "${sample[@]}" --labels-file "$scratch/empty.json" "${out[@]}"
refused 'there is no label "pink cube"' "${sample[@]}" --labels-file "$scratch/pink.json" "${out[@]}"
refused "has no list of labels" "${sample[@]}" --labels-file "$scratch/none.json" "${out[@]}"
refused "has no list of labels" evaluate --weights "$weights" --evaluator "$evaluator" --labels "$scratch/none.json"
refused "wants --weights of a generator, or --pictures" evaluate --evaluator "$evaluator"
refused "is no evaluator" evaluate --weights "$weights" --evaluator "$weights" --labels "$scratch/list.json"
refused "holds 12 pictures" evaluate --pictures "$scratch/scenes" --labels data/iclevr/test.json --evaluator "$evaluator"
refused "show fewer, or smaller ones" "${sample[@]}" --labels "red cube" --count 9223372036854775807 "${out[@]}"
refused "show fewer, or smaller ones" "${inpaint[@]}" --hole 1,2,3,4 --count 9223372036854775807 --out "$scratch/y.png"
refused "--label-dropout: wants a number of 0 to below 1, got 1" "${train[@]}" --label-dropout 1
refused "--pictures and --labels go together" train --pictures "$scratch/scenes" --run "$scratch/z"
echo '{"a.png": ["red cube"]}' >"$scratch/other.json"
refused "a.png: is not there, but" train --pictures "$scratch/scenes" --labels "$scratch/other.json" --run "$scratch/z"
refused "are fewer than one batch of 16" "${folder[@]}" --batch 16 --run "$scratch/z"
refused "it cannot go on with" "${train[@]}" --epochs 3 --label-dropout 0.5
refused "holds checkpoints already" "${train[@]}" --epochs 3 --fresh
refused "holds the weights of another program" sample --weights examples/palette/weights/garments.safetensors --labels "red cube" "${out[@]}"
cp "$weights" "$scratch/weights.png"
refused "would replace what is read (--weights" sample --weights "$scratch/weights.png" --labels "red cube" --out "$scratch/./weights.png"
refused "euler has no eta" "${sample[@]}" --labels "red cube" --sampler euler --eta 1 "${out[@]}"
[ ! -e "$scratch/y.png" ] && [ ! -e "$scratch/z/steps.csv" ]
rm -rf "$scratch"
