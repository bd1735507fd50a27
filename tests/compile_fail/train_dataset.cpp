// expect: train: not a Dataset. Write: std::int64_t size() const and Images<float> batch(
#include "small_training.hpp"

struct Bytes : Blank {
#ifndef HUSH_WRITTEN_RIGHT
  hush::Images<unsigned char> batch(std::span<const std::int64_t>) const { return {}; }
#endif
};

#ifdef HUSH_WRITTEN_RIGHT
static_assert(hush::Dataset<Bytes>);
#else
void use(Identity& net) { hush::train(hush::Process{hush::LinearBeta{}}, net, hush::Adam{}, Bytes{}, {}); }
#endif
