#!/usr/bin/env bash
# The program of the four image-to-image tasks from end to end on a dozen small pictures: each trains, is evaluated and
# restores; known pixels survive; what cannot be is refused in one line.
set -euo pipefail
program=$HUSH_PALETTE scratch=$HUSH_SCRATCH
. tests/programs/run.bash
rm -rf "$scratch" && mkdir -p "$scratch/pictures/below"
for i in 0 1 2 3 4 5 6 7 8 9 10 11; do
  "$HUSH_FASHION_MNIST" strip --data data/fashion_mnist_2000 --image "$i" --scale 1 --out "$scratch/pictures/below/$i.png" >/dev/null
done
size=(--size 8 --limit 12 --validate 3 --batch 4)

for task in inpainting uncropping colorization jpeg; do
  run=$scratch/$task
  works train --task "$task" --data "$scratch/pictures" --run "$run" --epochs 2 --steps 2 --restore 3 "${size[@]}"
  grep -q "| End of epoch   2 | Time: " "$scratch/out"
  [ "$(wc -l <"$run/restorations.csv")" -eq 3 ] && [ "$(wc -l <"$run/steps.csv")" -eq 5 ]
  ls "$run"/events.out.tfevents.* "$run/best.safetensors" "$run/epoch-2.png" >/dev/null
  least=$(tail -n +2 "$run/restorations.csv" | cut -d, -f2 | sort -g | head -1)
  grep -qaF "\"mae\":\"$least\"" "$run/best.safetensors" || { echo "FAILED: the best weights are not those of MAE $least"; exit 1; }
  works evaluate --weights "$run/best.safetensors" --data "$scratch/pictures" --limit 12 --validate 3 --steps 2 --out "$run/e"
  awk -v least="$least" '/^ddim/ { found = $8; exit } END { exit !(found > .98 * least - .0001 && found < 1.02 * least + .0001) }' "$scratch/out" ||
    { echo "FAILED: the best weights are of MAE $least, evaluate says:"; cat "$scratch/out"; exit 1; }
  works evaluate --weights "$run/weights.safetensors" --data "$scratch/pictures" --limit 12 --validate 3 --steps 2 --samples 2 --out "$run/e"
  grep -q "warning: training held out" "$scratch/out" && { echo "FAILED: a warning of the training's own pictures"; cat "$scratch/out"; exit 1; }
  grep -q "mean of 2 samples" "$scratch/out" && ls "$run/e/truth/2.png" "$run/e/restored.png" "$run/e/fool_test/2.png" >/dev/null
  [ "$(grep -cE '^[012],(left|right)$' "$run/e/fool_test.csv")" -eq 3 ]
  works restore --weights "$run/best.safetensors" --image "$scratch/pictures" --out "$run/restored" --size 8 --steps 1
  [ "$(find "$run/restored" -name '*.png' | wc -l)" -eq 12 ]
  works restore --weights "$run/best.safetensors" --image "$scratch/pictures/below/0.png" --out "$run/one.png" --path "$run/path.png" --size 8 --steps 20
  # the start and ten moments more of 8x8 pixels, enlarged twice, with gaps of 2
  [ "$(od -An -tu1 -j16 -N4 "$run/path.png" | awk '{print 256 * $3 + $4}')" -eq 196 ]
done
works train --task inpainting --data "$scratch/pictures" --run "$scratch/inpainting" --epochs 2 --steps 2 "${size[@]}"  # nothing left to do
grep -qaF '"split":"random 0"' "$scratch/inpainting/best.safetensors"
# a run that was begun with the last names keeps them, and one with another split, crop or flip is another run
works train --data "$scratch/pictures" --run "$scratch/old" --epochs 1 --restore 0 "${size[@]}" --split last --crop --flip
works train --data "$scratch/pictures" --run "$scratch/old" --epochs 2 --restore 0 "${size[@]}" --crop --flip
grep -q "resumed from step 2 of 4" "$scratch/out" && grep -qaF '"split":"last"' "$scratch/old/weights.safetensors"
grep -qaF '"crop":"centre"' "$scratch/old/weights.safetensors"
# pictures that may have trained the network are told of
for other in "--limit 12 --validate 4" "--limit 11 --validate 3" "--limit 12 --validate 3 --split random"; do
  # shellcheck disable=SC2086
  works evaluate --weights "$scratch/old/weights.safetensors" --data "$scratch/pictures" --steps 1 --out "$scratch/old/e" $other
  grep -q "^warning: training held out --limit 12 --validate 3 --split last, evaluated is $other" "$scratch/out" ||
    { echo "FAILED: no warning of $other"; cat "$scratch/out"; exit 1; }
done

# the weights in this repository restore garments that training did not see: far better than the mean of what is known
"$HUSH_FASHION_MNIST" export --data data/fashion_mnist_2000 --split test --count 16 --out "$scratch/garments" >/dev/null
works evaluate --weights examples/palette/weights/garments.safetensors --data "$scratch/garments" --validate 12 --steps 25 --out "$scratch/e"
awk '/^mean of the known/ { known = $7 } /^ddim/ { found = $9 } END { exit !(found > 0 && found < .6 * known) }' "$scratch/out" ||
  { echo "FAILED: the garments' weights restore badly:"; cat "$scratch/out"; exit 1; }

