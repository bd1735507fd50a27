#pragma once
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include <hush/data/picture_files.hpp>
#include <hush/data/pil_resize.hpp>
#include <hush/io.hpp>

#include "restoring.hpp"

namespace palette {

/// `restore` on a machine: one picture, or all of a folder. A network without attention to the size of its images can
/// restore any that its down-samplings divide.
template <class B>
int restore_on(const RestoreArguments& a, const B& on) {
  const Described model = described(a.weights);
  const SampleArguments how = with_steps(a.how, model.preset);
  const LinearBeta schedule = schedules(model.preset).sample;
  const bool folder = std::filesystem::is_directory(a.image);
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
    io::Progress bar({.what = "restore", .total = std::int64_t(files.size()) * how.steps * how.samples});
    std::optional<Adm<B>> network;
    for (std::size_t i = 0; i < files.size(); ++i) {
      const Bytes picture = io::read_picture(files[i]);
      const Bytes seen = a.side ? data::pil_resize(picture, a.side, a.side) : picture;
      if (!network || network->image() != ImageSize{seen.height, seen.width, model.network.image.channels}) {
        AdmConfig config = model.network;
        config.image.height = seen.height, config.image.width = seen.width;
        network.emplace(config, task.condition().ports(), Seed{}, on);
        io::load_weights(a.weights, *network);
      }
      const auto given = task.given(seen, how.seed, std::uint32_t(i));
      const Images<float> made =
          restored(task, *network, schedule, given, 1, how, std::int64_t(i), [&] { bar.update(1); });
      if (targets[i].has_parent_path()) io::Disk{}.make_folders(targets[i].parent_path());
      // colours are laid over the lightness of the picture itself, whatever size they were made at
      const auto whole = task.channels == 2 ? task.given(picture, how.seed, std::uint32_t(i)) : given;
      io::write_png(targets[i], task.pictures(whole, made),
                    {{"task", model.task}, {"steps", words(how.steps)}, {"seed", words(how.seed)}});
    }
    bar.finish();
    std::cout << files.size() << (files.size() == 1 ? " picture in " : " pictures in ") << a.out.string() << std::endl;
    return 0;
  });
}

}  // namespace palette
