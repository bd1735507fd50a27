// expect: sample: not a Sampler. Write: template <class X> X step(auto&& denoise, const X& x, Level from, Level
#include <hush/sample.hpp>

#include "small_training.hpp"

#ifdef HUSH_WRITTEN_RIGHT
struct Hasty {
  template <class X>
  X step(auto&& denoise, const X& x, hush::Level from, hush::Level, auto&&) const {
    return denoise(x, from).x0;
  }
};
static_assert(hush::Sampler<Hasty>);
#else
struct Hasty {
  template <class X>
  X step(auto&& denoise, const X& x, hush::Level from) const {  // to where?
    return denoise(x, from).x0;
  }
};
void use(const Identity& net) { hush::sample(hush::Process{hush::LinearBeta{}}, net, Hasty{}); }
#endif
