#pragma once
#include <fstream>
#include <hush/cuda/cudnn_device.hpp>
#include <iterator>
#include <stdexcept>
#include <string>

/// An H200 by its properties alone: what cuDNN plans for where there is no GPU.
inline hush::CudnnDevice described_h200() {
  std::ifstream file("tests/goldens/h200.json");
  const std::string json{std::istreambuf_iterator<char>(file), {}};
  if (json.empty()) throw std::runtime_error("tests/goldens/h200.json: run the tests from the project's folder");
  return hush::CudnnDevice::described("NVIDIA H200", json);
}
