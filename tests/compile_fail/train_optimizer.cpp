// expect: train: not an Optimizer. Write: double rate, static constexpr int moments, void validate() const,
#include "small_training.hpp"

struct Stubborn : hush::Adam {
#ifndef HUSH_WRITTEN_RIGHT
 private:
  using hush::Adam::rate;
#endif
};

#ifdef HUSH_WRITTEN_RIGHT
static_assert(hush::Optimizer<Stubborn>);
#else
void use(Identity& net) { hush::train(hush::Process{hush::LinearBeta{}}, net, Stubborn{}, Blank{}, {}); }
#endif
