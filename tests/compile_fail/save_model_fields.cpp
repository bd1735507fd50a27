// expect: save_model: a part of the process or the network's config has fields and no list of all of them. Write:
// static constexpr void fields(auto& self, auto&& f)
#include <hush/core.hpp>
#include <hush/io/models.hpp>

#include "small_training.hpp"

struct Fading {
  double strength = 1, offset = 0;
  hush::Level operator()(double time) const { return {time, 1 - strength * time, time + offset}; }
#ifdef HUSH_WRITTEN_RIGHT
  static constexpr void fields(auto& self, auto&& f) { f("strength", self.strength), f("offset", self.offset); }
#else
  static constexpr void fields(auto& self, auto&& f) { f("strength", self.strength); }
#endif
};

void use(const Identity& net) { hush::io::save_model("x.safetensors", hush::Process{Fading{}}, net); }
