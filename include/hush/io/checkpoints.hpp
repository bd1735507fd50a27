#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <iostream>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <hush/collectives/agreement.hpp>
#include <hush/communicator.hpp>
#include <hush/io/checkpoint_files.hpp>
#include <hush/io/checkpoint_parts.hpp>
#include <hush/io/file_plan.hpp>
#include <hush/io/models.hpp>
#include <hush/io/run_identity.hpp>
#include <hush/io/weights.hpp>
#include <hush/training/training.hpp>

namespace hush::io {

/// What `Checkpoints` does: the run's folder, after how many steps it saves (0: after each epoch), whether it resumes
/// from what is there, how many are kept, words of the user's that must be the same on resuming (the preset, say), and
/// where notes go.
struct CheckpointOptions {
  std::filesystem::path run;
  std::int64_t every = 0;
  bool resume = true;
  Keeping keeping = {};
  std::string identity = {};
  std::function<void(std::string_view)> say = [](std::string_view text) { std::cerr << text << '\n'; };
};

/// The words (CheckpointOptions::identity) that the run in a folder was started with: what a program may need before it
/// can go on with it. Nothing where there is no checkpoint whose state can be read.
inline std::optional<std::string> words_of_run(const std::filesystem::path& run) {
  for (const auto& [step, folder] : detail::checkpoint_folders(run)) try {
      const auto file = folder / detail::state_file;
      const Json content = detail::unsealed(detail::text_file(file), file);
      const Json& identity = member(member(content, "state", file), "identity", file);
      return text_of(member(identity, "run", file), "run", file);
    } catch (const FileError&) {}
  return std::nullopt;
}

/// An observer of `train` that saves weights, their average, the optimizer's moments and the loss curve, of a
/// `GanTrainer` those of both networks, and that resumes from the newest good checkpoint bit for bit. `load_model`
/// reads the files of the weights and of their average (ema.safetensors). A folder that cannot be written is a
/// FileError before the first step. Name it before logs and bars, which ask the training for its step. A save that
/// fails is reported and tried again at the next occasion; the third in a row ends the run. On several ranks all resume
/// from the same files, and rank 0 alone writes: the run's folder must be one that all of them see.
class Checkpoints {
 public:
  static constexpr bool on_every_rank = true;

  explicit Checkpoints(CheckpointOptions chosen) : options(std::move(chosen)) {
    check(!options.run.empty(), "Checkpoints", "run, the folder of the checkpoints, is not given");
    check(options.every >= 0, "Checkpoints", "every must not be negative, is ", options.every);
    check(options.keeping.last >= 2, "Checkpoints", "keeping.last must be at least 2, is ", options.keeping.last);
  }

  template <class T>
  void start(T& training) {
    const AnyCommunicator& ranks = training.options.communicator;
    identity = run_identity(training, options.identity);
    const Found found = find(ranks);
    for (const auto& note : found.notes) options.say(note);
    on_all_ranks(ranks, [&] {
      if (found.checkpoint) resume(training, *found.checkpoint);
    });
    if (training.finished() || ranks.rank() > 0) return;
    FilePlan plan;  // what could not be saved is known before the first step
    plan.writes_folder("the run's folder", options.run);
    plan.check();
  }
  template <class T>
  void step(const T& training, const StepReport&) {
    // The last step of an epoch is saved when the epoch is closed, so that resuming never meets half an end.
    if (options.every > 0 && training.step % options.every == 0 && !training.epoch_finished()) save(training);
  }
  template <class T>
  void epoch(const T& training, const EpochReport&) {
    if (options.every == 0 || training.step - saved >= options.every) save(training);
  }
  template <class T>
  void finish(const T& training) {
    if (training.step == saved) return;
    failures = 2;  // there is no next occasion
    save(training);
  }

 private:
  /// The checkpoint to resume from: rank 0 looks for it and clears up, then the others read the same one.
  Found find(const AnyCommunicator& ranks) const {
    Found found;
    on_all_ranks(ranks, [&] {
      if (ranks.rank() == 0) found = find_checkpoint(options.run, options.keeping.disk);
    });
    std::int64_t step = found.checkpoint ? found.checkpoint->step : -1;
    ranks.broadcast(0, std::as_writable_bytes(std::span(&step, 1)));
    on_all_ranks(ranks, [&] {
      if (ranks.rank() > 0 && step >= 0)
        found.checkpoint = load_checkpoint(options.run / detail::checkpoint_name(step));
    });
    return found;
  }
  template <class T>
  void resume(T& training, const Checkpoint& checkpoint) {
    check(options.resume, "Checkpoints", options.run.string(),
          " holds checkpoints already: resume, or choose another folder");
    restore(training, checkpoint);
    saved = training.step;
    if (training.options.communicator.rank() == 0)
      options.say(to_text("resumed from step ", training.step, " of ", training.total_steps()));
  }
  template <class T>
  void save(const T& training) {
    if (training.options.communicator.rank() > 0) return;
    try {
      save_checkpoint(options.run, snapshot(training), options.keeping);
      saved = training.step;
      failures = 0;
    } catch (const FileError& error) {
      if (++failures >= 3) throw;
      options.say(to_text("could not save step ", training.step, ", training goes on: ", error.what()));
    }
  }
  template <class T>
  Checkpoint snapshot(const T& training) const {
    Checkpoint checkpoint{training.step, {}, detail::reports_of(training)};
    checkpoint.state["identity"] = identity;
    detail::add_arrays(checkpoint, "", training);
    if constexpr (detail::HasCritic<T>) {
      checkpoint.state["critic"] = detail::reports_of(training.critic);
      detail::add_arrays(checkpoint, "critic-", training.critic);
    }
    return checkpoint;
  }
  template <class T>
  void restore(T& training, const Checkpoint& checkpoint) const {
    const auto folder = options.run / detail::checkpoint_name(checkpoint.step), file = folder / detail::state_file;
    check_identity(identity, member(checkpoint.state, "identity", file), file, detail::describe_run(training));
    detail::read_arrays(checkpoint, folder, "", training);
    if constexpr (detail::HasCritic<T>) detail::read_arrays(checkpoint, folder, "critic-", training.critic);
    try {
      detail::read_reports(training, checkpoint.state, file);
      if constexpr (detail::HasCritic<T>)
        detail::read_reports(training.critic, member(checkpoint.state, "critic", file), file);
    } catch (const Json::exception&) {
      throw FileError(file, "holds no reports of a training's epochs: hush did not write it so");
    }
    training.step = checkpoint.step;
    if constexpr (detail::HasCritic<T>) training.critic.step = checkpoint.step * training.critic_steps;
  }

  CheckpointOptions options;
  Json identity;  // of the run in hand
  std::int64_t saved = -1;
  int failures = 0;
};

}  // namespace hush::io
