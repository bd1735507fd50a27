#!/usr/bin/env bash
# safetensors 0.8.0 writes the numbers of a transposed numpy array in another order, and says nothing.
#
# Seen on 2026-11-30: safetensors 0.8.0 and 0.7.0, numpy 2.4.6, Python 3.11.
# Guess: what is saved and loaded again is equal, or saving is refused: safetensors.torch refuses tensors that are not contiguous, and
#   safetensors.numpy up to 0.7.0 wrote them row by row.
# What it does: 0.8.0 writes the array's memory from its first number on, with the shape of the array. Of a transposed array, one in
#   Fortran's order and every second column, the file has the right shape and size and the wrong numbers. So weights that are transposed
#   on their way from Keras or JAX load everywhere, and mean another network. The docstring wants "contiguous and dense" arrays; nothing
#   checks it. numpy.ascontiguousarray(x) before saving is right in all versions. hush's files are of its own writing.
# Output seen: below.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

for version in 0.7.0 0.8.0; do
  python3 -m venv "$version"
  "$version/bin/pip" install -q --disable-pip-version-check --no-compile safetensors=="$version" numpy==2.4.6
done
cat >transposed.py <<'PYTHON'
import numpy
import safetensors
from safetensors.numpy import load, save

weight = numpy.arange(6, dtype=numpy.float32).reshape(2, 3)
arrays = {
    "as it is": weight,
    "transposed": weight.T,
    "Fortran's order": numpy.asfortranarray(weight),
    "every second column": numpy.arange(12, dtype=numpy.float32).reshape(2, 6)[:, ::2],
    "transposed, contiguous": numpy.ascontiguousarray(weight.T),
}
for name, array in arrays.items():
    back = load(save({"weight": array}))["weight"]
    said = "equal" if numpy.array_equal(array, back) else f"{array.tolist()} comes back as {back.tolist()}"
    print(f"{safetensors.__version__}, {name}: {said}")
PYTHON
{
  0.7.0/bin/python transposed.py
  0.8.0/bin/python transposed.py
} | tee seen

cat >expected <<'SEEN'
0.7.0, as it is: equal
0.7.0, transposed: equal
0.7.0, Fortran's order: equal
0.7.0, every second column: equal
0.7.0, transposed, contiguous: equal
0.8.0, as it is: equal
0.8.0, transposed: [[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]] comes back as [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]
0.8.0, Fortran's order: [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]] comes back as [[0.0, 3.0, 1.0], [4.0, 2.0, 5.0]]
0.8.0, every second column: [[0.0, 2.0, 4.0], [6.0, 8.0, 10.0]] comes back as [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
0.8.0, transposed, contiguous: equal
SEEN
diff expected seen
