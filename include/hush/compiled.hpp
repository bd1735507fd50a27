#pragma once
// Include it before anything else of hush, and link hush::compiled: the CPU's kernels for float and the networks on
// Cpu<float> are then not compiled again in your units. The library links only with units of the same -march.
#include <hush/compiled/networks.hpp>
