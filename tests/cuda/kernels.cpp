// No kernel of the list is missing: on the host that plays the GPU, and, compiled by nvcc, on the GPU.
#include "kernels.hpp"
#include "against.hpp"

#include <hush/cpu/kernels.hpp>
#include <hush/kernels/kernels.hpp>

using namespace against;

namespace {

template <class B>
constexpr bool all_of_it = Kernels<B>&& HasFusedNorms<B>&& HasResidualProducts<B>&& HasConcatUpsample<B>&&
                               HasBatchedAdds<B>&& HasGraphs<B>&& HasAsyncCopies<B> &&
                           !HasHostKernels<B> && !HasPackedWeights<B>;
static_assert(all_of_it<Cuda<float, Machine>> && all_of_it<Cuda<tf32, Machine>> && all_of_it<Cuda<bf16, Machine>>);

/// x + x by any backend that has all kernels.
template <Kernels B>
std::vector<double> doubled(const B& on, std::initializer_list<double> numbers) {
  const auto x = put<typename B::scalar>(on, numbers);
  auto y = empty_like(x);
  add(on, x.size(), x.data(), x.data(), y.data());
  return download<double>(y);
}

}  // namespace

TEST_CASE("cuda kernels: what is written for any backend with all kernels runs on each machine") {
  each_machine([]<class P>(const Cuda<P, Machine>& on) {
    CHECK(doubled(on, {1, -2, 0.5}) == std::vector<double>{2, -4, 1});
  });
  CHECK(doubled(Double{}, {1, -2, 0.5}) == std::vector<double>{2, -4, 1});
}
