#include <hush/io/gif.hpp>
#include <iostream>

#include "literal_ddpm.hpp"
#include "recipe.hpp"

namespace fashion {
namespace {

/// Collects the first pictures of a run at evenly spaced steps, side by side: the frames of an animation.
struct Film {
  std::int64_t count, columns;
  int every;
  Images<float> frames;

  void take(const Step<Machine>& step) {
    if (step.first_image != 0 || (step.step % every != 0 && step.step != step.of)) return;
    Images<float> images = download_images(step.x);
    images.count = std::min(count, images.count);
    images.pixels.resize(std::size_t(images.count * images.stride()));
    const Images<float> frame = io::tile(images, {.columns = columns, .gap = 1}, 1.f);
    frames.height = frame.height, frames.width = frame.width, frames.channels = frame.channels, ++frames.count;
    frames.pixels.insert(frames.pixels.end(), frame.pixels.begin(), frame.pixels.end());
  }
};

}  // namespace

int sample(const SampleArguments& a) {
  for (const auto& file : {a.out, a.gif})  // what cannot be written should fail before the work, not after it
    if (file.has_parent_path()) io::Disk{}.make_folders(file.parent_path());
  const Model model = load_model(a.weights, Machine{.threads = a.threads});
  const Diffusion process = fashion::process();
  const std::string sampler = model.literal ? "literal" : a.sampler;
  const int steps = model.literal ? 500 : a.steps;
  Film film{std::min<std::int64_t>(16, a.count), 8, std::max(1, steps / std::max(1, a.frames)), {}};
  io::Progress bar({.what = "sample", .total = steps * ((a.count + a.batch - 1) / a.batch)});
  const auto each_step = [&](const Step<Machine>& step) {
    if (!a.gif.empty()) film.take(step);
    if (step.step > 0) bar.update();
    return true;
  };
  const SampleOptions<Machine> options{.steps = steps,
                                       .count = a.count,
                                       .batch = a.batch,
                                       .seed = a.seed,
                                       .clip = model.literal ? 0.0 : 1.0,
                                       .each_step = each_step};
  const Images<float> images = [&] {
    if (sampler == "ddim") return hush::sample(process, model.network, Ddim{.eta = a.eta}, options);
    if (sampler == "ddpm") return hush::sample(process, model.network, Ddpm{}, options);
    check(sampler == "literal", "sample", "there is no sampler ", sampler, ": take ddim or ddpm");
    return hush::sample(process, model.network, LiteralDdpm{}, options);
  }();
  bar.finish();

  const io::PictureText text{{"sampler", words(sampler, " eta ", a.eta, ", ", steps, " steps")},
                             {"seed", words(a.seed)},
                             {"weights", a.weights.filename().string()}};
  io::write_grid(a.out, images, {.columns = a.columns, .scale = a.scale, .text = text});
  std::cout << a.count << " images in " << a.out.string() << std::endl;
  if (a.gif.empty()) return 0;
  io::write_gif(a.gif, film.frames,
                {.delay = std::chrono::milliseconds(40), .hold = std::chrono::seconds(2), .scale = int(a.scale)});
  std::cout << film.frames.count << " frames in " << a.gif.string() << std::endl;
  return 0;
}

}  // namespace fashion
