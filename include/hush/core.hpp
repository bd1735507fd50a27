#pragma once
// Everything that needs the standard library and Eigen only, and no files.

#include <hush/machine_free.hpp>

#include <hush/cpu/activation.hpp>
#include <hush/cpu/attention.hpp>
#include <hush/cpu/batch_norm.hpp>
#include <hush/cpu/binary_cross_entropy.hpp>
#include <hush/cpu/block.hpp>
#include <hush/cpu/conv2d.hpp>
#include <hush/cpu/conv2d_weight.hpp>
#include <hush/cpu/cpu.hpp>
#include <hush/cpu/cross_entropy.hpp>
#include <hush/cpu/dropout.hpp>
#include <hush/cpu/elementwise.hpp>
#include <hush/cpu/embedding.hpp>
#include <hush/cpu/gaussian.hpp>
#include <hush/cpu/gemm.hpp>
#include <hush/cpu/group_norm.hpp>
#include <hush/cpu/indirection.hpp>
#include <hush/cpu/kernels.hpp>
#include <hush/cpu/known_pixels.hpp>
#include <hush/cpu/lanes.hpp>
#include <hush/cpu/layer_norm.hpp>
#include <hush/cpu/levels.hpp>
#include <hush/cpu/memory.hpp>
#include <hush/cpu/noise.hpp>
#include <hush/cpu/normals.hpp>
#include <hush/cpu/optimizer.hpp>
#include <hush/cpu/packed_weights.hpp>
#include <hush/cpu/packet.hpp>
#include <hush/cpu/pooling.hpp>
#include <hush/cpu/reduce.hpp>
#include <hush/cpu/resample.hpp>
#include <hush/cpu/sampler_pass.hpp>
#include <hush/cpu/slabs.hpp>
#include <hush/cpu/threads.hpp>
#include <hush/cpu/threshold.hpp>
#include <hush/cpu/tile.hpp>
#include <hush/cpu/winograd.hpp>
#include <hush/cpu/winograd_f2.hpp>
#include <hush/cpu/winograd_f4.hpp>
#include <hush/cpu/winograd_tile.hpp>
#include <hush/cpu/winograd_weight.hpp>

#include <hush/metrics/frechet.hpp>
