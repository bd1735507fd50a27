#pragma once
#include <algorithm>
#include <functional>
#include <hush/frames.hpp>
#include <hush/io.hpp>
#include <hush/sample.hpp>
#include <hush/samplers/annealed_langevin.hpp>
#include <iostream>

#include "recipe.hpp"

namespace ncsn {

/// The images of a run after each level, a row a picture.
inline void write_path(const std::filesystem::path& file, const Frames& frames, std::int64_t scale) {
  const std::int64_t pictures = frames.frames.front().x.count, moments = std::int64_t(frames.frames.size());
  const Images<float>& first = frames.frames.front().x;
  Images<float> all(pictures * moments, first.height, first.width, first.channels);
  for (std::int64_t i = 0; i < all.count; ++i) {
    const auto from = frames.frames[std::size_t(i % moments)].x[i / moments];
    std::copy(from.begin(), from.end(), all[i].begin());
  }
  io::write_grid(file, to_picture(all), {.columns = moments, .scale = scale});
}

/// `sample` on a machine.
template <class B>
int sample_on(const SampleArguments& a, const B& on) {
  for (const auto& file : {a.out, a.path})  // what cannot be written should fail before the work, not after it
    if (file.has_parent_path()) io::Disk{}.make_folders(file.parent_path());
  const Diffusion process = ncsn::process();
  AttentionUnet<B> network(described(a.weights), process.ports(), Seed{}, on);
  io::load_weights(a.weights, network);
  const AnnealedLangevin sampler{.epsilon = a.epsilon,
                                 .repeats = a.repeats,
                                 .denoise = !a.noisy,
                                 .rule = a.rule == "paper" ? LangevinRule::paper : LangevinRule::authors};
  const int levels = process.schedule.steps(), total = levels * a.repeats;
  Frames frames{.most = a.path.empty() ? 0 : std::min<std::int64_t>(8, a.count)};
  io::Progress bar({.what = "sample", .total = total * ((a.count + a.batch - 1) / a.batch)});
  const SampleOptions<B> options{.steps = levels,
                                 .count = a.count,
                                 .batch = a.batch,
                                 .seed = a.seed,
                                 .clip = 0,
                                 .start = FromUniform{0, 1},
                                 .each_step =
                                     [&](const Step<B>& step) {
                                       if (frames.most > 0) frames(step);
                                       if (step.step > 0) bar.update(a.repeats);
                                       return true;
                                     },
                                 .every = a.repeats};
  const Images<float> images = hush::sample(process, network, sampler, options);
  bar.finish();

  const io::PictureText text{{"sampler", words("annealed Langevin dynamics, ", levels, " levels, ", a.repeats,
                                               " updates each, epsilon ", a.epsilon, ", rule of the ", a.rule)},
                             {"seed", words(a.seed)},
                             {"weights", a.weights.filename().string()}};
  io::write_grid(a.out, to_picture(images), {.columns = a.columns, .scale = a.scale, .text = text});
  std::cout << a.count << " images in " << a.out.string() << std::endl;
  if (a.path.empty()) return 0;
  write_path(a.path, frames, a.scale);
  std::cout << "their way from level to level in " << a.path.string() << std::endl;
  return 0;
}

}  // namespace ncsn
