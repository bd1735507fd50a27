#include <doctest/doctest.h>

#include <algorithm>
#include <hush/cuda/conv2d_key.hpp>
#include <hush/cuda/cudnn/engine.hpp>
#include <hush/cuda/cudnn/engine_cache.hpp>
#include <hush/cuda/cudnn/engines.hpp>
#include <hush/cuda/cudnn/graph.hpp>
#include <set>
#include <string>
#include <vector>

#include "../../thrown.hpp"
#include "cuda/cudnn/device.hpp"
#include "cuda/cudnn/networks.hpp"

using hush::Conv2dDirection, hush::Conv2dKey, hush::Conv2dEngine, hush::Conv2dEngineCache, hush::Conv2dPrecision,
    hush::Conv2dSizes, hush::CudaError;

namespace {

/// What the library asks for when a network runs and trains: forwards without and with a bias and a residual, and both
/// gradients.
std::vector<Conv2dKey> keys(const Conv2dSizes& sizes, Conv2dPrecision precision) {
  const Conv2dSizes wide = hush::with_wide_channels(sizes, precision);
  return {
      {.direction = Conv2dDirection::forward, .sizes = wide, .precision = precision},
      {.direction = Conv2dDirection::forward, .sizes = wide, .precision = precision, .bias = true},
      {.direction = Conv2dDirection::forward, .sizes = wide, .precision = precision, .bias = true, .residual = true},
      {.direction = Conv2dDirection::backward_input, .sizes = wide, .precision = precision},
      {.direction = Conv2dDirection::backward_weight, .sizes = wide, .precision = precision}};
}

Conv2dSizes same(std::int64_t batch, std::int64_t size, std::int64_t in, std::int64_t out, std::int64_t kernel) {
  const std::int64_t pad = kernel / 2;
  return hush::conv2d_sizes(batch, size, size, in, out, kernel, kernel, 1, {pad, pad, pad, pad});
}

void check_all(std::int64_t batch, Conv2dPrecision precision) {
  static Conv2dEngineCache engines(described_h200(), {});
  for (const auto& network : survey::networks()) {
    INFO(network.name);
    const auto convolutions = network.convolutions(batch);
    REQUIRE(convolutions.size() > 20);
    std::set<std::string> seen;
    for (const Conv2dSizes& sizes : convolutions)
      for (const Conv2dKey& key : keys(sizes, precision)) {
        if (!seen.insert(key.text()).second) continue;
        INFO(key.text());
        const Conv2dEngine* engine = engines.find(key);
        REQUIRE(engine != nullptr);
        CHECK(!engine->notes().has(CUDNN_BEHAVIOR_NOTE_RUNTIME_COMPILATION));
        CHECK(!engine->notes().has(CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC));
        if (precision == Conv2dPrecision::fp32) CHECK(!engine->notes().has(CUDNN_NUMERICAL_NOTE_TENSOR_CORE));
        CHECK(engine->workspace() <= engines.settings().workspace_limit);
      }
  }
}

using thrown::message;

}  // namespace

TEST_CASE("cudnn engine cache: the survey meets the convolutions of a network, in order") {
  const auto met = survey::networks()[0].convolutions(16);
  CHECK(met.front().in == 1);
  CHECK(met.front().out == 64);
  CHECK(met.front().batch == 16);
  CHECK(met.back().out == 1);
  CHECK(met.back().kernel_h == 1);
  CHECK(std::count_if(met.begin(), met.end(), [](const Conv2dSizes& s) { return s.out == 512 && s.height == 4; }) >= 2);
}

TEST_CASE("cudnn engine cache: every convolution of every network has a compiled engine on an H200, bf16") {
  for (const std::int64_t batch : {1, 16, 64}) check_all(batch, Conv2dPrecision::bf16);
}
TEST_CASE("cudnn engine cache: every convolution of every network has a compiled engine on an H200, tf32") {
  for (const std::int64_t batch : {1, 16, 64}) check_all(batch, Conv2dPrecision::tf32);
}
TEST_CASE("cudnn engine cache: every convolution of every network has a compiled engine on an H200, fp32") {
  for (const std::int64_t batch : {1, 16, 64}) check_all(batch, Conv2dPrecision::fp32);
}

