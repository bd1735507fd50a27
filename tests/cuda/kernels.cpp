// No kernel of the list is missing: on the host that plays the GPU, and, compiled by nvcc, on the GPU.
#include "kernels.hpp"
#include "against.hpp"

#include <hush/kernels/kernels.hpp>

using namespace against;

namespace {

template <class B>
constexpr bool all_of_it = Kernels<B>&& HasFusedNorms<B>&& HasResidualProducts<B>&& HasConcatUpsample<B>&&
                               HasBatchedAdds<B>&& HasGraphs<B>&& HasAsyncCopies<B> &&
                           !HasHostKernels<B>;
static_assert(all_of_it<Cuda<float, Machine>> && all_of_it<Cuda<tf32, Machine>> && all_of_it<Cuda<bf16, Machine>>);

}  // namespace
