#pragma once
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include <hush/data/picture_files.hpp>
#include <hush/data/pil_resize.hpp>
#include <hush/frames.hpp>
#include <hush/io.hpp>

#include "restoring.hpp"

namespace palette {

/// The moments of a picture on its way, side by side.
template <class Task>
void write_path(const std::filesystem::path& file, const Task& task,
                const typename decltype(task.condition())::Given& given, const Frames& frames) {
  Bytes moments(0, 0, 0, 3);
  for (const Frames::Frame& frame : frames.frames) {
    const Bytes picture = task.pictures(given, frame.x);
    moments.height = picture.height, moments.width = picture.width, ++moments.count;
    moments.pixels.insert(moments.pixels.end(), picture.pixels.begin(), picture.pixels.end());
  }
  write_side_by_side(file, moments, moments.count);
}

/// `restore` on a machine: one picture, or all of a folder. A network without attention to the size of its images can
/// restore any that its down-samplings divide.
template <class B>
int restore_on(const RestoreArguments& a, const B& on) {
  const Described model = described(a.weights);
  const SampleArguments how = with_steps(a.how, model.preset);
  const bool folder = std::filesystem::is_directory(a.image);
  check(a.path.empty() || !folder, "path", "shows the way of one picture, ", a.image.string(), " is a folder");
  std::vector<std::filesystem::path> files, targets;
  if (folder) {
    for (const data::PictureFile& file : data::picture_files(a.image)) {
      files.push_back(a.image / file.name);
      targets.push_back((a.out / file.name).replace_extension(".png"));
    }
  } else {
    files = {a.image}, targets = {a.out};
  }
  return with_task(model.task, a.mask.empty() ? model.mask : a.mask, [&](const auto& task) {
    const auto process = palette::process(task, schedules(model.preset).sample, model.says);
    io::Progress bar({.what = "restore", .total = std::int64_t(files.size()) * how.steps * how.samples});
    std::optional<Adm<B>> network;
    for (std::size_t i = 0; i < files.size(); ++i) {
      const Bytes picture = io::read_picture(files[i]);
      const Bytes seen = a.side ? data::pil_resize(picture, a.side, a.side) : picture;
      if (!network || network->image() != ImageSize{seen.height, seen.width, model.network.image.channels}) {
        AdmConfig config = model.network;
        config.image.height = seen.height, config.image.width = seen.width;
        network.emplace(config, process.ports(), Seed{}, on);
        io::load_weights(a.weights, *network);
      }
      const auto given = task.given(seen, how.seed, std::uint32_t(i));
      Frames frames{.most = 1};
      const auto count = counting(bar);
      const Images<float> made = restored(process, *network, given, 1, how, std::int64_t(i), [&](const Step<B>& step) {
        count(step);
        const bool shown = step.step % std::max(1, how.steps / a.frames) == 0 || step.step == step.of;
        if (shown && !a.path.empty()) frames(step);
      });
      if (targets[i].has_parent_path()) io::Disk{}.make_folders(targets[i].parent_path());
      // colours are laid over the lightness of the picture itself, whatever size they were made at
      const auto whole = task.channels == 2 ? task.given(picture, how.seed, std::uint32_t(i)) : given;
      io::write_png(targets[i], task.pictures(whole, made),
                    {{"task", model.task}, {"steps", words(how.steps)}, {"seed", words(how.seed)}});
      if (!a.path.empty()) write_path(a.path, task, given, frames);
    }
    bar.finish();
    std::cout << files.size() << (files.size() == 1 ? " picture in " : " pictures in ") << a.out.string() << std::endl;
    return 0;
  });
}

}  // namespace palette
