#include <hush/nn/shadows.hpp>

#include <doctest/doctest.h>

#include <hush/cpu/cpu.hpp>
#include <hush/cpu/elementwise.hpp>
#include <hush/cuda/elementwise.hpp>
#include <hush/cuda/rehearsal.hpp>
#include <hush/nn/flat_parameters.hpp>

using namespace hush;

namespace {

template <class B>
struct Two {
  Parameter<B> a{B{}, {3}, Init::ones()}, b{B{}, {2}, Init::ones()}, none;
  Two() { fill(B{}, 3, 1.001, a.value.data()), fill(B{}, 2, 2, b.value.data()); }
  static void visit(auto& self, auto&& f) { f("a", self.a), f("b", self.b), f("none", self.none); }
};
using Half = Cuda<bf16, Rehearsal>;

}  // namespace

TEST_CASE("shadows: copies in the scalars of the layers, for as long as they live") {
  const Two<Half> net;
  CHECK(download<float>(compute_copy(net.a)) == std::vector<float>(3, 1.f));  // rounded to bf16
  CHECK(net.a.shadow.empty());
  {
    const Shadows<Half> shadows(net);
    CHECK(download<float>(net.a.shadow) == std::vector<float>(3, 1.f));
    CHECK(compute_copy(net.a).data() == net.a.shadow.data());
    CHECK(net.none.shadow.empty());
    const Shadows<Half> again(net);  // takes those that are there, and leaves them
  }
  CHECK(net.a.shadow.empty());
  CHECK(compute_copy(net.none).empty());
}

TEST_CASE("shadows: where scalars and masters are the same there are none") {
  const Two<Cpu<float>> net;
  const Shadows<Cpu<float>> shadows(net);
  CHECK(net.a.shadow.empty());
  CHECK(compute_copy(net.a).data() == net.a.value.data());
}

TEST_CASE("shadows: a flat buffer keeps them too, and refreshes them when told") {
  Two<Half> net;
  FlatParameters<Half> flat(net);
  flat.attach_shadow(net);
  fill(Half{}, 2, 3, net.b.value.data());
  CHECK(download<float>(net.b.shadow) == std::vector<float>{2, 2});
  flat.refresh_shadow();
  CHECK(download<float>(net.b.shadow) == std::vector<float>{3, 3});
  const Shadows<Half> shadows(net);
  CHECK(compute_copy(net.b).data() == net.b.shadow.data());
}
