// expect: train: not an Optimizer. Write: double rate, static constexpr int moments, void validate() const,
#include "small_training.hpp"

struct Still {
  double rate = 1e-3;
  static constexpr int moments = 0;
  void validate() const {}
#ifdef HUSH_WRITTEN_RIGHT
  template <hush::Backend B>
  void operator()(const hush::Update<B>&, hush::Tensor<B, typename B::master>&,
                  const hush::Tensor<B, typename B::master>&, std::vector<hush::Tensor<B, typename B::master>>&) const {
  }
#endif
};

#ifdef HUSH_WRITTEN_RIGHT
static_assert(hush::OptimizerOn<Still, hush::Cpu<float>>);
#else
void use(Identity& net) { hush::train(hush::Process{hush::LinearBeta{}}, net, Still{}, Blank{}, {}); }
#endif
