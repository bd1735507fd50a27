// expect: Process: not a Parameterization. Write: Scalings operator()(Level) const and Target target(Level) const
#include <hush/process.hpp>
#include <hush/schedules/linear_beta.hpp>

struct PredictNothing {
  hush::Scalings operator()(hush::Level) const { return {}; }
#ifdef HUSH_WRITTEN_RIGHT
  hush::Target target(hush::Level) const { return {}; }
#endif
};

hush::Process process{hush::LinearBeta{}, PredictNothing{}};
