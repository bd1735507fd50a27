#include <doctest/doctest.h>

#include <hush/conditionings/unconditional.hpp>
#include <hush/cpu/cpu.hpp>

using namespace hush;

static_assert(Conditioning<Unconditional, Cpu<float>> && Conditioning<Unconditional, Cpu<double>>);
static_assert(!KnowsPixels<Unconditional, Cpu<float>>);
static_assert(Unconditional{}.ports() == Ports{});
static_assert(!Conditioning<int, Cpu<float>>);

TEST_CASE("unconditional: adds nothing to the network's input") {
  Input<Tensor<Cpu<float>>> input{Tensor<Cpu<float>>({}, {1, 2, 2, 1}), Tensor<Cpu<float>>({}, {1})};
  Unconditional{}.fits(Nothing{}, 1, {2, 2, 1});
  Unconditional{}.add_to(Unconditional{}.prepare(Cpu<float>{}, Nothing{}, {}, {}), input);
  CHECK(input.image.shape() == Shape{1, 2, 2, 1});
  CHECK_FALSE(input.labels.has_value());
}
