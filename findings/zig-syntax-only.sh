#!/usr/bin/env bash
# zig cc -fsyntax-only fails on a right program: it looks for the object file that was not asked for.
#
# Seen on 2026-11-29: ziglang 0.17.0 (clang 22.1.8); zig c++ alike.
# Guess: zig cc is clang with a C library of its own; -fsyntax-only reads the file and ends with status 0.
# What it does: the file is read without a complaint, then "error: failed to rename '....o' into '....o': FileNotFound" and
#   status 1. A wrong program has that status too, so that it tells nothing. As a check, compile to a file with -c.
# Output seen: "-fsyntax-only: status 1, FileNotFound" and "-c: status 0".
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

python3 -m pip install -q --disable-pip-version-check --root-user-action=ignore --no-deps --no-compile --target packages \
  ziglang==0.17.0
export ZIG_GLOBAL_CACHE_DIR=$work/cache ZIG_LOCAL_CACHE_DIR=$work/cache
echo 'int main(void) { return 0; }' >right.c
status=0 compiled=0
packages/ziglang/zig cc -fsyntax-only right.c 2>said || status=$?
packages/ziglang/zig cc -c right.c -o right.o 2>/dev/null || compiled=$?
echo "-fsyntax-only: status $status, $(grep -o FileNotFound said | sort -u)"
echo "-c: status $compiled"
[ "$status" = 1 ] && [ "$compiled" = 0 ] && grep -q 'failed to rename.*FileNotFound' said
