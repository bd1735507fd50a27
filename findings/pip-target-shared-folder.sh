#!/usr/bin/env bash
# pip install --target skips a package whose top folder is there already, and succeeds.
#
# Seen on 2026-11-29: pip 26.3 (23.2.1 alike), Python 3.11, nvidia-cuda-runtime 13.5.37, nvidia-cuda-crt 13.5.37.
# Guess: NVIDIA's wheels share the folder nvidia/cu13; two calls of `pip install --target T` fill it as one call does.
# What it does: the second call says "WARNING: Target directory T/nvidia already exists. Specify --upgrade to force
#   replacement.", installs none of the package's files, and ends with status 0. --upgrade would delete those of the first
#   package. One call with both packages is right, which is why scripts/toolchain fetches a row's packages in one.
# Output seen: "two calls: status 0, crt/host_config.h missing" and "one call: crt/host_config.h there".
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

python3 -m venv tool
tool/bin/pip install -q --disable-pip-version-check pip==26.3
one=nvidia-cuda-runtime==13.5.37 two=nvidia-cuda-crt==13.5.37
file=nvidia/cu13/include/crt/host_config.h
there() { [ -f "$1/$file" ] && echo there || echo missing; }

tool/bin/pip install -q --no-deps --target apart "$one"
status=0
tool/bin/pip install -q --no-deps --target apart "$two" 2>said || status=$?
tool/bin/pip install -q --no-deps --target together "$one" "$two"

echo "two calls: status $status, crt/host_config.h $(there apart)"
echo "one call: crt/host_config.h $(there together)"
[ "$status" = 0 ] && [ "$(there apart)" = missing ] && [ "$(there together)" = there ] && grep -q 'already exists' said
