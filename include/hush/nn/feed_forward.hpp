#pragma once
#include <cstdint>

#include <hush/nn/linear.hpp>
#include <hush/ops/arithmetic.hpp>
#include <hush/ops/gelu.hpp>
#include <hush/ops/silu.hpp>

namespace hush::nn {

/// The two layers behind attention in a transformer, [..., channels] -> the same: out(gelu(in(x))) with the tanh form
/// of GELU (Vaswani et al. 2017, section 3.3), or, with a gate, out(in(x) silu(gate(x))), SwiGLU (Shazeer 2020).
template <Backend B>
struct FeedForward {
  Linear<B> in, gate, out;  // the gate may be empty

  FeedForward(const B& on, std::int64_t channels, std::int64_t hidden, bool gated)
      : in(on, channels, hidden), out(on, hidden, channels) {
    if (gated) gate = Linear<B>(on, channels, hidden);
  }
  template <Value V>
  V operator()(const V& x) const {
    if (gate.empty()) return out(recomputed(gelu(in(x), Gelu::tanh)));
    const V value = in(x);
    return out(recomputed(value * recomputed(silu(gate(x)))));
  }
  static void visit(auto& self, auto&& f) { f("in", self.in), f("gate", self.gate), f("out", self.out); }
};

}  // namespace hush::nn