weights=$scratch/inpainting/weights.safetensors
refused "there is no such folder" train --data "$scratch/nowhere"
refused "it cannot go on with" train --data "$scratch/pictures" --run "$scratch/old" --epochs 3 "${size[@]}" --crop
refused "it cannot go on with" train --data "$scratch/pictures" --run "$scratch/old" --epochs 3 "${size[@]}" --crop --flip --split random
cp "$scratch/pictures/below/3.png" "$scratch/3.png"  # neither the first nor the middle nor the last of those that train
cp "$scratch/pictures/below/4.png" "$scratch/pictures/below/3.png"
refused "files and labels of the data" train --data "$scratch/pictures" --run "$scratch/old" --epochs 3 "${size[@]}" --crop --flip
cp "$scratch/3.png" "$scratch/pictures/below/3.png"
refused "holds checkpoints already" train --data "$scratch/pictures" --run "$scratch/old" "${size[@]}" --crop --flip --fresh
refused "mask" train --task jpeg --mask centre --data "$scratch/pictures" --run "$scratch/x"
refused "there is no mask called circle" train --mask circle --data "$scratch/pictures" --run "$scratch/x"
refused "[split] --validate 13 is more than the 12 there are" train --data "$scratch/pictures" --run "$scratch/x" --size 8 --limit 12 --validate 13
refused "2 of 12 pictures are left to train on, fewer than one batch of 4" train --data "$scratch/pictures" --run "$scratch/x" --size 8 --limit 12 --validate 10 --batch 4
LC_ALL=C sed 's/\\"format\\":1,/\\"format\\":1;/' "$weights" >"$scratch/garbled.safetensors"
refused 'the entry "hush" of its metadata: is not valid JSON' restore --weights "$scratch/garbled.safetensors" --image "$scratch/pictures"
refused "must be multiples of 4" restore --weights "$weights" --image "$scratch/pictures/below/0.png" --size 6 --out "$scratch/y.png"
refused 'have no entries "task" and "network"' restore --weights examples/fashion_mnist/weights/fashion_mnist_small.safetensors --image "$scratch/pictures"
refused "shows the way of one picture" restore --weights "$weights" --image "$scratch/pictures" --out "$scratch/y" --path "$scratch/y.png"
refused "or of --size, 8 x 8" restore --weights "$weights" --image "$scratch/pictures/below/0.png" --size 8 --soft-mask --mask "$scratch/garments/00.png" --out "$scratch/y.png"
refused "has none: --soft-mask and --feather are of no use" restore --weights "$scratch/jpeg/weights.safetensors" --image "$scratch/pictures/below/0.png" --size 8 --feather 2 --out "$scratch/y.png"
refused "--soft-mask wants a --mask that is a file, not centre" restore --weights "$weights" --image "$scratch/pictures/below/0.png" --size 8 --soft-mask --out "$scratch/y.png"
refused "leave --feather out" restore --weights "$weights" --image "$scratch/pictures/below/0.png" --size 8 --soft-mask --feather 2 --out "$scratch/y.png"
refused "take centre, frame, corners" restore --weights "$weights" --image "$scratch/pictures" --mask circle --out "$scratch/y"
refused "there is no such file (--mask)" restore --weights "$weights" --image "$scratch/pictures" --mask circle.png --out "$scratch/y"
base64 -d >"$scratch/black.png" <<<"iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAAAAADhZOFXAAAADElEQVR42mNgoA4AAABIAAEQRe/SAAAAAElFTkSuQmCC"
refused "black.png: has no hole" restore --weights "$weights" --image "$scratch/pictures/below/0.png" --size 8 --mask "$scratch/black.png" --out "$scratch/y.png"
refused "restore: there is no option --picture" restore --weights "$weights" --picture "$scratch/pictures"

# a mask of the picture's own size is resized with it, and what is made is laid into the picture in that size
sizes() { od -An -tu1 -j16 -N8 "$1"; }
own=(restore --weights "$weights" --image "$scratch/pictures/below/0.png" --mask "$scratch/pictures/below/1.png" --size 8 --steps 1)
for how in "" "--feather 3" "--soft-mask"; do
  works "${own[@]}" $how --out "$scratch/own.png"
  [ "$(sizes "$scratch/own.png")" = "$(sizes "$scratch/pictures/below/0.png")" ] || { echo "FAILED: not in the picture's own size"; exit 1; }
  rm "$scratch/own.png"
done
works restore --weights "$weights" --image "$scratch/pictures/below/0.png" --size 8 --steps 1 --feather 1 --out "$scratch/own.png"
[ "$(od -An -tu1 -j16 -N8 "$scratch/own.png" | tr -d ' \n')" = 00080008 ]

