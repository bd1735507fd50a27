#include <cuda/against.hpp>

#include <hush/cpu/reduce.hpp>
#include <hush/cuda/reduce.hpp>

using namespace against;

namespace {
struct Extents {
  std::int64_t batch, size;
};
const Extents extents[] = {{1, 1}, {1, 7}, {3, 8}, {2, 33}, {5, 1003}, {1, 20001}};
}  // namespace

TEST_CASE("cuda reduce: sums") {
  each_machine([&]<class P>(const Cuda<P, Machine>& on) {
    using T = ScalarOf<P>;
    for (const Extents& e : extents) {
      const std::int64_t batch = e.batch, size = e.size;
      CAPTURE(size);
      const auto x = random<T>(batch * size, unsigned(size));
      double wanted = 0;
      for (const double v : x) wanted += v;
      auto y = room<float>(on, 1);
      const auto narrow = put<T>(on, x);
      sum(on, batch, size, 0.25, std::as_const(narrow).data(), y.data());
      CHECK(distance(download<double>(y), {0.25 * wanted}) < 1e-5);
      auto rounded = room<T>(on, 1);
      sum(on, batch, size, 0.25, std::as_const(narrow).data(), rounded.data());
      CHECK(distance(download<double>(rounded), {0.25 * wanted}) < tolerance<P>());
    }
    auto nothing = room<float>(on, 1);
    sum(on, 0, 5, 1., static_cast<const T*>(nullptr), nothing.data());
    CHECK(download<double>(nothing)[0] == 0);
  });
}

TEST_CASE("cuda reduce: mean squared errors, with and without weights, and their gradients") {
  each_machine([&]<class P>(const Cuda<P, Machine>& on) {
    using T = ScalarOf<P>;
    for (const Extents& e : extents) {
      const std::int64_t batch = e.batch, size = e.size;
      const auto a = random<T>(batch * size, 1), b = random<float>(batch * size, 2), w = random<float>(batch, 3);
      const Double cpu;
      const auto wide_a = put<double>(cpu, a), wide_b = put<double>(cpu, b), wide_w = put<double>(cpu, w);
      const auto near_a = put<T>(on, a);
      const auto near_b = put<float>(on, b), near_w = put<float>(on, w);
      for (const bool weighted : {false, true}) {
        CAPTURE(size);
        CAPTURE(weighted);
        const double* wide_weights = weighted ? wide_w.data() : nullptr;
        const float* weights = weighted ? near_w.data() : nullptr;
        auto wanted = room<double>(cpu, 1);
        mse(cpu, batch, size, wide_a.data(), wide_b.data(), wide_weights, wanted.data());
        auto found = room<float>(on, 1);
        mse(on, batch, size, near_a.data(), near_b.data(), weights, found.data());
        CHECK(distance(download<double>(found), download<double>(wanted)) < 2e-5);

        const auto wide_dy = put<double>(cpu, {-1.5});
        const auto dy = put<float>(on, {-1.5});
        auto wanted_da = room<double>(cpu, batch * size);
        mse_backward(cpu, batch, size, wide_a.data(), wide_b.data(), wide_weights, wide_dy.data(), wanted_da.data());
        auto da = room<T>(on, batch * size);
        mse_backward(on, batch, size, near_a.data(), near_b.data(), weights, dy.data(), da.data());
        CHECK(distance(download<double>(da), download<double>(wanted_da)) < tolerance<P>());
      }
    }
  });
}

TEST_CASE("cuda reduce: distances of images") {
  each_machine([&]<class P>(const Cuda<P, Machine>& on) {
    using T = ScalarOf<P>;
    for (const Extents& e : extents) {
      const std::int64_t batch = e.batch, size = e.size;
      CAPTURE(size);
      const auto a = random<T>(batch * size, 1), b = random<float>(batch * size, 2);
      auto w = random<float>(batch, 3);
      for (double& v : w) v = std::abs(v);
      const Double cpu;
      auto wanted = room<double>(cpu, batch);
      const auto wide_a = put<double>(cpu, a), wide_b = put<double>(cpu, b), wide_w = put<double>(cpu, w);
      image_distances(cpu, batch, size, .3, wide_a.data(), wide_b.data(), wide_w.data(), wanted.data());
      const auto near_a = put<T>(on, a);
      const auto near_b = put<float>(on, b), near_w = put<float>(on, w);
      auto found = room<float>(on, batch);
      image_distances(on, batch, size, .3, near_a.data(), near_b.data(), near_w.data(), found.data());
      CHECK(distance(download<double>(found), download<double>(wanted)) < 2e-5);
    }
  });
}

TEST_CASE("cuda reduce: both sides of an error and its gradient may be of the scalar") {
  const Cuda<bf16, Machine> on;
  const auto a = put<bf16>(on, {1, 2, 3, -4}), b = put<bf16>(on, {1, 1, 5, -4}), dy = put<bf16>(on, {2});
  auto y = room<bf16>(on, 1), da = room<bf16>(on, 4);
  const float* none = nullptr;
  mse(on, 2, 2, a.data(), b.data(), none, y.data());
  CHECK(download<double>(y) == std::vector{1.25});
  mse_backward(on, 2, 2, a.data(), b.data(), none, dy.data(), da.data());
  CHECK(download<double>(da) == std::vector<double>{0, 1, -2, 0});
}

TEST_CASE("cuda reduce: sums over pixels") {
  each_machine([&]<class P>(const Cuda<P, Machine>& on) {
    using T = ScalarOf<P>;
    struct Case {
      std::int64_t batch, pixels, channels;
    };
    for (const Case& c :
         {Case{1, 1, 1}, Case{2, 35, 3}, Case{3, 9, 8}, Case{1, 601, 40}, Case{2, 4, 333}, Case{1, 66000, 1}}) {
      const std::int64_t batch = c.batch, pixels = c.pixels, channels = c.channels;
      CAPTURE(pixels);
      const auto x = random<T>(batch * pixels * channels, unsigned(pixels));
      const auto wide = put<double>(Double{}, x);
      auto wanted = room<double>(Double{}, batch * channels);
      sum_pixels(Double{}, batch, pixels, channels, wide.data(), wanted.data());
      const auto narrow = put<T>(on, x);
      auto found = room<T>(on, batch * channels);
      sum_pixels(on, batch, pixels, channels, narrow.data(), found.data());
      CHECK(distance(download<double>(found), download<double>(wanted)) < tolerance<P>());
    }
  });
}
