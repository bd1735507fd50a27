// expect: Process: not a NoiseSchedule. Write: Level operator()(double time) const
#include <hush/process.hpp>

struct Triangle {
#ifdef HUSH_WRITTEN_RIGHT
  hush::Level operator()(double time) const { return {time, 1 - time, time}; }
#else
  double operator()(double time) const { return time; }  // a number is no level
#endif
};

hush::Process process{Triangle{}};
