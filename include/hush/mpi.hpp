#pragma once
// Ranks over MPI, which hush::mpi links.

#include <hush/communicators/mpi.hpp>
