#pragma once
// Every kernel of the CUDA backend, without CUDA.
#if !defined(__CUDACC__)
#include <hush/cuda/activation.hpp>
#include <hush/cuda/additions.hpp>
#include <hush/cuda/attention.hpp>
#include <hush/cuda/batch_norm.hpp>
#include <hush/cuda/conv2d.hpp>
#include <hush/cuda/cross_entropy.hpp>
#include <hush/cuda/dropout.hpp>
#include <hush/cuda/elementwise.hpp>
#include <hush/cuda/embedding.hpp>
#include <hush/cuda/gemm.hpp>
#include <hush/cuda/group_norm.hpp>
#include <hush/cuda/group_norm_backward.hpp>
#include <hush/cuda/group_norm_fused.hpp>
#include <hush/cuda/known_pixels.hpp>
#include <hush/cuda/layer_norm.hpp>
#include <hush/cuda/noise.hpp>
#include <hush/cuda/optimizer.hpp>
#include <hush/cuda/pooling.hpp>
#include <hush/cuda/reduce.hpp>
#include <hush/cuda/resample.hpp>
#include <hush/cuda/runtime/graph.hpp>
#include <hush/cuda/steps.hpp>
#include <hush/cuda/team/rehearsal.hpp>
#include <hush/cuda/threshold.hpp>
#endif
