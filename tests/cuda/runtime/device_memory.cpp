#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include <hush/cuda/runtime/device.hpp>

#include "cuda/runtime/device_calls.hpp"

using namespace hush;
using pretended::gpu;

namespace {
using Blocks = std::vector<std::shared_ptr<std::byte[]>>;

std::string message(const auto& call) {
  try {
    call();
  } catch (const OutOfMemory& error) { return error.what(); } catch (const std::exception& error) {
    return std::string("not OutOfMemory: ") + error.what();
  }
  return "nothing was thrown";
}
}  // namespace

TEST_CASE("device memory: when it is exhausted, wanted, free and total are named, and the rest is usable") {
  const pretended::InPlace all;
  gpu.total = 10000;
  {
    Device device(0);
    auto& memory = device.memory();
    Blocks some{memory.allocate(4096)};
    CHECK(message([&] { memory.allocate(8192); }) ==
          "[memory] wanted 8192 bytes; 4096 are in use by tensors, 4096 are held in all; device 0 has 5904 bytes free "
          "of 10000. Try a smaller batch.");
    CHECK(gpu.last == cudaSuccess);
    CHECK(memory.use().in_use == 4096);
    some.push_back(memory.allocate(4096));
    some.clear();
    CHECK(memory.use().held == 8192);
    some.push_back(memory.allocate(8192));  // what was kept makes room for it
    CHECK(memory.use().held == 8192);
    CHECK(gpu.used == 8192);
  }
  CHECK(gpu.nothing_left());
}

TEST_CASE("device memory: whichever allocation fails, the earlier ones are given back and the next round works") {
  const pretended::InPlace all;
  Device device(0);
  auto& memory = device.memory();
  const auto round = [&] {
    Blocks some;
    for (std::size_t i = 1; i <= 6; ++i) some.push_back(memory.allocate(1000 * i));
  };
  for (std::int64_t n = 0; n < 6; ++n) {
    memory.fail_at(n);
    CHECK(message(round).starts_with(to_text("[memory] wanted ")));
    memory.fail_at(-1);
    CHECK(memory.use().in_use == 0);
    CHECK(message(round) == "nothing was thrown");
  }
  memory.trim();
  CHECK(gpu.blocks.empty());
}

TEST_CASE("device memory: an error that is no lack of memory is a CudaError with the size") {
  const pretended::InPlace all;
  Device device(0);
  gpu.fail_at = gpu.calls, gpu.failure = cudaErrorInitializationError;
  CHECK_THROWS_WITH_AS(device.memory().allocate(64),
                       "[cudaMalloc] initialization error; 2097152 bytes on device 0 (error 3)", CudaError);
  CHECK(device.memory().use().held == 0);
  CHECK_NOTHROW(device.memory().allocate(64));
}

TEST_CASE("device memory: a device that does not say what it has left is still out of memory") {
  const pretended::InPlace all;
  gpu.total = 100;
  Device device(0);
  gpu.fail_at = gpu.calls + 4;  // a segment and the block alone, twice, then the question
  CHECK(message([&] { device.memory().allocate(128); }) ==
        "[memory] wanted 512 bytes; 0 are in use by tensors, 0 are held in all. Try a smaller batch.");
}

TEST_CASE("device memory: a size beyond all devices never reaches CUDA") {
  const pretended::InPlace all;
  Device device(0);
  const auto before = gpu.calls;
  CHECK_THROWS_AS(device.memory().allocate(std::size_t(-1)), OutOfMemory);
  CHECK(gpu.calls == before + 1);  // what is free
}
