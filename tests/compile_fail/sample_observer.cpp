// expect: sample: not an observer. Write any of start(const SamplingRun&), bool step(const auto& step), finish(
#include <hush/sample.hpp>
#include <hush/samplers/ddim.hpp>

#include "small_training.hpp"

struct Watch {
#ifdef HUSH_WRITTEN_RIGHT
  bool step(const auto&) { return true; }
#else
  bool step() { return true; }
#endif
};

#ifdef HUSH_WRITTEN_RIGHT
static_assert(hush::detail::observes<Watch, const hush::SamplingRun, hush::Step<hush::Cpu<float>>>);
#else
void use(const Identity& net) { hush::sample(hush::Process{hush::LinearBeta{}}, net, hush::Ddim{}, {}, Watch{}); }
#endif
