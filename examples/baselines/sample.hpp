#pragma once
#include <iostream>

#include <hush/io.hpp>

#include "maker.hpp"

namespace baselines {

/// `sample` on a machine.
template <class B>
int sample_on(const SampleArguments& a, const B& on) {
  io::FilePlan files;
  files.reads("--weights", a.weights);
  files.writes("--out", a.out, ".png");
  files.check();
  const Maker maker = maker_of(a.weights, a.steps, on);
  const Images<float> images = maker.make(a.count, a.batch, a.seed);
  const io::PictureText text{
      {"network", maker.name}, {"seed", to_text(a.seed)}, {"weights", a.weights.filename().string()}};
  io::write_grid(a.out, images, {.columns = a.columns, .scale = a.scale, .text = text});
  std::cout << a.count << " images in " << a.out.string() << std::endl;
  return 0;
}

}  // namespace baselines
