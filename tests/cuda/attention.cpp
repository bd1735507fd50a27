#include <cuda/against.hpp>

#include <hush/cpu/attention.hpp>
#include <hush/cuda/attention.hpp>

using namespace against;

namespace {

const AttentionSizes sizes[] = {
    {.batch = 1, .queries = 1, .keys = 1, .heads = 1, .width = 1, .value_width = 1, .scale = 1},
    {.batch = 2, .queries = 5, .keys = 7, .heads = 3, .width = 8, .value_width = 16, .scale = 0.35},
    {.batch = 3, .queries = 33, .keys = 19, .heads = 2, .width = 5, .value_width = 3, .scale = 0.5},
    {.batch = 1, .queries = 18, .keys = 260, .heads = 2, .width = 9, .value_width = 12, .scale = 0.4},
    // teams of 4, 8 and 16 queries; members that share the channels, and the keys
    {.batch = 1, .queries = 6, .keys = 16, .heads = 2, .width = 136, .value_width = 72, .scale = 0.1},
    {.batch = 4, .queries = 11, .keys = 40, .heads = 16, .width = 8, .value_width = 8, .scale = 0.35},
    {.batch = 8, .queries = 18, .keys = 3, .heads = 9, .width = 24, .value_width = 40, .scale = 0.2},
};

/// q, k, v and dy, which bf16 can hold, as T.
template <class T, class B>
struct Inputs {
  Tensor<B, T> q, k, v, dy;
  Inputs(const B& on, const AttentionSizes& s, double grown = 1)  // grown: a power of two
  {
    const auto fresh = [&](std::int64_t length, std::int64_t width, unsigned seed) {
      auto values = random<bf16>(s.batch * length * s.heads * width, seed);
      for (double& x : values) x *= grown;
      return put<T>(on, values);
    };
    q = fresh(s.queries, s.width, 1), k = fresh(s.keys, s.width, 2);
    v = fresh(s.keys, s.value_width, 3), dy = fresh(s.queries, s.value_width, 4);
  }
};

}  // namespace

TEST_CASE("cuda attention: by one kernel and by products, and its gradients") {
  each_machine([]<class P>(const Cuda<P, Machine>& on) {
    using T = ScalarOf<P>;
    for (const AttentionSizes& s : sizes) {
      const std::int64_t most = 2 * s.heads * s.queries * s.keys;  // two images at a time
      CAPTURE(s.queries);
      CAPTURE(s.keys);
      const Double cpu;
      const Inputs<double, Double> wide(cpu, s);
      const Inputs<T, Cuda<P, Machine>> near(on, s);
      const std::int64_t pairs = s.batch * s.heads * s.queries * s.keys;
      auto y = empty_like(wide.dy), w = room<double>(cpu, pairs), dq = empty_like(wide.q), dk = empty_like(wide.k),
           dv = empty_like(wide.v);
      attention(cpu, s, wide.q.data(), wide.k.data(), wide.v.data(), y.data(), w.data());
      attention_backward(cpu, s, wide.q.data(), wide.k.data(), wide.v.data(), std::as_const(w).data(), wide.dy.data(),
                         dq.data(), dk.data(), dv.data());
      const auto near_to = [&](const auto& found, const auto& wanted) {
        CHECK(distance(download<double>(found), download<double>(wanted)) < tolerance<P>());
      };
      auto found = empty_like(near.dy), kept = room<T>(on, pairs), found_dq = empty_like(near.q),
           found_dk = empty_like(near.k), found_dv = empty_like(near.v);
      attention(on, s, near.q.data(), near.k.data(), near.v.data(), found.data(), nullptr);
      near_to(found, y);
      auto again = empty_like(near.dy);
      attention(on, s, near.q.data(), near.k.data(), near.v.data(), again.data(), kept.data(), most);
      near_to(again, y);
      near_to(kept, w);
      attention_backward(on, s, near.q.data(), near.k.data(), near.v.data(), std::as_const(kept).data(), near.dy.data(),
                         found_dq.data(), found_dk.data(), found_dv.data(), most);
      if (s.keys == 1) {  // a single weight is 1: its gradient is 0, and rounding is all there is
        for (const double d : download<double>(found_dq)) CHECK(std::abs(d) < tolerance<P>());
      } else {
        near_to(found_dq, dq);
        near_to(found_dk, dk);
      }
      near_to(found_dv, dv);
    }
  });
}

TEST_CASE("cuda attention: scores that e^x could not hold") {
  each_machine([]<class P>(const Cuda<P, Machine>& on) {
    using T = ScalarOf<P>;
    const AttentionSizes s{.batch = 2, .queries = 6, .keys = 9, .heads = 1, .width = 8, .value_width = 8, .scale = 1};
    const Inputs<double, Double> wide(Double{}, s, 16);
    const Inputs<T, Cuda<P, Machine>> near(on, s, 16);
    const std::int64_t pairs = s.batch * s.heads * s.queries * s.keys;
    auto y = room<double>(Double{}, wide.dy.size()), w = room<double>(Double{}, pairs);
    attention(Double{}, s, wide.q.data(), wide.k.data(), wide.v.data(), y.data(), w.data());
    auto small = room<T>(on, near.dy.size()), large = room<T>(on, near.dy.size()), kept = room<T>(on, pairs);
    attention(on, s, near.q.data(), near.k.data(), near.v.data(), small.data(), nullptr);
    attention(on, s, near.q.data(), near.k.data(), near.v.data(), large.data(), kept.data());
    CHECK(distance(download<double>(small), download<double>(y)) < 10 * tolerance<P>());
    CHECK(distance(download<double>(large), download<double>(y)) < 10 * tolerance<P>());
  });
}

TEST_CASE("cuda attention: nothing to attend to, and nobody who attends") {
  const Cuda<float, Machine> on;
  AttentionSizes s{.batch = 1, .queries = 2, .keys = 0, .heads = 1, .width = 4, .value_width = 3};
  const auto q = put<float>(on, std::vector<double>(8, 1.0));
  const Tensor<Cuda<float, Machine>> none(on, {0});
  auto y = room<float>(on, 6);
  attention(on, s, q.data(), none.data(), none.data(), y.data(), nullptr);
  CHECK(download<double>(y) == std::vector<double>(6, 0.0));
  s.queries = 0, s.keys = 2;
  attention(on, s, none.data(), q.data(), q.data(), y.data(), nullptr);
  CHECK(download<double>(y) == std::vector<double>(6, 0.0));
}
