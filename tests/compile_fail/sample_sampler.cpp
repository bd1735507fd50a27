// expect: sample: not a Sampler. Write: template <class X> X step(auto&& denoise, const X& x, Level from, Level
#include <hush/sample.hpp>

#include "small_training.hpp"

struct Hasty {
  template <class X>
#ifdef HUSH_WRITTEN_RIGHT
  X step(auto&& denoise, const X& x, hush::Level from, hush::Level, auto&&) const {
#else
  X step(auto&& denoise, const X& x, hush::Level from) const {  // to where?
#endif
    return denoise(x, from).x0;
  }
};

#ifdef HUSH_WRITTEN_RIGHT
static_assert(hush::Sampler<Hasty>);
#else
void use(const Identity& net) { hush::sample(hush::Process{hush::LinearBeta{}}, net, Hasty{}); }
#endif
