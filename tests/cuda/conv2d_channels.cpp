#include <doctest/doctest.h>

#include <hush/cuda/conv2d_channels.hpp>
#include <hush/cuda/team/host_gpu.hpp>
#include <vector>

using hush::Cuda, hush::HostGpu;

TEST_CASE("cuda conv2d_channels: matrices grow by zeros and shrink again, whatever the team") {
  const Cuda<float, HostGpu> on;
  const std::vector<float> a{1, 2, 3, 4, 5, 6};
  for (const int members : {1, 32}) {
    HostGpu::members = members;
    std::vector<float> wide(12, 7), back(6, 7), one(1, 7);
    fit_matrix(on, 2, 3, a.data(), 3, 4, wide.data());
    CHECK(wide == std::vector<float>{1, 2, 3, 0, 4, 5, 6, 0, 0, 0, 0, 0});
    fit_matrix(on, 3, 4, wide.data(), 2, 3, back.data());
    CHECK(back == a);
    fit_matrix(on, 2, 3, a.data(), 1, 1, one.data());
    CHECK(one == std::vector<float>{1});
    fit_matrix(on, 0, 0, static_cast<const float*>(nullptr), 2, 3, back.data());
    CHECK(back == std::vector<float>(6, 0));
  }
  HostGpu::members = 1;
}

TEST_CASE("cuda conv2d_channels: many rows of bf16") {
  const Cuda<hush::bf16, HostGpu> on;
  std::vector<hush::bf16> a(5000 * 3), wide(5000 * 8), back(5000 * 3);
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = float(i % 251);
  fit_matrix(on, 5000, 3, a.data(), 5000, 8, wide.data());
  bool right = true;
  for (std::size_t i = 0; i < wide.size(); ++i)
    right &= float(wide[i]) == (i % 8 < 3 ? float(a[i / 8 * 3 + i % 8]) : 0);
  CHECK(right);
  fit_matrix(on, 5000, 8, wide.data(), 5000, 3, back.data());
  for (std::size_t i = 0; i < a.size(); ++i) right &= float(back[i]) == float(a[i]);
  CHECK(right);
}
