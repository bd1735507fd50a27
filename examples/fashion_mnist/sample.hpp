#pragma once
#include <hush/frames.hpp>
#include <hush/grids/trailing.hpp>
#include <hush/io.hpp>
#include <hush/io/gif.hpp>
#include <hush/sample.hpp>
#include <iostream>

#include "../samplers.hpp"
#include "literal_ddpm.hpp"
#include "recipe.hpp"

namespace fashion {

/// The frames of an animation: the pictures of each, side by side.
inline Images<float> film(const Frames& frames) {
  Images<float> strip;
  for (const Frames::Frame& frame : frames.frames) {
    const Images<float> tiled = io::tile(frame.x, {.columns = 8, .gap = 1}, 1.f);
    strip.height = tiled.height, strip.width = tiled.width, strip.channels = tiled.channels, ++strip.count;
    strip.pixels.insert(strip.pixels.end(), tiled.pixels.begin(), tiled.pixels.end());
  }
  return strip;
}

/// `sample` on a machine.
template <class B>
int sample_on(const SampleArguments& a, const B& on) {
  for (const auto& file : {a.out, a.gif})  // what cannot be written should fail before the work, not after it
    if (file.has_parent_path()) io::Disk{}.make_folders(file.parent_path());
  const Described model = described(a.weights);
  const Diffusion process = fashion::process();
  AttentionUnet<B> network(model.network, process.ports(), Seed{}, on);
  io::load_weights(a.weights, network);
  const std::string sampler = model.literal ? "literal" : a.sampler;
  const int steps = model.literal ? 500 : a.steps;
  const int every = std::max(1, steps / std::max(1, a.gif.empty() ? 20 : a.frames));
  Frames frames{.most = 16};
  io::Progress bar({.what = "sample", .total = steps * ((a.count + a.batch - 1) / a.batch)});
  const auto each_step = [&](const Step<B>& step) {
    if (!a.gif.empty()) frames(step);
    if (step.step > 0) bar.update(step.step % every ? step.step % every : every);
    return true;
  };
  const SampleOptions<B> options{.steps = steps,
                                 .count = a.count,
                                 .batch = a.batch,
                                 .seed = a.seed,
                                 .clip = model.literal ? 0.0 : 1.0,
                                 .grid = Trailing{},
                                 .each_step = each_step,
                                 .every = every};
  Images<float> images;
  if (model.literal) {
    images = hush::sample(process, network, LiteralDdpm{}, options);
  } else {
    samplers::with(sampler, [&](auto chosen) {
      if constexpr (requires { chosen.eta; })
        chosen.eta = a.eta.value_or(chosen.eta);
      else
        check(!a.eta, "sample", sampler, " has no eta");
      images = hush::sample(process, network, chosen, options);
    });
  }
  bar.finish();

  const io::PictureText text{{"sampler", words(sampler, a.eta ? words(" eta ", *a.eta) : "", ", ", steps, " steps")},
                             {"seed", words(a.seed)},
                             {"weights", a.weights.filename().string()}};
  io::write_grid(a.out, images, {.columns = a.columns, .scale = a.scale, .text = text});
  std::cout << a.count << " images in " << a.out.string() << std::endl;
  if (a.gif.empty()) return 0;
  io::write_gif(a.gif, film(frames),
                {.delay = std::chrono::milliseconds(40), .hold = std::chrono::seconds(2), .scale = int(a.scale)});
  std::cout << frames.frames.size() << " frames in " << a.gif.string() << std::endl;
  return 0;
}

}  // namespace fashion
