#include <cuda/against.hpp>

#include <hush/cpu/resample.hpp>
#include <hush/cuda/additions.hpp>
#include <hush/cuda/resample.hpp>
#include <hush/nn/skip.hpp>

using namespace against;

namespace {

static_assert(HasConcatUpsample<Cuda<bf16, Machine>> && !HasConcatUpsample<Double>);

/// nn::concat_skip of numbers that bf16 can hold, and its gradients.
template <class B>
std::array<std::vector<double>, 3> joined(const B& on, const Shape& of_x, std::int64_t skip_channels,
                                          std::int64_t factor, bool with_skip = true) {
  const Shape of_skip{of_x[0], of_x[1] * factor, of_x[2] * factor, skip_channels};
  const auto numbers = [&](const Shape& shape, unsigned seed) {
    return upload(on, shape, std::span<const double>(random<bf16>(shape.size(), seed)));
  };
  Tape<B> tape;
  const Var<B> x = tape.variable(numbers(of_x, 1));
  const Var<B> skip = with_skip ? tape.variable(numbers(of_skip, 2)) : tape.constant(numbers(of_skip, 2));
  const Var<B> y = nn::concat_skip(skip, x, factor);
  tape.backward(y, numbers(y.shape(), 3));
  return {download<double>(y.value()), download<double>(tape.gradient(x)),
          with_skip ? download<double>(tape.gradient(skip)) : std::vector<double>{}};
}

}  // namespace

TEST_CASE("concat_upsampled: one op is the two of the CPU in double, with their gradients") {
  each_machine([]<class P>(const Cuda<P, Machine>& on) {
    for (const auto& [of_x, skip, factor] : {std::tuple{Shape{1, 1, 1, 1}, 1, 2}, std::tuple{Shape{2, 3, 4, 8}, 16, 2},
                                             std::tuple{Shape{2, 4, 3, 24}, 8, 3}, std::tuple{Shape{1, 2, 5, 8}, 3, 2},
                                             std::tuple{Shape{3, 2, 2, 5}, 8, 2}, std::tuple{Shape{1, 3, 3, 7}, 9, 1}})
      for (const bool with_skip : {true, false}) {
        const Shape shape = of_x;  // clang 14 lets no lambda have a structured binding, and CAPTURE is one
        CAPTURE(shape);
        const auto wanted = joined(Double{}, of_x, skip, factor, with_skip),
                   found = joined(on, of_x, skip, factor, with_skip);
        for (std::size_t i = 0; i < wanted.size(); ++i) CHECK(distance(found[i], wanted[i]) < tolerance<P>());
      }
  });
}

TEST_CASE("concat_upsampled: sizes that do not fit are said in words") {
  using B = Cuda<float, Machine>;
  const Tensor<B> skip(B{}, {1, 4, 4, 2}), x(B{}, {1, 2, 3, 2}), flat(B{}, {2, 3});
  CHECK_THROWS_WITH_AS(concat_upsampled(skip, x, 2),
                       "[concat_upsampled] [1, 2, 3, 2] does not become as large as [1, 4, 4, 2] by factor 2",
                       std::invalid_argument);
  CHECK_THROWS_AS(concat_upsampled(skip, flat, 2), std::invalid_argument);
  CHECK_THROWS_AS(concat_upsampled(skip, x, 0), std::invalid_argument);
}
