#pragma once
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <hush/data/picture_files.hpp>
#include <hush/data/pil_resize.hpp>
#include <hush/io.hpp>
#include <hush/sampling/frames.hpp>

#include "restoring.hpp"

namespace palette {

/// The intermediate images of a run, side by side.
template <class Task>
void write_path(const std::filesystem::path& file, const Task& task, const typename Task::Given& given,
                const Frames& frames) {
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
  const std::string mask = a.mask.empty() ? model.mask : a.mask;
  return with_task(model.task, mask, [&](const auto& task) {
    check(!task.mask.empty() || (!a.soft_mask && a.feather == 0), "mask", model.task,
          " has none: --soft-mask and --feather are of no use");
    check(!a.soft_mask || a.feather == 0, "mask", "--soft-mask has edges of its own: leave --feather out");
    const std::vector<Job> jobs = restorations(a, mask);
    const auto process = palette::process(task, schedules(model.preset).sample, model.says);
    std::optional<Adm<B>> network;
    const auto fit = [&](const ImageSize& size) {
      if (network && network->image() == size) return;
      network.reset();
      AdmConfig config = model.file.network;
      config.image = size;
      Adm<B> fresh(config, process.ports(), Seed{}, on);
      examples::load(a.weights, model.file, process, fresh, {"process.schedule", "network.config.image"});
      network.emplace(std::move(fresh));
    };
    const auto restore = [&](const Job& job, std::int64_t number, const std::function<void()>& count) {
      const Bytes picture = io::read_picture(job.picture);
      const Bytes seen = a.side ? data::pil_resize(picture, a.side, a.side) : picture;
      fit({seen.height, seen.width, model.file.network.image.channels});
      using Given = typename std::remove_cvref_t<decltype(task)>::Given;
      constexpr bool holed = std::is_same_v<Given, MaskedImages>;
      Hole hole;
      Given given;
      if constexpr (holed)
        hole = hole_in(a, task.mask, picture, seen, std::uint32_t(number)), given = hole.given;
      else
        given = task.given(seen, how.seed, std::uint32_t(number));
      Frames frames{.most = a.path.empty() ? 0 : 1, .every = std::max(1, how.steps / a.frames)};
      const auto counted = [&](const Step<B>& step) {
        if (step.step > 0) count();
      };
      const Images<float> made = restored(process, *network, given, 1, how, number, counted, frames);
      if (!a.path.empty()) write_path(a.path, task, given, frames);
      if constexpr (holed) {
        return laid_into(hole, picture, seen, task.pictures(given, made));
      } else {  // colours are laid over the lightness of the picture itself, whatever size they were made at
        return task.pictures(task.channels == 2 ? task.given(picture, how.seed, std::uint32_t(number)) : given, made);
      }
    };
    return restore_each(a, jobs, how.steps * how.samples, restore,
                        {{"task", model.task}, {"steps", to_text(how.steps)}, {"seed", to_text(how.seed)}});
  });
}

}  // namespace palette
