// A small training on the ranks that a launcher started, for ranks.sh: ranks FOLDER [name=value ...].
//   batch, accumulate, seed, epochs, time_limit: options of the training
//   kill=R, hang=R, throw=R, stop=R: what rank R does after step `at`
#include <signal.h>
#include <unistd.h>

#include <cstdint>
#include <exception>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>

#include <hush/hush.hpp>
#include <hush/mpi.hpp>

#include "../tiny.hpp"

using namespace hush;

namespace {

/// What one rank does after a step.
struct Accident {
  static constexpr bool on_every_rank = true;
  std::map<std::string, std::int64_t>& said;
  bool step(const auto& training, const StepReport& report) {
    const auto here = [&](const char* what) { return said.contains(what) && said[what] == rank_of(training); };
    if (report.step != said["at"]) return true;
    if (here("kill")) ::kill(::getpid(), SIGKILL);
    if (here("hang")) ::sleep(60);
    if (here("throw")) throw std::runtime_error("it was told to");
    return !here("stop");
  }
  static int rank_of(const auto& training) { return training.options.communicator.rank(); }
};

int train_here(const std::string& folder, std::map<std::string, std::int64_t>& said, const AnyCommunicator& ranks) {
  const tiny::Squares data{80};
  tiny::Net net({.image = {8, 8, 1}, .widths = {4}, .bottleneck = 4, .heads = 1, .head_width = 2, .embedding = 4},
                tiny::process.ports(), Seed{9}, tiny::B{.threads = 1});
  const auto trained = train(tiny::process, net, AdamW{.rate = 1e-2}, data,
                             {.epochs = said["epochs"],
                              .batch = said["batch"],
                              .seed = std::uint64_t(said["seed"]),
                              .rate = learning_rates::Cosine{.warm_up = 4},
                              .clip_gradient = 1,
                              .accumulate = said["accumulate"],
                              .validation = &data,
                              .communicator = ranks},
                             io::Checkpoints({.run = folder, .every = 3}), io::LossLog(folder), Accident{said});
  if (ranks.rank() == 0) io::save_model(folder + "/weights.safetensors", tiny::process, trained.averaged);
  return 0;
}

}  // namespace

int main(int count, char** words) {
  std::map<std::string, std::int64_t> said{{"batch", 8}, {"accumulate", 4}, {"epochs", 4}, {"time_limit", 30}};
  for (int i = 2; i < count; ++i) {
    const std::string word = words[i];
    said[word.substr(0, word.find('='))] = std::stoll(word.substr(word.find('=') + 1));
  }
  try {
    const bool launched = launch_of_environment().ranks > 1;
    const AnyCommunicator ranks =
        launched ? AnyCommunicator(Mpi({.time_limit = double(said["time_limit"])})) : AnyCommunicator(SingleProcess{});
    if (said.contains("odd") && said["odd"] == ranks.rank()) said["seed"] = 7;
    try {
      return on_all_ranks(ranks, [&] { return train_here(words[1], said, ranks); });
    } catch (const RankFailure& error) {
      if (ranks.rank() == 0) std::cerr << "ranks: " << error.what() << std::endl;
      return 1;
    }
  } catch (const std::exception& error) {
    std::cerr << "ranks: " << error.what() << std::endl;
    return 1;
  }
}
