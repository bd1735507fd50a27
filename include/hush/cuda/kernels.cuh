#pragma once
#include <hush/cuda/absolute_error.hpp>
#include <hush/cuda/activation.hpp>
#include <hush/cuda/additions.hpp>
#include <hush/cuda/attention.hpp>
#include <hush/cuda/batch_norm.hpp>
#include <hush/cuda/binary_cross_entropy.hpp>
#include <hush/cuda/conv2d.hpp>
#include <hush/cuda/cross_entropy.hpp>
#include <hush/cuda/dropout.hpp>
#include <hush/cuda/elementwise.hpp>
#include <hush/cuda/embedding.hpp>
#include <hush/cuda/gated_add.hpp>
#include <hush/cuda/gaussian.hpp>
#include <hush/cuda/gemm.hpp>
#include <hush/cuda/group_norm.hpp>
#include <hush/cuda/group_norm_backward.hpp>
#include <hush/cuda/group_norm_fused.hpp>
#include <hush/cuda/known_pixels.hpp>
#include <hush/cuda/layer_norm.hpp>
#include <hush/cuda/learned_variance.hpp>
#include <hush/cuda/levels.hpp>
#include <hush/cuda/modulated_norm.hpp>
#include <hush/cuda/noise.hpp>
#include <hush/cuda/optimizer.hpp>
#include <hush/cuda/pooling.hpp>
#include <hush/cuda/reduce.hpp>
#include <hush/cuda/resample.hpp>
#include <hush/cuda/rms_norm.hpp>
#include <hush/cuda/rotary_embedding.hpp>
#include <hush/cuda/runtime/device_program.hpp>
#include <hush/cuda/runtime/graph.hpp>
#include <hush/cuda/sampler_pass.hpp>
#include <hush/cuda/spectral_norm.hpp>
#include <hush/cuda/swap_axes.hpp>
#include <hush/cuda/threshold.hpp>
#include <hush/kernels/kernels.hpp>

// All kernels of the GPU, and the proof that none is missing.
namespace hush {

static_assert(Kernels<Cuda<float>>, "cuda/ lacks a kernel of kernels/kernels.hpp");
static_assert(Kernels<Cuda<tf32>>, "cuda/ lacks a kernel of kernels/kernels.hpp");
static_assert(Kernels<Cuda<bf16>>, "cuda/ lacks a kernel of kernels/kernels.hpp");

}  // namespace hush
