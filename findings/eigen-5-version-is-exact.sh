#!/usr/bin/env bash
# Eigen 5's CMake package takes the version that is asked for as exact: 5.0.1 is no answer to 5.0.0, nor to 3.4.
#
# Seen on 2026-11-29: Eigen 5.0.1 (in pgm-build-deps 2026.10.26.92), CMake 4.4.5 (3.25.1 alike).
# Guess: find_package(Eigen3 V) is content with V or newer of one major version, as with Eigen 3.4 (which answers 3.3.7);
#   whoever wrote 3.4 is told of the new major version.
# What it does: only the components that are written count, and all of them must be equal: 5 and 5.0 are answered, 5.0.0 is
#   not. With an older Eigen on the machine the search goes on to that one in silence. A range works: 3.4...5. hush asks
#   for no version.
# Output seen: "5: found  5.0: found  5.0.0: refused  3.4: refused  3.4...5: found".
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

python3 -m pip install -q --disable-pip-version-check --root-user-action=ignore --no-deps --target packages \
  pgm-build-deps==2026.10.26.92 cmake==4.4.5
cat >CMakeLists.txt <<'LISTS'
cmake_minimum_required(VERSION 3.25)
project(asks LANGUAGES NONE)
find_package(Eigen3 ${ASK} CONFIG NO_DEFAULT_PATH PATHS "${EIGEN}")
message(STATUS "answer: ${Eigen3_FOUND}")
LISTS
asks() {
  local said
  said=$(packages/cmake/data/bin/cmake -S . -B "build-$1" -DASK="$1" -DEIGEN="$work/packages/pgm_build_deps/eigen" 2>&1)
  case $said in *'answer: 1'*) echo found ;; *) echo refused ;; esac
}
said=''
for version in 5 5.0 5.0.0 3.4 3.4...5; do said+="$version: $(asks "$version")  "; done
echo "${said%  }"
[ "${said%  }" = '5: found  5.0: found  5.0.0: refused  3.4: refused  3.4...5: found' ]
