#!/usr/bin/env bash
# MPI_Abort of a copy of MPI_COMM_WORLD waits for the other ranks in MPICH 4.0, and the run then ends with status 0.
#
# Seen on 2026-11-30: Debian 12, mpich and libmpich-dev 4.0.2-3+b1.
# Guess: MPI_Abort of a communicator that has all ranks, a duplicate of MPI_COMM_WORLD, ends them as that of MPI_COMM_WORLD
#   does; libraries are told to work on a duplicate.
# What it does: rank 0 prints "application called MPI_Abort" and then spins inside the call until rank 1, which does not take
#   part, ends by itself; mpiexec gives 0. With MPI_COMM_WORLD all is over at once, with the status that was asked for. So
#   Mpi::abort (include/hush/communicators/mpi.hpp) takes MPI_COMM_WORLD.
# Output seen: "world: status 3, the other rank was ended" and "copy: status 0, the other rank lived on".
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

if [ ! -e /usr/bin/mpicc.mpich ]; then
  ${SUDO:-} apt-get update -q >/dev/null
  ${SUDO:-} env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends gcc libc6-dev libmpich-dev mpich >/dev/null
fi
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
mpicc.mpich abort.c -o abort
for which in world copy; do
  status=0
  rm -f lived
  mpiexec.hydra -n 2 ./abort $which >/dev/null 2>&1 || status=$?
  echo "$which: status $status, the other rank $([ -e lived ] && echo lived on || echo was ended)"
done | tee said
printf '%s\n' "world: status 3, the other rank was ended" "copy: status 0, the other rank lived on" | diff - said
