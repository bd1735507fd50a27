#include <doctest/doctest.h>

#include <limits>
#include <stdexcept>

#include <hush/conditionings/mask.hpp>
#include <hush/conditionings/unconditional.hpp>
#include <hush/cpu/elementwise.hpp>
#include <hush/cpu/noise.hpp>
#include <hush/cpu/sampler_pass.hpp>
#include <hush/cpu/threshold.hpp>
#include <hush/guidance.hpp>
#include <hush/sample.hpp>
#include <hush/samplers/ddim.hpp>
#include <hush/schedules/linear_beta.hpp>

using namespace hush;

namespace {

using B = Cpu<float>;

/// Says x + the first number of its condition.
struct Shifted {
  using backend = B;
  ImageSize image() const { return {2, 2, 1}; }
  Ports ports() const { return {.label_dim = 3}; }
  B on() const { return {}; }
  static void visit(auto&, auto&&) {}
  template <Value V>
  V operator()(const Input<V>& input) const {
    const auto& x = value_of(input.image);
    const auto& labels = value_of(*input.labels);
    Tensor<B> y = empty_like(x);
    for (std::int64_t i = 0; i < x.size(); ++i) y.data()[i] = x.data()[i] + labels.data()[i / 4 * 3];
    return constant_like(input.image, y);
  }
};

/// A vector an image, handed to the network as it is.
struct Vectors {
  using Given = std::vector<float>;
  template <class On>
  using BatchCondition = Tensor<On>;
  Ports ports() const { return {.label_dim = 3}; }
  void fits(const Given& given, std::int64_t count, const ImageSize&) const {
    check(std::int64_t(given.size()) == 3 * count, "Vectors", given.size(), " numbers for ", count, " images");
  }
  template <class On>
  Tensor<On> prepare(const On& on, const Given& given, const Rows& rows, const NoiseKey&) const {
    return upload(on, {rows.count, 3},
                  std::span(given).subspan(3 * std::size_t(rows.first), 3 * std::size_t(rows.count)));
  }
  template <class On>
  void add_to(const Tensor<On>& condition, Input<Tensor<On>>& input) const {
    input.labels = condition;
  }
  template <Value V>
  void set_null(Input<V>& input) const {
    input.labels = 0.0 * *input.labels;
  }
};

/// The same, of which the third number is a class of its own for no condition.
struct WithNullClass : Vectors {
  template <Value V>
  void set_null(Input<V>& input) const {
    input.labels =
        constant_like(*input.labels, upload(B{}, {1, 3}, std::span<const float>(std::vector<float>{7, 0, 1})));
  }
};

Tensor<B> filled(const Shape& shape, float value) {
  Tensor<B> x(B{}, shape);
  fill(B{}, x.size(), double(value), x.data());
  return x;
}

static_assert(HasNullCondition<Vectors, B> && HasNullCondition<WithNullClass, B>);
static_assert(!HasNullCondition<Unconditional, B> && !HasNullCondition<Mask, B>);
static_assert(Backbone<Guided<Shifted, Vectors>>);

}  // namespace

TEST_CASE("guidance: between, at and beyond the two answers of the network") {
  const Input<Tensor<B>> input{filled({2, 2, 2, 1}, 5), filled({2}, 1), filled({2, 3}, 2)};
  for (const double scale : {0., .5, 1., 3.}) {
    const Tensor<B> said = Guided{Shifted{}, Vectors{}, scale}(input);
    for (std::int64_t i = 0; i < said.size(); ++i) CHECK(said.data()[i] == float(5 + 2 * scale));
  }
}

TEST_CASE("guidance: the conditioning says what its null condition is") {
  const Input<Tensor<B>> input{filled({1, 2, 2, 1}, 5), filled({1}, 1), filled({1, 3}, 2)};
  const auto said = [&](double scale) { return download<float>(Guided{Shifted{}, WithNullClass{}, scale}(input)); };
  CHECK(said(0) == std::vector<float>(4, 5 + 7));
  CHECK(said(3) == std::vector<float>(4, 5 + 7 + 3 * (2 - 7)));
}

TEST_CASE("guidance: any sampler runs over it, and it changes the picture") {
  const Process process{LinearBeta{}, PredictNoise<>{}, Vectors{}};
  const SampleOptions<B> options{.steps = 4, .count = 3, .batch = 2, .clip = 0};
  const auto run = [&](double scale) {
    return sample(process, Guided{Shifted{}, Vectors{}, scale}, Ddim{}, std::vector<float>(9, .1f), options);
  };
  CHECK(run(1) == sample(process, Shifted{}, Ddim{}, std::vector<float>(9, .1f), options));
  CHECK(run(0) == sample(process, Shifted{}, Ddim{}, std::vector<float>(9, 0.f), options));
  CHECK(run(3) != run(1));
}

TEST_CASE("guidance: without a condition, or with a scale that is none, it says so") {
  const Input<Tensor<B>> bare{filled({1, 2, 2, 1}, 5), filled({1}, 1)};
  CHECK_THROWS_WITH_AS((Guided{Shifted{}, Vectors{}, 2.}(bare)), "[Guided] wants labels [1, 3], got none",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS((Guided{Shifted{}, Vectors{}, std::numeric_limits<double>::infinity()}(bare)),
                       "[Guided] scale must be finite, is inf", std::invalid_argument);
}
