#pragma once
#include <algorithm>
#include <functional>
#include <hush/io.hpp>
#include <hush/sample.hpp>
#include <hush/samplers/annealed_langevin.hpp>
#include <hush/sampling/frames.hpp>
#include <iostream>

#include "recipe.hpp"

namespace ncsn {

/// `sample` on a machine.
template <class B>
int sample_on(const SampleArguments& a, const B& on) {
  io::FilePlan files;
  files.reads("--weights", a.weights), files.writes("--out", a.out, ".png"), files.writes("--path", a.path, ".png");
  files.check();
  const Diffusion process = ncsn::process();
  const Described model = described(a.weights);
  AttentionUnet<B> network(model.network, process.ports(), Seed{}, on);
  examples::load(a.weights, model, process, network);
  io::tiled_size(a.count, network.image(), {.columns = a.columns, .scale = a.scale});  // too large for a picture?
  const AnnealedLangevin sampler{.epsilon = a.epsilon,
                                 .repeats = a.repeats,
                                 .denoise = !a.noisy,
                                 .rule = a.rule == "paper" ? LangevinRule::paper : LangevinRule::authors};
  const int levels = process.schedule.steps();
  Frames frames{.most = 8, .every = a.repeats};
  const SampleOptions<B> options{
      .steps = levels, .count = a.count, .batch = a.batch, .seed = a.seed, .clip = 0, .start = FromUniform{0, 1}};
  io::SamplingBar bar;
  const Images<float> images = a.path.empty() ? hush::sample(process, network, sampler, options, bar)
                                              : hush::sample(process, network, sampler, options, bar, frames);

  const io::PictureText text{{"sampler", to_text("annealed Langevin dynamics, ", levels, " levels, ", a.repeats,
                                                 " updates each, epsilon ", a.epsilon, ", rule of the ", a.rule)},
                             {"seed", to_text(a.seed)},
                             {"weights", a.weights.filename().string()}};
  io::write_grid(a.out, to_picture(images), {.columns = a.columns, .scale = a.scale, .text = text});
  std::cout << a.count << " images in " << a.out.string() << std::endl;
  if (a.path.empty()) return 0;
  io::write_grid(a.path, to_picture(io::ways(frames)),
                 {.columns = std::int64_t(frames.frames.size()), .scale = a.scale});
  std::cout << "their way from level to level in " << a.path.string() << std::endl;
  return 0;
}

}  // namespace ncsn
