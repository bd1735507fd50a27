// Everything of the library in one file of nvcc, as a user would include it.
#include <hush/cuda.cuh>
#include <hush/hush.hpp>
