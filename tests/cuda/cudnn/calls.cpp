#include <doctest/doctest.h>

#include <hush/cuda/cudnn/cudnn.hpp>
#include <hush/cuda/cudnn/descriptor.hpp>
#include <hush/cuda/cudnn/device.hpp>
#include <string>

#include "../../thrown.hpp"
#include "cuda/cudnn/device.hpp"

using hush::calls, hush::Conv2dKey, hush::Conv2dEngineCache, hush::CudaError, hush::Cudnn;

namespace {

/// The table of calls as it was, afterwards.
struct Restored {
  hush::Calls saved = calls();
  ~Restored() { calls() = saved; }
};

using thrown::cuda_message;

Conv2dKey key() { return {.sizes = hush::conv2d_sizes(1, 8, 8, 8, 16, 3, 3, 1, {1, 1, 1, 1}), .bias = true}; }
constexpr const char* key_text =
    "conv2d forward [1, 8, 8, 8] to [1, 8, 8, 16], kernel 3 x 3, stride 1, padding 1 1, bf16 + bias for NVIDIA H200";

int living = 0, until_failure = -1;
bool fails() { return until_failure >= 0 && until_failure-- == 0; }

/// Every call of the backend API fails once it is its turn; descriptors are counted.
void count_and_fail() {
  calls().descriptor_create = [](cudnnBackendDescriptorType_t type, cudnnBackendDescriptor_t* made) {
    if (fails()) return CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED;
    const auto status = cudnnBackendCreateDescriptor(type, made);
    if (status == CUDNN_STATUS_SUCCESS) ++living;
    return status;
  };
  calls().descriptor_destroy = [](cudnnBackendDescriptor_t descriptor) {
    --living;
    return cudnnBackendDestroyDescriptor(descriptor);
  };
  calls().descriptor_finalize = [](cudnnBackendDescriptor_t descriptor) {
    return fails() ? CUDNN_STATUS_NOT_SUPPORTED : cudnnBackendFinalize(descriptor);
  };
  calls().descriptor_set = [](cudnnBackendDescriptor_t descriptor, cudnnBackendAttributeName_t name,
                              cudnnBackendAttributeType_t type, std::int64_t count, const void* values) {
    return fails() ? CUDNN_STATUS_BAD_PARAM : cudnnBackendSetAttribute(descriptor, name, type, count, values);
  };
  calls().descriptor_get = [](cudnnBackendDescriptor_t descriptor, cudnnBackendAttributeName_t name,
                              cudnnBackendAttributeType_t type, std::int64_t most, std::int64_t* count, void* values) {
    return fails() ? CUDNN_STATUS_BAD_PARAM : cudnnBackendGetAttribute(descriptor, name, type, most, count, values);
  };
}

}  // namespace

TEST_CASE("cudnn calls: a cuDNN that does not start is named, with the device") {
  const Restored restored;
  calls().cudnn_create = [](cudnnHandle_t*) { return CUDNN_STATUS_NOT_INITIALIZED; };
  calls().cudnn_destroy = [](cudnnHandle_t) {
    FAIL("nothing was created");
    return CUDNN_STATUS_SUCCESS;
  };
  calls().cudnn_last_error = [](char* text, std::size_t) { *text = 0; };
  CHECK(
      cuda_message([] { Cudnn("NVIDIA H200", nullptr, {}); }) ==
      "[cudnnCreate] cuDNN cannot be started on NVIDIA H200: cuDNN answers CUDNN_STATUS_NOT_INITIALIZED (error 1001)");
  calls().cudnn_last_error = [](char* text, std::size_t) { std::snprintf(text, 32, "no driver\nat all\n"); };
  CHECK(
      cuda_message([] { Cudnn("NVIDIA H200", nullptr, {}); }) ==
      "[cudnnCreate] cuDNN cannot be started on NVIDIA H200: cuDNN answers CUDNN_STATUS_NOT_INITIALIZED: no driver; at "
      "all (error 1001)");
}

TEST_CASE("cudnn calls: a cuDNN of another version than the program's is refused, whatever its numbering") {
  const Restored restored;
  calls().cudnn_create = [](cudnnHandle_t*) {
    FAIL("asked too much of it");
    return CUDNN_STATUS_SUCCESS;
  };
  const auto refused = [](const std::string& version) {
    CHECK(cuda_message([] { Cudnn("NVIDIA H200", nullptr, {}); }) ==
          hush::to_text("[cudnnGetVersion] this program was compiled with cuDNN ", CUDNN_MAJOR, ".", CUDNN_MINOR, ".",
                        CUDNN_PATCHLEVEL, " and finds version ", version, " when it runs; it wants ", CUDNN_MAJOR,
                        ".x, from 9.8 on: install that one, or put it first in LD_LIBRARY_PATH"));
  };
  calls().cudnn_version = [] { return std::size_t(8907); };
  refused("8.9.7");
  calls().cudnn_version = [] { return std::size_t(90300); };
  refused("9.3.0");
  calls().cudnn_version = [] { return std::size_t(100102); };
  refused("10.1.2");
}

