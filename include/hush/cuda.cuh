#pragma once
#include <hush/cuda/device.cuh>
#include <hush/cuda/device_program.hpp>
#include <hush/cuda/elementwise.hpp>
#include <hush/cuda/graph.hpp>
