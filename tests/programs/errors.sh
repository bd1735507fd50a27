#!/usr/bin/env bash
# What a user does wrong ends with exit status 1 and one line on standard error that says what and where.
set -euo pipefail
program=$HUSH_FASHION_MNIST scratch=$HUSH_SCRATCH
rm -rf "$scratch" && mkdir -p "$scratch"
weights=examples/fashion_mnist/weights/fashion_mnist_small.safetensors
failed=0 passed=0

refused() {  # what the message must contain, then the arguments
  local wanted=$1 status=0
  shift
  "$program" "$@" >"$scratch/out" 2>"$scratch/err" || status=$?
  if [ "$status" -eq 1 ] && [ "$(wc -l <"$scratch/err")" -eq 1 ] && grep -qF -- "$wanted" "$scratch/err"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAILED (status $status): $*"; echo "  wanted: $wanted"; sed 's/^/  got:    /' "$scratch/err"
  fi
}

echo "a regular file" >"$scratch/file"
head -c 1000 "$weights" >"$scratch/cut.safetensors"
printf 'IDX' >"$scratch/notes.txt"
mkdir "$scratch/damaged"
cp data/fashion_mnist_2000/*.gz "$scratch/damaged/"
head -c 5000 data/fashion_mnist_2000/train-images-idx3-ubyte.gz >"$scratch/damaged/train-images-idx3-ubyte.gz"
train=(train --data data/fashion_mnist_2000 --limit 32 --batch 16 --validate 8)

refused "wants a command: train, sample, strip, export"
refused "there is no command smaple; did you mean sample?" smaple --weights "$weights"
refused "sample: there is no option --bogus" sample --weights "$weights" --bogus
refused "sample: there is no option --weigths; did you mean --weights?" sample --weigths "$weights"
refused "train: there is no option --epoch; did you mean --epochs?" train --epoch=3
refused "--weights belongs behind the command" --weights "$weights" sample
refused "sample: \"$weights\" belongs to no option" sample "$weights"
refused "sample: --out wants a value" sample --weights "$weights" --out
refused "sample: --out wants a value" sample --out --weights "$weights"
refused "sample: --out wants a value" sample --weights "$weights" --out ""
refused "sample: --gif wants a value" sample --weights "$weights" --gif= --out "$scratch/x.png"
refused "--weights is required" sample
refused "no-such" sample --weights "$scratch/no-such.safetensors"
refused "cut.safetensors" sample --weights "$scratch/cut.safetensors"
refused "notes.txt" sample --weights "$scratch/notes.txt"
refused "--steps" sample --weights "$weights" --steps 0
refused "--steps" sample --weights "$weights" --steps 501
refused "--count" sample --weights "$weights" --count -1
refused "--eta" sample --weights "$weights" --eta -0.5
refused "--seed: wants a whole number of 0 to 18446744073709551615, got -1" sample --weights "$weights" --seed -1
refused "sample: --seed wants a whole number in decimal digits, of 64 bits, got 99999999999999999999" sample --seed 99999999999999999999
refused "sample: --count wants a whole number in decimal digits, of 64 bits, got 9223372036854775808" sample --count 9223372036854775808
refused "sample: --count wants a number without zeros in front of it, got 010" sample --weights "$weights" --count 010
refused "sample: --seed wants a number without zeros in front of it, got 007" sample --weights "$weights" --seed=007
refused "sample: --count wants a whole number in decimal digits, of 64 bits, got 0x10" sample --weights "$weights" --count 0x10
refused "sample: --count wants a whole number in decimal digits, of 64 bits, got 1e1" sample --weights "$weights" --count 1e1
refused "sample: --eta wants a number, got 0,5" sample --weights "$weights" --eta 0,5
refused "train: --rate wants a number, got 1e999" "${train[@]}" --rate 1e999
refused "--rate: wants a number of 0 or more, got nan" "${train[@]}" --rate nan
refused "train: --batch is given twice" "${train[@]}" --batch 8
refused "show fewer, or smaller ones" sample --weights "$weights" --count 9223372036854775807 --out "$scratch/x.png"
refused "--sampler" sample --weights "$weights" --sampler leap
refused "show fewer, or smaller ones" sample --weights "$weights" --count 3000 --columns 1 --scale 64 --out "$scratch/x.png"
refused "euler has no eta" sample --weights "$weights" --sampler euler --eta 1
refused "$scratch/file" sample --weights "$weights" --count 1 --steps 1 --out "$scratch/file/x.png"
refused "$scratch/file" sample --weights "$weights" --count 1 --steps 1 --out "$scratch/x.png" --gif "$scratch/file/x.gif"
refused "is a folder, a file is wanted (--gif)" sample --weights "$weights" --out "$scratch/x.png" --gif "$scratch"
cp "$scratch/cut.safetensors" "$scratch/cut"
refused "--out would replace what is read (--weights" sample --weights "$scratch/cut" --out "$scratch/./cut"
refused "are the same (--gif" sample --weights "$weights" --out "$scratch/x" --gif "$scratch/damaged/../x"
refused "give it a name in .png (--out)" sample --weights "$weights" --out "$scratch/x.jpg"
refused "give it a name in .gif (--gif)" sample --weights "$weights" --out "$scratch/x.png" --gif "$scratch/x.png"
# Started as one of two ranks by variables of Open MPI, of which this process is none.
OMPI_COMM_WORLD_RANK=0 OMPI_COMM_WORLD_SIZE=2 refused "OMPI_COMM_WORLD_SIZE" "${train[@]}" --run "$scratch/ranks"
OMPI_COMM_WORLD_RANK=0 OMPI_COMM_WORLD_SIZE=2 refused "this command is for one process" sample --weights "$weights"
ln -s . "$scratch/link"
refused "--weights would replace what is read (--data" train --data "$scratch/damaged" --weights "$scratch/link/damaged/t10k-labels-idx1-ubyte.gz"
refused "are the same (--weights" train --data data/fashion_mnist_2000 --run "$scratch/run" --weights "$scratch/link/run/epochs.csv"
refused "are the same (--weights" train --data data/fashion_mnist_2000 --run "$scratch/run" --weights "$scratch/link/run/latest"
refused "lies in a folder of checkpoints" train --data data/fashion_mnist_2000 --run "$scratch/run" --weights "$scratch/link/run/ckpt-00000003/x"
refused "what is written here is a png file" strip --data "$scratch/damaged" --out "$scratch/damaged/t10k-images-idx3-ubyte.gz"
refused "--out is where an input lies" export --data "$scratch/damaged" --out "$scratch/link/damaged"
refused "there is no such file (--from)" "${train[@]}" --from "$scratch/none" --run "$scratch/run"
refused "holds the weights of another model: network.config.widths[0] is 32 in the file, 64 here" "${train[@]}" --preset paper --from "$weights" --run "$scratch/run"
refused "without --literal" "${train[@]}" --literal --from "$weights" --run "$scratch/run"
rm "$scratch/link"
refused "train-images-idx3-ubyte.gz" train --data "$scratch" --run "$scratch/run"
refused "train-images-idx3-ubyte.gz" train --data "$scratch/damaged" --run "$scratch/run"
refused "--data is required" train
refused "--preset" "${train[@]}" --preset huge
refused "--literal is a reading of the tutorial" "${train[@]}" --preset dit --literal --run "$scratch/run"
refused "--epochs" "${train[@]}" --epochs -3
refused "fewer than one batch" train --data data/fashion_mnist_2000 --limit 10 --batch 16 --run "$scratch/run"
refused "$scratch/file" "${train[@]}" --epochs 1 --run "$scratch/file/run"
refused "there is no image 2000" strip --data data/fashion_mnist_2000 --image 2000 --out "$scratch/strip.png"

for left in "$scratch"/run "$scratch"/*.png; do
  [ "$left" = "$scratch/x.png" ] || [ ! -e "$left" ] || { echo "FAILED: $left was left behind"; failed=$((failed + 1)); }
done

# A terminated training saves, says so with 128 + 15, and goes on from there.
status=0
"$program" "${train[@]}" --epochs 500 --sample-every 0 --run "$scratch/run" >"$scratch/out" 2>"$scratch/err" &
pid=$!
for _ in $(seq 100); do
  sleep 0.2
  [ ! -s "$scratch/run/steps.csv" ] || [ "$(wc -l <"$scratch/run/steps.csv")" -lt 3 ] || break
done
kill -TERM "$pid"
wait "$pid" || status=$?
steps=$(($(wc -l <"$scratch/run/steps.csv") - 1))
if [ "$status" -eq 143 ] && [ -d "$scratch/run/$(printf 'ckpt-%08d' "$steps")" ]; then
  passed=$((passed + 1))
else
  failed=$((failed + 1)); echo "FAILED: terminated after $steps steps with status $status:"; cat "$scratch/err"
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && rm -rf "$scratch"
[ "$failed" -eq 0 ]
