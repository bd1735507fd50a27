#include <hush/nn/compute_copies.hpp>

#include <doctest/doctest.h>

#include <hush/cpu/cpu.hpp>
#include <hush/cpu/elementwise.hpp>
#include <hush/cpu/gemm.hpp>
#include <hush/cuda/elementwise.hpp>
#include <hush/cuda/team/host_gpu.hpp>
#include <hush/nn/flat_parameters.hpp>
#include <hush/nn/linear.hpp>

using namespace hush;

namespace {

template <class B>
struct Two {
  Parameter<B> a{B{}, {3}, Init::ones()}, b{B{}, {2}, Init::ones()}, none;
  Two() { fill(B{}, 3, 1.001, a.value.data()), fill(B{}, 2, 2, b.value.data()); }
  static void visit(auto& self, auto&& f) { f("a", self.a), f("b", self.b), f("none", self.none); }
};
using Half = Cuda<bf16, HostGpu>;

}  // namespace

TEST_CASE("compute_copies: copies in the scalars of the layers, for as long as they live") {
  const Two<Half> net;
  CHECK(download<float>(compute_copy(net.a)) == std::vector<float>(3, 1.f));  // rounded to bf16
  CHECK(net.a.compute_copy.empty());
  {
    const ComputeCopies<Half> compute_copies(net);
    CHECK(download<float>(net.a.compute_copy) == std::vector<float>(3, 1.f));
    CHECK(compute_copy(net.a).data() == net.a.compute_copy.data());
    CHECK(net.none.compute_copy.empty());
    const ComputeCopies<Half> again(net);  // takes those that are there, and leaves them
  }
  CHECK(net.a.compute_copy.empty());
  CHECK(compute_copy(net.none).empty());
}

TEST_CASE("compute_copies: where scalars and masters are the same there are none") {
  const Two<Cpu<float>> net;
  const ComputeCopies<Cpu<float>> compute_copies(net);
  CHECK(net.a.compute_copy.empty());
  CHECK(compute_copy(net.a).data() == net.a.value.data());
}

TEST_CASE("compute_copies: weights are packed while they live, and anew when they were written since") {
  nn::Linear<Cpu<float>> layer(Cpu<float>{}, 3, 2);
  fill(Cpu<float>{}, 6, 1, layer.weight.value.data());
  fill(Cpu<float>{}, 2, 0, layer.bias.value.data());
  const auto x = filled(Cpu<float>{}, {1, 3}, 2);
  const auto y = [&] { return download<float>(layer(x)); };
  for (const float weight : {1.f, 3.f, -2.f}) {
    fill(Cpu<float>{}, 6, weight, layer.weight.value.data());
    const ComputeCopies<Cpu<float>> compute_copies(layer), again(layer);
    for (int call = 0; call < 3; ++call) CHECK(y() == std::vector<float>(2, 6 * weight));
  }
  fill(Cpu<float>{}, 6, 5, layer.weight.value.data());
  CHECK(y() == std::vector<float>{30, 30});
}

TEST_CASE("compute_copies: a flat buffer keeps them too, and refreshes them when told") {
  Two<Half> net;
  FlatParameters<Half> flat(net);
  flat.attach_compute_copy(net);
  fill(Half{}, 2, 3, net.b.value.data());
  CHECK(download<float>(net.b.compute_copy) == std::vector<float>{2, 2});
  flat.refresh_compute_copy();
  CHECK(download<float>(net.b.compute_copy) == std::vector<float>{3, 3});
  const ComputeCopies<Half> compute_copies(net);
  CHECK(compute_copy(net.b).data() == net.b.compute_copy.data());
}
