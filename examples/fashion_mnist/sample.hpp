#pragma once
#include <hush/grids/trailing.hpp>
#include <hush/io.hpp>
#include <hush/io/gif.hpp>
#include <hush/sample.hpp>
#include <hush/sampling/frames.hpp>
#include <iostream>

#include "../shared/samplers.hpp"
#include "literal_ddpm.hpp"
#include "recipe.hpp"

namespace fashion {

/// `sample` on a machine.
template <class B>
int sample_on(const SampleArguments& a, const B& on) {
  io::FilePlan files;
  files.reads("--weights", a.weights), files.writes("--out", a.out, ".png"), files.writes("--gif", a.gif, ".gif");
  files.check();
  const Described model = described(a.weights);
  const Diffusion process = fashion::process();
  AttentionUnet<B> network(model.network, process.ports(), Seed{}, on);
  examples::load(a.weights, model, process, network);
  io::tiled_size(a.count, network.image(), {.columns = a.columns, .scale = a.scale});  // too large for a picture?
  const std::string sampler = model.literal ? "literal" : a.sampler;
  const int steps = model.literal ? 500 : a.steps;
  Frames frames{.most = a.gif.empty() ? 0 : 16,
                .every = a.gif.empty() ? steps : std::max(1, steps / std::max(1, a.frames))};
  io::SamplingBar bar;
  const SampleOptions<B> options{.steps = steps,
                                 .count = a.count,
                                 .batch = a.batch,
                                 .seed = a.seed,
                                 .clip = model.literal ? 0.0 : 1.0,
                                 .grid = Trailing{}};
  Images<float> images;
  if (model.literal) {
    images = hush::sample(process, network, LiteralDdpm{}, options, bar, frames);
  } else {
    samplers::with(sampler, [&](auto chosen) {
      if constexpr (requires { chosen.eta; })
        chosen.eta = a.eta.value_or(chosen.eta);
      else
        check(!a.eta, "sample", sampler, " has no eta");
      images = hush::sample(process, network, chosen, options, bar, frames);
    });
  }

  const io::PictureText text{
      {"sampler", to_text(sampler, a.eta ? to_text(" eta ", *a.eta) : "", ", ", steps, " steps")},
      {"seed", to_text(a.seed)},
      {"weights", a.weights.filename().string()}};
  io::write_grid(a.out, images, {.columns = a.columns, .scale = a.scale, .text = text});
  std::cout << a.count << " images in " << a.out.string() << std::endl;
  if (a.gif.empty()) return 0;
  io::write_gif(a.gif, io::film(frames, {.columns = 8, .gap = 1}),
                {.delay = std::chrono::milliseconds(40), .hold = std::chrono::seconds(2), .scale = int(a.scale)});
  std::cout << frames.frames.size() << " frames in " << a.gif.string() << std::endl;
  return 0;
}

}  // namespace fashion
