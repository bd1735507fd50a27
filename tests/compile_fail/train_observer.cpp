// expect: train: not an observer. Write any of start(training), bool step(training, const StepReport&), epoch(
#include "small_training.hpp"

struct Watch {
#ifdef HUSH_WRITTEN_RIGHT
  bool step(const auto&, const hush::StepReport&) { return true; }
#else
  bool on_step(const auto&, const hush::StepReport&) { return true; }
#endif
};

#ifdef HUSH_WRITTEN_RIGHT
using Run = hush::Training<decltype(hush::Process{hush::LinearBeta{}}), Identity, hush::Adam, Blank>;
static_assert(hush::detail::observes_training<Watch, Run>);
#else
void use(Identity& net) { hush::train(hush::Process{hush::LinearBeta{}}, net, hush::Adam{}, Blank{}, {}, Watch{}); }
#endif
