// expect: train: changes the network's weights in place, so the network must not be const
#include <hush/core.hpp>

#include "small_training.hpp"

#ifdef HUSH_WRITTEN_RIGHT
void use(Identity& net) { hush::train(hush::Process{hush::LinearBeta{}}, net, hush::Adam{}, Blank{}, {}); }
#else
void use(const Identity& net) { hush::train(hush::Process{hush::LinearBeta{}}, net, hush::Adam{}, Blank{}, {}); }
#endif
