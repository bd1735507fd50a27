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

/// Makes pictures by run(options, observers...) and writes them, as a grid and perhaps as a film.
template <class B, class Run>
int draw(const SampleArguments& a, const ImageSize& size, const std::string& sampler, SampleOptions<B> options,
         const Run& run) {
  io::tiled_size(a.count, size, {.columns = a.columns, .scale = a.scale});  // too large for a picture?
  const int steps = options.steps;
  options.count = a.count;
  options.batch = a.batch;
  options.seed = a.seed;
  Frames frames{.most = a.gif.empty() ? 0 : 16,
                .every = a.gif.empty() ? steps : std::max(1, steps / std::max(1, a.frames))};
  io::SamplingBar bar;
  const Images<float> images = run(options, bar, frames);
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

/// Pictures of a network by the sampler that the command line names.
template <class Proc, class Net>
int draw_by_name(const SampleArguments& a, const Proc& process, const Net& network) {
  using B = typename Net::backend;
  return draw(a, network.image(), a.sampler, SampleOptions<B>{.steps = a.steps, .clip = 1, .grid = Trailing{}},
              [&](const auto& options, auto&... observers) {
                Images<float> images;
                samplers::with(a.sampler, [&](auto chosen) {
                  if constexpr (requires { chosen.eta; })
                    chosen.eta = a.eta.value_or(chosen.eta);
                  else
                    check(!a.eta, "sample", a.sampler, " has no eta");
                  images = hush::sample(process, network, chosen, options, observers...);
                });
                return images;
              });
}

inline void check_files(const SampleArguments& a) {
  io::FilePlan files;
  files.reads("--weights", a.weights), files.writes("--out", a.out, ".png"), files.writes("--gif", a.gif, ".gif");
  files.check();
}

/// `sample` on a machine.
template <class B>
int sample_on(const SampleArguments& a, const B& on) {
  check_files(a);
  const Described model = described(a.weights);
  const Diffusion process = fashion::process();
  AttentionUnet<B> network(model.network, process.ports(), Seed{}, on);
  examples::load(a.weights, model, process, network);
  if (!model.literal) return draw_by_name(a, process, network);
  return draw(a, network.image(), "literal", SampleOptions<B>{.steps = 500, .clip = 0, .grid = Trailing{}},
              [&](const auto& options, auto&... observers) {
                return hush::sample(process, network, LiteralDdpm{}, options, observers...);
              });
}

}  // namespace fashion
