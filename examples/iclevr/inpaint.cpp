#include <algorithm>
#include <cmath>
#include <hush/conditionings/both.hpp>
#include <hush/conditionings/replacement.hpp>
#include <hush/data/label_names.hpp>
#include <hush/data/pil_resize.hpp>
#include <hush/data/pixels.hpp>
#include <hush/data/shapes.hpp>
#include <hush/guidance.hpp>
#include <hush/hush.hpp>
#include <hush/samplers/ddpm.hpp>
#include <hush/samplers/repaint.hpp>
#include <iostream>

#include "recipe.hpp"

namespace iclevr {

namespace {

using Machine = Cpu<float>;

/// The hole of a command line, [1, H, W, 1].
Images<float> hole_of(const InpaintArguments& a, const ImageSize& size) {
  const std::int64_t left = a.hole[0], top = a.hole[1], width = a.hole[2], height = a.hole[3];
  check(left >= 0 && top >= 0 && width >= 1 && height >= 1 && left <= size.width - width && top <= size.height - height,
        "inpaint", "--hole ", left, ',', top, ',', width, ',', height, " does not lie within ", size.width, 'x',
        size.height, " pixels: it is LEFT,TOP,WIDTH,HEIGHT");
  Images<float> hole(1, size.height, size.width, 1);
  for (std::int64_t y = top; y < top + height; ++y)
    std::fill_n(hole.pixels.begin() + y * size.width + left, width, 1.f);
  return hole;
}

/// An image as often as it is asked for.
Images<float> repeated(const Images<float>& image, std::int64_t count) {
  Images<float> all(count, image.height, image.width, image.channels);
  for (std::int64_t i = 0; i < count; ++i) std::ranges::copy(image[0], all[i].begin());
  return all;
}

/// The picture with a grey hole, and what was drawn in it.
Images<float> shown(const Images<float>& picture, const Images<float>& hole, const Images<float>& made) {
  Images<float> all(made.count + 1, made.height, made.width, made.channels);
  for (std::size_t i = 0; i < picture.pixels.size(); ++i)
    all.pixels[i] = hole.pixels[i / std::size_t(picture.channels)] > 0 ? 0 : picture.pixels[i];
  std::ranges::copy(made.pixels, all.pixels.begin() + std::ptrdiff_t(picture.pixels.size()));
  return all;
}

Images<float> inpainted(const InpaintArguments& a, const Described& model, const Images<float>& picture,
                        const Images<float>& hole, const std::vector<std::int32_t>& labels) {
  const Diffusion& trained = model.process;
  check_guidance(model, a.guidance, a.weights);
  Network<Machine> network(model.network, trained.ports(), Seed{}, Machine{.threads = a.threads});
  examples::load(a.weights, model, trained, network);
  const Process process{trained.schedule, trained.parameterization, Both{Replacement{}, trained.conditioning}};
  const Guided guided{std::move(network), process.conditioning, a.guidance};
  io::SamplingBar bar;
  return hush::sample(
      process, guided, RePaint{Ddpm{}, 10, a.resamples},
      {{repeated(picture, a.count), repeated(hole, a.count)}, LabelSets{Sets(std::size_t(a.count), labels)}},
      {.steps = a.steps, .count = a.count, .batch = a.batch, .seed = a.seed}, bar);
}

}  // namespace

int inpaint(const InpaintArguments& a) {
  io::FilePlan files;
  files.reads("--weights", a.weights);
  files.reads("--picture", a.picture);
  files.writes("--out", a.out, ".png");
  files.check();
  const std::vector<std::int32_t> labels = data::LabelNames(data::shape_names()).parse(a.labels);
  const Described model = described(a.weights);
  const ImageSize size = model.network.unet.image;
  const io::Tiling grid{.columns = 8, .scale = a.scale};
  for (const std::int64_t more : {0, 1}) io::tiled_size(a.count + more, size, grid);  // with the picture itself
  const Images<float> hole = hole_of(a, size);
  const Images<float> picture = data::to_floats(data::pil_resize(io::read_picture(a.picture), size.height, size.width));
  const Images<float> made = inpainted(a, model, picture, hole, labels);
  io::write_grid(a.out, shown(picture, hole, made), {.columns = grid.columns, .scale = grid.scale});
  std::cout << "the picture and " << made.count << " of its hole with " << names_of(labels) << " in " << a.out.string()
            << std::endl;
  return 0;
}

}  // namespace iclevr