TEST_CASE("cudnn engine cache: asymmetric padding, strides and pixels that nothing meets have engines too") {
  Conv2dEngineCache engines(described_h200(), {});
  for (const auto precision : {Conv2dPrecision::bf16, Conv2dPrecision::tf32, Conv2dPrecision::fp32})
    for (const Conv2dSizes& sizes :
         {hush::conv2d_sizes(2, 8, 6, 3, 5, 3, 3, 2, {0, 0, 1, 1}), hush::conv2d_sizes(2, 10, 10, 8, 8, 3, 3, 2, {}),
          hush::conv2d_sizes(2, 8, 8, 8, 16, 2, 2, 1, {1, 0, 0, 1}), hush::conv2d_sizes(1, 1, 1, 1, 1, 1, 1, 1, {})})
      for (const Conv2dKey& key : keys(sizes, precision)) {
        INFO(key.text());
        CHECK(engines.find(key) != nullptr);
      }
}

TEST_CASE("cudnn engine cache: what has no compiled engine is said in words") {
  Conv2dEngineCache engines(described_h200(), {});
  const Conv2dKey key{.sizes = same(16, 32, 64, 64, 3), .residual = true};
  CHECK(engines.find(key) == nullptr);
  CHECK(
      message([&] { engines.engine(key); }) ==
      hush::to_text("[cudnnBackendFinalize] conv2d forward [16, 32, 32, 64] to [16, 32, 32, 64], kernel 3 x 3, stride "
                    "1, padding 1 1, bf16 + residual for NVIDIA H200: cuDNN ",
                    engines.device().version(),
                    " has no engine for it that is compiled in advance, deterministic and content with 268435456 bytes "
                    "of workspace"));
}

TEST_CASE(
    "cudnn engine cache: the workspace is limited, true floats stay off the tensor cores, one engine is made a key") {
  Conv2dKey key{.direction = Conv2dDirection::backward_weight, .sizes = same(16, 32, 64, 64, 3)};
  Conv2dEngineCache free(described_h200(), {}), tight(described_h200(), {.workspace_limit = 0});
  CHECK(free.engine(key).workspace() > 0);
  CHECK(tight.engine(key).workspace() == 0);
  CHECK(&free.engine(key) == &free.engine(key));

  key.precision = Conv2dPrecision::tf32;
  CHECK(free.engine(key).notes().has(CUDNN_NUMERICAL_NOTE_TENSOR_CORE));
  key.precision = Conv2dPrecision::fp32;
  CHECK(!free.engine(key).notes().has(CUDNN_NUMERICAL_NOTE_TENSOR_CORE));
}

TEST_CASE("cudnn engine cache: engines whose sums come in any order want `fast`") {
  const hush::CudnnNotes atomics{{CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC}, {}},
      compiled_late{{}, {CUDNN_BEHAVIOR_NOTE_RUNTIME_COMPILATION}};
  CHECK(!hush::allowed(atomics, {}));
  CHECK(hush::allowed(atomics, {.fast = true}));
  CHECK(!hush::allowed(compiled_late, {}));
  CHECK(!hush::allowed(compiled_late, {.fast = true}));
  CHECK(hush::allowed({}, {}));

  const auto device = described_h200();
  Conv2dKey key{.direction = Conv2dDirection::backward_weight,
                .sizes = same(16, 32, 64, 64, 3),
                .precision = Conv2dPrecision::tf32};
  const auto steady = hush::conv2d_engines(device, key, 1 << 30, 100);
  key.fast = true;
  CHECK(hush::conv2d_engines(device, key, 1 << 30, 100).size() > steady.size());
}
