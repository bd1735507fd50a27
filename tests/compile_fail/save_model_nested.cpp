// expect: save_model: a part of the process or the network's config has fields and no list of all of them. Write:
// static constexpr void fields(auto& self, auto&& f)
#include <hush/core.hpp>
#include <hush/io/models.hpp>

#include "small_training.hpp"

struct Ends {
  double first = 0, last = 1;
#ifdef HUSH_WRITTEN_RIGHT
  static constexpr void fields(auto& self, auto&& f) { f("first", self.first), f("last", self.last); }
#endif
};

struct Fading {
  Ends ends = {};
  hush::Level operator()(double time) const { return {time, 1 - time, ends.first + (ends.last - ends.first) * time}; }
  static constexpr void fields(auto& self, auto&& f) { f("ends", self.ends); }
};

void use(const Identity& net) { hush::io::save_model("x.safetensors", hush::Process{Fading{}}, net); }
