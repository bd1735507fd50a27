#include <doctest/doctest.h>

#include <cstddef>
#include <iostream>
#include <sstream>

#include <hush/backbones/attention_unet.hpp>
#include <hush/cpu/kernels.hpp>
#include <hush/memory_report.hpp>

using namespace hush;

TEST_CASE("docs: memory.md") {
  const AttentionUnet<Cpu<float>> net({.image = {8, 8, 1}, .widths = {4}, .bottleneck = 8, .heads = 1}, {}, Seed{1});
  const std::size_t budget = 1;
  std::ostringstream printed;
  std::streambuf* const screen = std::cout.rdbuf(printed.rdbuf());
  // [report]
  const MemoryReport report = memory_report(net, 64);
  std::cout << report;  // parameters, kept for the backward pass, the most in a forward pass and in a step, by layer
  if (report.step > budget) std::cout << report.step - budget << " bytes too many: try a smaller batch\n";
  // [/report]
  std::cout.rdbuf(screen);
  CHECK(printed.str().find("up.0.conv1.norm1") != std::string::npos);
  CHECK(printed.str().find("bytes too many") != std::string::npos);
  CHECK(report.step > report.forward);
}
