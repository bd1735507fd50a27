// expect: train: the validation set would be gone before it is read. Keep it in a variable, and give that
#include <hush/core.hpp>

#include "small_training.hpp"

void use(Identity& net) {
#ifdef HUSH_WRITTEN_RIGHT
  const Blank held_out;
  hush::train(hush::Process{hush::LinearBeta{}}, net, hush::Adam{}, Blank{}, {.validation = held_out});
  hush::train(hush::Process{hush::LinearBeta{}}, net, hush::Adam{}, Blank{}, {.validation = &held_out});
#else
  hush::train(hush::Process{hush::LinearBeta{}}, net, hush::Adam{}, Blank{}, {.validation = Blank{}});
#endif
}