# masks of another task do not stay beside an evaluation
works evaluate --weights "$weights" --data "$scratch/pictures" --limit 12 --validate 3 --steps 1 --out "$scratch/twice"
[ -e "$scratch/twice/mask/2.png" ]
works evaluate --weights "$scratch/jpeg/weights.safetensors" --data "$scratch/pictures" --limit 12 --validate 3 --steps 1 --out "$scratch/twice"
[ ! -e "$scratch/twice/mask/2.png" ] && [ -e "$scratch/twice/truth/2.png" ] || { echo "FAILED: old masks stayed"; exit 1; }

# nothing that is read is replaced, and nothing that is made replaces something else that is
mixed=$scratch/mixed link=$scratch/link
mkdir -p "$mixed/below" && ln -s mixed "$link"
for name in a.png a.jpg b.jpeg below/a.png; do cp "$scratch/pictures/below/0.png" "$mixed/$name"; done
before=$(cksum "$mixed"/*.* "$mixed"/below/*)
restore=(restore --weights "$weights" --size 8 --steps 1)
works "${restore[@]}" --image "$mixed" --out "$scratch/all"
grep -q "^4 pictures in" "$scratch/out"
[ "$(cd "$scratch/all" && find . -type f | LC_ALL=C sort | tr '\n' ' ')" = "./a.jpg.png ./a.png.png ./b.png ./below/a.png " ]
refused "lies in a folder that is read (--image" "${restore[@]}" --image "$mixed" --out "$link"
refused "lies in a folder that is read (--image" "${restore[@]}" --image "$link" --out "$scratch/./mixed/made"
refused "would replace what is read (--image" "${restore[@]}" --image "$mixed/a.png" --out "$link/../mixed/a.png"
refused "would replace what is read (--mask" "${restore[@]}" --image "$mixed/a.png" --mask "$mixed/below/a.png" --out "$link/below/a.png"
cp "$weights" "$scratch/weights.png"
refused "would replace what is read (--weights" restore --weights "$scratch/weights.png" --image "$mixed/a.png" --out "$link/../weights.png"
refused "are the same (--path" "${restore[@]}" --image "$mixed/a.png" --out "$scratch/z.png" --path "$link/../z.png"
refused "would replace what is read (--image" "${restore[@]}" --image "$mixed/a.png" --out "$scratch/z.png" --path "$link/a.png"
refused "give it a name in .png (--out)" "${restore[@]}" --image "$mixed/a.png" --out "$scratch/z.jpg"
refused "is a folder, a file is wanted (--out)" "${restore[@]}" --image "$mixed/a.png" --out "$mixed/below"
refused "--run lies in a folder that is read (--data" train --data "$mixed" --run "$link/run" "${size[@]}"
refused "--out lies in a folder that is read (--data" evaluate --weights "$weights" --data "$mixed" --out "$link/e"
refused "would replace what is read (--from" train --data "$scratch/pictures" --run "$scratch/inpainting" --from "$weights" "${size[@]}"
cp "$mixed/a.png" "$scratch/mixed/a.png.jpg"
refused "a.png.jpg: would be restored to $scratch/all/a.png.png, and so would $mixed/a.png" "${restore[@]}" --image "$mixed" --out "$scratch/all"
rm "$scratch/mixed/a.png.jpg"
[ "$before" = "$(cksum "$mixed"/*.* "$mixed"/below/*)" ] || { echo "FAILED: what was read has changed"; exit 1; }

# a file that is no picture is named, and the others go on; or not
echo no >"$mixed/a2.png" && ln -s nowhere "$mixed/b2.jpg"
status=0
"$program" "${restore[@]}" --image "$mixed" --out "$scratch/some" >"$scratch/out" 2>"$scratch/err" || status=$?
[ "$status" -eq 1 ] && grep -q "^4 of 6 pictures in" "$scratch/out" && grep -q "a2.png: is neither" "$scratch/err" &&
  grep -q "2 of 6 pictures could not be restored: $mixed/a2.png, $mixed/b2.jpg" "$scratch/err" &&
  [ "$(find "$scratch/some" -type f | wc -l)" -eq 4 ] || { echo "FAILED: bad pictures among good ones"; cat "$scratch/out" "$scratch/err"; exit 1; }
status=0
"$program" "${restore[@]}" --image "$mixed" --out "$scratch/few" --stop-at-error >"$scratch/out" 2>"$scratch/err" || status=$?
[ "$status" -eq 1 ] && grep -q "^stopped early; 2 of 6 pictures" "$scratch/out" || { echo "FAILED: --stop-at-error"; cat "$scratch/out"; exit 1; }
refused "a2.png: is neither" "${restore[@]}" --image "$mixed/a2.png" --out "$scratch/y.png"
refused "a2.png: is neither" train --data "$mixed" --run "$scratch/x" --size 8 --validate 1 --batch 2
works train --data "$mixed" --run "$scratch/x" --size 8 --validate 1 --batch 2 --epochs 1 --steps 1 --skip-corrupt --from "$weights"
grep -q "2 of 6 pictures were skipped" "$scratch/out"
[ ! -e "$scratch/y.png" ] && [ ! -e "$scratch/y" ] && [ ! -e "$scratch/z.png" ]
rm -rf "$scratch"
