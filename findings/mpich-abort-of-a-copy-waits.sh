#!/usr/bin/env bash
# MPI_Abort of a copy of MPI_COMM_WORLD waits for the other ranks in MPICH 4.0; in 4.3 it ends them.
#
# Seen on 2026-11-30: mpich 4.0.3 and 4.3.2 of PyPI, gcc 12.2, Debian 12 on x86-64; and MPICH 4.0.2-3+b1 of Debian 12.
# Guess: MPI_Abort of a communicator that has all ranks, a duplicate of MPI_COMM_WORLD, ends them as that of MPI_COMM_WORLD
#   does; libraries are told to work on a duplicate.
# What 4.0 does: rank 0 prints "application called MPI_Abort" and then spins inside the call until rank 1, which does not take
#   part, ends by itself, and the status is 0, success (once, below another program, it was 9). With MPI_COMM_WORLD all is over
#   at once, with the status that was asked for. So Mpi::abort (include/hush/communicators/mpi.hpp) takes MPI_COMM_WORLD.
# Output seen: the four lines behind the last printf.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

cat >abort.c <<'C'
#include <mpi.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
int main(int count, char** words) {
  int rank;
  MPI_Comm ranks = MPI_COMM_WORLD;
  MPI_Init(&count, &words);
  MPI_Comm_rank(ranks, &rank);
  if (!strcmp(words[1], "copy")) MPI_Comm_dup(MPI_COMM_WORLD, &ranks);
  if (rank == 1) {
    sleep(6);
    fclose(fopen("lived", "w"));
    return 0;
  }
  MPI_Abort(ranks, 3);
}
C
for version in 4.0.3 4.3.2; do
  python3 -m venv "$version"
  "$version/bin/pip" install -q --disable-pip-version-check "mpich==$version"
  PATH="$work/$version/bin:$PATH" mpicc abort.c -o "abort-$version"
  for which in world copy; do
    status=0
    rm -f lived
    PATH="$work/$version/bin:$PATH" mpiexec -n 2 "./abort-$version" $which >/dev/null 2>&1 || status=$?
    echo "$version $which: status $status, the other rank $([ -e lived ] && echo lived on || echo was ended)"
  done
done | tee said
printf '%s\n' "4.0.3 world: status 3, the other rank was ended" "4.0.3 copy: status 0, the other rank lived on" \
  "4.3.2 world: status 3, the other rank was ended" "4.3.2 copy: status 3, the other rank was ended" | diff - said
