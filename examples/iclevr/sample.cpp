#include <algorithm>
#include <cmath>
#include <hush/data/label_names.hpp>
#include <hush/data/pixels.hpp>
#include <hush/data/shapes.hpp>
#include <hush/io/file_plan.hpp>
#include <hush/io/numbered_pngs.hpp>
#include <hush/io/png.hpp>
#include <hush/io/tile.hpp>
#include <iostream>

#include "generator.hpp"

namespace iclevr {

namespace {

/// The label sets that are asked for, each as often as pictures of it are. Throws std::invalid_argument for more
/// pictures than the grid has room for.
Sets wanted_labels(const SampleArguments& a, const ImageSize& image) {
  check(a.labels || !a.labels_file.empty(), "sample", "wants --labels or --labels-file");
  Sets sets;
  if (a.labels)
    sets = {data::LabelNames(data::shape_names()).parse(*a.labels)};
  else
    sets = label_lists(a.labels_file);
  check(!sets.empty(), "sample", a.labels_file.string(), " has no list of labels");
  const std::int64_t each = a.count ? a.count : a.labels_file.empty() ? 8 : 1;
  const io::Tiling grid{.columns = a.columns, .scale = a.scale};
  io::tiled_size(each, image, grid);  // then the product below is no larger than a number can be
  io::tiled_size(each * std::int64_t(sets.size()), image, grid);
  Sets all;
  for (const auto& set : sets) all.insert(all.end(), std::size_t(each), set);
  return all;
}

/// Each picture stretched so that its darkest number is 0 and its brightest 255: what torchvision's save_image does
/// with normalize=True. It changes colours.
Images<std::uint8_t> stretched(const Images<float>& images) {
  Images<std::uint8_t> pictures(images.count, images.height, images.width, images.channels);
  for (std::int64_t i = 0; i < images.count; ++i) {
    const auto [low, high] = std::ranges::minmax(images[i]);
    const double range = std::max(double(high) - low, 1e-5);
    std::ranges::transform(images[i], pictures[i].begin(), [low = double(low), range](float value) {
      return std::uint8_t(std::clamp(255 * (value - low) / range + .5, 0., 255.));
    });
  }
  return pictures;
}

/// The times of --strip as rows: of each of the first pictures, the noisy image at the step nearest to each time.
void write_strip(const SampleArguments& a, const Frames& frames) {
  Images<float> panels;
  std::string times;
  const std::int64_t count = frames.frames.front().x.count;
  for (std::int64_t i = 0; i < count; ++i)
    for (const double time : a.strip) {
      const auto off = [&](const Frames::Frame& frame) { return std::abs(std::max(frame.level.time, 0.) - time); };
      // Of two as near the later one: the last step ends at time 0.
      const Frames::Frame* nearest = &frames.frames.front();
      for (const Frames::Frame& frame : frames.frames)
        if (off(frame) <= off(*nearest)) nearest = &frame;
      const Images<float>& x = nearest->x;
      panels.height = x.height, panels.width = x.width, panels.channels = x.channels;
      panels.pixels.insert(panels.pixels.end(), x[i].begin(), x[i].end());
      ++panels.count;
      if (i == 0) times += to_text(times.empty() ? "" : ", ", std::max(nearest->level.time, 0.));
    }
  io::write_grid(a.strip_out, panels, {.columns = std::int64_t(a.strip.size()), .scale = a.scale});
  std::cout << "the way to " << count << (count == 1 ? " picture" : " pictures") << " at t = " << times << " in "
            << a.strip_out.string() << std::endl;
}

void check_files(const SampleArguments& a) {
  io::FilePlan files;
  files.reads("--weights", a.how.weights);
  files.reads("--labels-file", a.labels_file);
  files.writes("--out", a.out, ".png");
  if (!a.strip.empty()) files.writes("--strip-out", a.strip_out, ".png");
  if (!a.folder.empty()) files.writes_folder("--folder", a.folder);
  files.check();
}

}  // namespace

int sample(const SampleArguments& a) {
  check_files(a);
  const Generator generator = iclevr::generator(a.how);
  const Sets labels = wanted_labels(a, generator.image);
  if (!a.folder.empty()) io::left_of_earlier_pngs(a.folder, std::int64_t(labels.size()));  // refuses other pictures
  for (const double time : a.strip)
    check(time >= 0 && time < generator.process.schedule.steps, "sample", "--strip ", time,
          " is no time: they are 0 to ", generator.process.schedule.steps - 1);
  Frames frames{.most = std::min<std::int64_t>(8, std::int64_t(labels.size()))};
  const Images<float> images = generator.make(labels, a.how.seed, a.strip.empty() ? nullptr : &frames);
  const Images<std::uint8_t> pictures = a.min_max ? stretched(images) : data::to_bytes(images);
  const io::PictureText text{
      {"sampler", to_text(a.how.sampler, ", ", a.how.steps, " steps, guidance ", a.how.guidance)},
      {"labels", a.labels_file.empty() ? names_of(labels[0]) : a.labels_file.filename().string()},
      {"seed", to_text(a.how.seed)},
      {"weights", a.how.weights.filename().string()}};
  io::write_grid(a.out, pictures, {.columns = a.columns, .scale = a.scale, .text = text});
  std::cout << images.count << (images.count == 1 ? " picture in " : " pictures in ") << a.out.string() << std::endl;
  if (!a.folder.empty()) {
    io::write_pngs(a.folder, pictures);
    std::cout << "single files in " << a.folder.string() << std::endl;
  }
  if (!a.strip.empty()) write_strip(a, frames);
  return 0;
}

}  // namespace iclevr
