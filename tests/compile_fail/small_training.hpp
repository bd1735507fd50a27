#pragma once
// The smallest things that train() takes; each program of this folder spoils one of them.
#include <hush/cpu/cpu.hpp>
#include <hush/optimizers/adam.hpp>
#include <hush/process.hpp>
#include <hush/schedules/linear_beta.hpp>
#include <hush/train.hpp>

struct Identity {
  using backend = hush::Cpu<float>;
  hush::ImageSize image() const { return {}; }
  hush::Ports ports() const { return {}; }
  hush::Cpu<float> on() const { return {}; }
  template <hush::Value V>
  V operator()(const hush::Input<V>& input) const {
    return input.image;
  }
  static void visit(auto&, auto&&) {}
};

struct Blank {
  std::int64_t size() const { return 1; }
  hush::Images<float> batch(std::span<const std::int64_t> items) const {
    return {std::int64_t(items.size()), 32, 32, 1};
  }
};
