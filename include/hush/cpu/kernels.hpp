#pragma once
#include <hush/cpu/absolute_error.hpp>
#include <hush/cpu/activation.hpp>
#include <hush/cpu/attention.hpp>
#include <hush/cpu/batch_norm.hpp>
#include <hush/cpu/binary_cross_entropy.hpp>
#include <hush/cpu/conv2d.hpp>
#include <hush/cpu/conv2d_weight.hpp>
#include <hush/cpu/cross_entropy.hpp>
#include <hush/cpu/dropout.hpp>
#include <hush/cpu/elementwise.hpp>
#include <hush/cpu/embedding.hpp>
#include <hush/cpu/gated_add.hpp>
#include <hush/cpu/gaussian.hpp>
#include <hush/cpu/gemm.hpp>
#include <hush/cpu/group_norm.hpp>
#include <hush/cpu/known_pixels.hpp>
#include <hush/cpu/layer_norm.hpp>
#include <hush/cpu/learned_variance.hpp>
#include <hush/cpu/levels.hpp>
#include <hush/cpu/modulated_norm.hpp>
#include <hush/cpu/noise.hpp>
#include <hush/cpu/optimizer.hpp>
#include <hush/cpu/pooling.hpp>
#include <hush/cpu/reduce.hpp>
#include <hush/cpu/resample.hpp>
#include <hush/cpu/rms_norm.hpp>
#include <hush/cpu/rotary_embedding.hpp>
#include <hush/cpu/sampler_pass.hpp>
#include <hush/cpu/spectral_norm.hpp>
#include <hush/cpu/swap_axes.hpp>
#include <hush/cpu/threshold.hpp>
#include <hush/kernels/kernels.hpp>

// All kernels of the CPU, and the proof that none is missing.
namespace hush {

static_assert(Kernels<Cpu<float>>, "cpu/ lacks a kernel of kernels/kernels.hpp");
static_assert(Kernels<Cpu<double>>, "cpu/ lacks a kernel of kernels/kernels.hpp");

}  // namespace hush
