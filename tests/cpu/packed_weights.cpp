#include <doctest/doctest.h>

#include <cmath>
#include <hush/cpu/conv2d.hpp>
#include <hush/cpu/gemm.hpp>
#include <hush/cpu/packed_weights.hpp>
#include <hush/cpu/weight_panels.hpp>
#include <vector>

using namespace hush;

namespace {

// Tiles of 4 x 4, which only kept weights are given, have other bits: see winograd_f4.cpp.
const Cpu<float> cpu{.threads = 2, .winograd = Winograd::f2x2};

std::vector<float> numbers(std::int64_t count, float pace) {
  std::vector<float> v(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < v.size(); ++i) v[i] = std::sin(pace * float(i + 1));
  return v;
}

/// A weight that is kept.
struct Kept {
  const float* weight;
  explicit Kept(const std::vector<float>& of) : weight(of.data()) { keep_packed(cpu, weight); }
  ~Kept() { drop_packed(cpu, weight); }
};

struct Convolution {
  Conv2dSizes s;
  std::vector<float> x = numbers(s.batch * s.height * s.width * s.in, 0.37f);
  std::vector<float> weight = numbers(s.out * s.kernel_h * s.kernel_w * s.in, 0.73f), bias = numbers(s.out, 0.11f);
  std::vector<float> operator()() const {
    std::vector<float> y(std::size_t(s.batch * s.out_height * s.out_width * s.out));
    conv2d(cpu, s, x.data(), weight.data(), bias.data(), y.data());
    return y;
  }
};

struct Layer {
  std::int64_t rows, in, out;
  bool with_bias = true;
  std::vector<float> x = numbers(rows * in, 0.37f), weight = numbers(out * in, 0.73f), bias = numbers(out, 0.11f);
  std::vector<float> operator()() const {
    std::vector<float> y(std::size_t(rows * out));
    linear(cpu, rows, in, out, x.data(), weight.data(), with_bias ? bias.data() : nullptr, y.data());
    return y;
  }
};

/// A kept weight gives the same bits in every call; it is packed by the first, and read no more until it is dropped.
template <class Product>
void check_kept(Product product) {
  const std::vector<float> y = product();
  std::vector<float> other = product.weight;
  for (float& w : other) w *= 2;
  {
    const Kept kept(product.weight);
    {
      const Kept again(product.weight);
      CHECK(product() == y);
    }
    CHECK(product() == y);
    product.weight.assign(other.begin(), other.end());  // against the rule, to see that nobody looks
    CHECK(product() == y);
  }
  const std::vector<float> now = product();
  CHECK(now != y);
  const Kept kept(product.weight);
  CHECK(product() == now);
}

}  // namespace

TEST_CASE("packed_weights: convolutions by every way") {
  check_kept(Convolution{conv2d_sizes(2, 9, 8, 20, 40, 3, 3, 1, {1, 1, 1, 1})});    // minimal filtering, strips
  check_kept(Convolution{conv2d_sizes(1, 8, 8, 48, 130, 3, 3, 1, {1, 1, 1, 1})});   // minimal filtering, panels
  check_kept(Convolution{conv2d_sizes(2, 9, 8, 20, 40, 3, 3, 2, {1, 1, 1, 1})});    // direct
  check_kept(Convolution{conv2d_sizes(1, 32, 32, 16, 3, 3, 3, 1, {1, 1, 1, 1})});   // few columns
  check_kept(Convolution{conv2d_sizes(1, 32, 32, 33, 65, 1, 1, 1, {0, 0, 0, 0})});  // one tap
}

TEST_CASE("packed_weights: linear layers, also of more than one block of depth") {
  check_kept(Layer{1, 7, 5});
  check_kept(Layer{30, 64, 100});
  check_kept(Layer{3, 2500, 70});
  check_kept(Layer{3, 2500, 70, false});
}

TEST_CASE("packed_weights: products of many rows pack for each call, with the bits of kept panels") {
  const auto check_read = [](auto few, auto many) {
    few.x = many.x;
    many.weight = few.weight;
    const auto before = many();
    const Kept kept(few.weight);
    const auto y = few();  // makes panels
    many.weight.swap(few.weight);
    CHECK(many() == before);
    CHECK(std::equal(y.begin(), y.end(), before.begin()));
    for (float& w : many.weight) w *= 2;  // against the rule, to see who looks
    CHECK(many() != before);
    many.weight.swap(few.weight);
    CHECK(few() == y);
  };
  check_read(Layer{255, 20, 33}, Layer{256, 20, 33});
  check_read(Convolution{conv2d_sizes(3, 8, 8, 20, 40, 3, 3, 1, {1, 1, 1, 1})},
             Convolution{conv2d_sizes(4, 8, 8, 20, 40, 3, 3, 1, {1, 1, 1, 1})});
  check_read(Convolution{conv2d_sizes(3, 8, 8, 20, 40, 1, 1, 1, {0, 0, 0, 0})},
             Convolution{conv2d_sizes(4, 8, 8, 20, 40, 1, 1, 1, {0, 0, 0, 0})});
}

TEST_CASE("packed_weights: a weight of other extents is packed for each call") {
  Layer wide{4, 12, 10}, narrow{4, 6, 20};
  narrow.weight = wide.weight;
  const std::vector<float> y = wide(), z = narrow();
  narrow.weight.swap(wide.weight);
  const Kept kept(narrow.weight);
  CHECK(narrow() == z);
  std::vector<float> found(40);
  linear(cpu, 4, 12, 10, wide.x.data(), narrow.weight.data(), wide.bias.data(), found.data());
  CHECK(found == y);
  CHECK(narrow() == z);
}

TEST_CASE("packed_weights: dropping what is not kept does nothing") {
  const Layer layer{2, 3, 4};
  drop_packed(cpu, layer.weight.data());
  CHECK(!cpu_detail::kept_panels(cpu, true, 4, 3, layer.weight.data()));
  const Kept kept(layer.weight);
  CHECK(cpu_detail::kept_panels(cpu, true, 4, 3, layer.weight.data()));
}
