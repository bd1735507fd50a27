// expect: train: not a Backbone. Write: template <Value V> V operator()(const Input<V>&) const, ImageSize image()
#include "small_training.hpp"

struct Mute : Identity {
#ifndef HUSH_WRITTEN_RIGHT
  int operator()(int x) const { return x; }  // hides the one that takes an Input
#endif
};

#ifdef HUSH_WRITTEN_RIGHT
static_assert(hush::Backbone<Mute>);
#else
void use(Mute& net) { hush::train(hush::Process{hush::LinearBeta{}}, net, hush::Adam{}, Blank{}, {}); }
#endif
