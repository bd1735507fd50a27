// expect: Guided: this network is guided already
#include <hush/conditionings/multi_hot.hpp>
#include <hush/cpu/elementwise.hpp>
#include <hush/guidance.hpp>

struct Identity {
  using backend = hush::Cpu<float>;
  hush::ImageSize image() const { return {}; }
  hush::Ports ports() const { return {.label_dim = 24}; }
  backend on() const { return {}; }
  static void visit(auto&, auto&&) {}
  template <hush::Value V>
  V operator()(const hush::Input<V>& input) const {
    return input.image;
  }
};

int main() {
  const hush::Guided once{Identity{}, hush::MultiHot{}, 3.};
#if defined(HUSH_WRITTEN_RIGHT)
  return once.scale > 1 ? 0 : 1;
#else
  return hush::Guided{once, hush::MultiHot{}, 3.}.scale > 1 ? 0 : 1;
#endif
}
