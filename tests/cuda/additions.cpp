#include <cuda/against.hpp>

#include <hush/autograd/tape.hpp>
#include <hush/cuda/additions.hpp>

using namespace against;

namespace {

/// Numbers of additions: single ones, odd ones, some of several pieces.
const std::int64_t sizes[] = {1, 8, 13, 2048, 2049, 5001, 3, 700};

}  // namespace

TEST_CASE("cuda additions: many at once have the bits of one by one, more than a kernel takes too") {
  each_machine([]<class P>(const Cuda<P, Machine>& on) {
    using S = ScalarOf<P>;
    for (const std::size_t count : {std::size_t(1), std::size_t(7), std::size_t(150)}) {
      CAPTURE(count);
      std::vector<Tensor<Cuda<P, Machine>, S>> scalars;
      std::vector<Tensor<Cuda<P, Machine>, float>> masters, sums, wanted;
      std::vector<Addition<S, float>> all;
      for (std::size_t i = 0; i < count; ++i) {
        const std::int64_t n = count > 100 ? 1 + std::int64_t(i) % 9 : sizes[i];
        const auto start = random<float>(n, unsigned(i) + 100), more = random<S>(n, unsigned(i) + 500);
        scalars.push_back(put<S>(on, more)), masters.push_back(put<float>(on, random<float>(n, unsigned(i) + 900)));
        sums.push_back(put<float>(on, start)), wanted.push_back(put<float>(on, start));
        const S* in_scalars = i % 3 ? scalars[i].data() : nullptr;
        all.push_back({n, in_scalars, in_scalars ? nullptr : masters[i].data(), sums[i].data()});
        if (in_scalars)
          add_into(on, n, in_scalars, wanted[i].data());
        else
          add_into(on, n, std::as_const(masters[i]).data(), wanted[i].data());
      }
      add_into_all(on, std::span<const Addition<S, float>>(all));
      for (std::size_t i = 0; i < count; ++i) CHECK(download<float>(sums[i]) == download<float>(wanted[i]));
    }
    add_into_all(on, {});
  });
}

TEST_CASE(
    "cuda additions: gradients wait for each other, but not for their own parameter's, and are there at the end") {
  each_machine([]<class P>(const Cuda<P, Machine>& on) {
    using B = Cuda<P, Machine>;
    const std::size_t count = GradientSums<B>::most + 9;
    std::vector<Parameter<B>> parameters;
    for (std::size_t i = 0; i < count; ++i) parameters.emplace_back(on, Shape{3}, Init::zeros());
    Tape<B> tape;
    const Var<B> x = tape.variable(put<typename B::scalar>(on, {1, 2, 3}));
    const int node = tape.push([&](Tape<B>& to, const Tensor<B>& dy) {
      for (const Parameter<B>& p : parameters) to.add(p, dy);
      to.add(parameters[1], put<float>(on, {0.5, 0.25, 0.125}));
      to.add(parameters[1], dy);
      to.add(parameters[2], Tensor<B>{});
    });
    tape.backward(Var<B>(tape, x.value(), node), put<typename B::scalar>(on, {4, 5, 6}));
    CHECK(download<double>(parameters[0].grad) == std::vector<double>{4, 5, 6});
    CHECK(download<double>(parameters[1].grad) == std::vector<double>{8.5, 10.25, 12.125});
    CHECK(download<double>(parameters[2].grad) == std::vector<double>{4, 5, 6});
    CHECK(download<double>(parameters.back().grad) == std::vector<double>{4, 5, 6});
    // Large gradients are not kept waiting.
    const std::size_t before = memory_use(on).in_use;
    GradientSums<B> sums;
    Tensor<B, float> sum(on, {GradientSums<B>::most_numbers});
    fill(on, sum.size(), 1, sum.data());
    sums.add(filled(on, sum.shape(), 2), sum);
    CHECK(memory_use(on).in_use - before <= std::size_t(sum.size()) * sizeof(float) + 4096);
    CHECK(download<float>(sum.part(sum.size() - 1, {1})) == std::vector<float>{3});
  });
}