TEST_CASE("cudnn calls: properties that describe no device are refused in words") {
  ignore_leaks_of_cudnn();
  const std::string said = cuda_message([] { hush::CudnnDevice::described("GPU of no kind", "{"); });
  CHECK(said.starts_with("[cudnn"));
  CHECK(said.find("a described GPU of no kind, without the memoryBusWidth that cuDNN wants from 9.27 on: cuDNN answers "
                  "CUDNN_STATUS_") != said.npos);
}

TEST_CASE("cudnn calls: a cuDNN that cannot load a part of itself says what helps where there is no driver") {
  const Restored restored;
  calls().descriptor_finalize = [](cudnnBackendDescriptor_t) { return CUDNN_STATUS_SUBLIBRARY_LOADING_FAILED; };
  const std::string said = cuda_message([] { described_h200(); });
  CHECK(said.starts_with("[cudnnBackendFinalize] a described NVIDIA H200: cuDNN answers "));
  CHECK(said.find("the driver's, libcuda.so.1") != said.npos);
  CHECK(said.find("link lib64/stubs/libcuda.so as libcuda.so.1 into a folder of LD_LIBRARY_PATH") != said.npos);
}

TEST_CASE("cudnn calls: when no engine is proposed, that is an answer, and an engine that must be is an error") {
  const Restored restored;
  Conv2dEngineCache engines(described_h200(), {});
  calls().descriptor_get = [](cudnnBackendDescriptor_t descriptor, cudnnBackendAttributeName_t name,
                              cudnnBackendAttributeType_t type, std::int64_t most, std::int64_t* count, void* values) {
    if (name != CUDNN_ATTR_ENGINEHEUR_RESULTS)
      return cudnnBackendGetAttribute(descriptor, name, type, most, count, values);
    *count = 0;
    return CUDNN_STATUS_SUCCESS;
  };
  CHECK(engines.find(key()) == nullptr);
  CHECK(
      cuda_message([&] { engines.engine(key()); }) ==
      hush::to_text("[cudnnBackendFinalize] ", key_text, ": cuDNN ", engines.device().version(),
                    " has no engine for it that is compiled in advance, deterministic and content with 268435456 bytes "
                    "of workspace"));
}

TEST_CASE("cudnn calls: an engine that cannot be run says which, and can be run again") {
  const Restored restored;
  Cudnn cudnn(described_h200(), {});
  const auto& engine = cudnn.engines().engine(key());
  calls().cudnn_set_stream = [](cudnnHandle_t, cudaStream_t) { return CUDNN_STATUS_SUCCESS; };
  calls().execute = [](cudnnHandle_t, cudnnBackendDescriptor_t, cudnnBackendDescriptor_t) {
    return CUDNN_STATUS_EXECUTION_FAILED_CUDART;
  };
  calls().cudnn_last_error = [](char* text, std::size_t) { *text = 0; };
  alignas(16) static char memory[16];
  const hush::Conv2dArrays arrays{memory, memory, memory, memory, nullptr};
  CHECK(cuda_message([&] { cudnn.run(engine, arrays, memory); }) ==
        hush::to_text("[cudnnBackendExecute] ", key_text,
                      ": cuDNN answers CUDNN_STATUS_EXECUTION_FAILED_CUDART (error "
                      "5003)"));
  calls().execute = [](cudnnHandle_t, cudnnBackendDescriptor_t, cudnnBackendDescriptor_t) {
    return CUDNN_STATUS_SUCCESS;
  };
  CHECK_NOTHROW(cudnn.run(engine, arrays, memory));
  calls().cudnn_set_stream = [](cudnnHandle_t, cudaStream_t) { return CUDNN_STATUS_BAD_PARAM; };
  CHECK(cuda_message([&] { cudnn.run(engine, arrays, memory); }) ==
        hush::to_text("[cudnnSetStream] ", key_text, ": cuDNN answers CUDNN_STATUS_BAD_PARAM (error 2000)"));
}

TEST_CASE("cudnn calls: whichever call fails, nothing leaks, and the next attempt succeeds") {
  const auto device = described_h200();
  const Restored restored;
  count_and_fail();
  int failures = 0, others = 0;
  for (int n = 0;; ++n) {
    living = 0;
    until_failure = n;
    try {
      auto engines = hush::conv2d_engines(device, key(), 1 << 28, 3);
      if (until_failure >= 0) break;  // its turn never came
      ++others;                       // one proposal that cannot be finalised: another serves
      CHECK(engines.size() <= 3);
    } catch (const CudaError& error) {
      ++failures;
      INFO(error.what());
      CHECK(std::string(error.what()).starts_with("[" + error.call + "] " + key_text));
    }
    CHECK(living == 0);
    REQUIRE(n < 10000);
  }
  CHECK(failures > 50);
  CHECK(others > 2);
  until_failure = -1;
  CHECK(hush::conv2d_engines(device, key(), 1 << 28, 3).size() == 3);
  CHECK(living == 0);
}
