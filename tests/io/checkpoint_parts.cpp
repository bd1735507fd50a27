#include <hush/io/checkpoint_parts.hpp>

#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <string_view>

#include <hush/io/checkpoints.hpp>

#include "../training/gans.hpp"
#include "scratch.hpp"

using namespace hush;
using gans::Gan;

namespace {

io::Checkpoints checkpoints(const std::filesystem::path& run) {
  return io::Checkpoints({.run = run, .say = [](std::string_view) {}});
}
std::string refused(Gan& gan, const std::filesystem::path& run) {
  try {
    train(gan.training, checkpoints(run));
  } catch (const FileError& error) { return error.what(); }
  return {};
}

}  // namespace

TEST_CASE("checkpoint parts: a checkpoint of two networks holds both, their averages and moments") {
  const Scratch scratch("parts");
  Gan gan({.epochs = 1, .batch = 12});
  train(gan.training, checkpoints(scratch / "run"));
  for (const char* name : {"weights", "ema", "moment1", "moment2"})
    for (const char* prefix : {"", "critic-"}) {
      const auto file = scratch / "run/ckpt-00000002" / (std::string(prefix) + name + ".safetensors");
      CAPTURE(file);
      CHECK(std::filesystem::exists(file));
    }
}

TEST_CASE("checkpoint parts: another critic, other turns and a training of one network are refused in words") {
  const Scratch scratch("parts_refused");
  const auto run = scratch / "run";
  Gan gan({.epochs = 2, .batch = 12}, CriticNorm::batch);
  train(gan.training, checkpoints(run), [](const StepReport&) { return false; });
  Gan other({.epochs = 2, .batch = 12}, CriticNorm::spectral), twice({.epochs = 2, .batch = 12}, CriticNorm::batch, 2);
  const std::string norm = refused(other, run), turns = refused(twice, run);
  CAPTURE(norm);
  CHECK(norm.find("the run was started with critic.network.config.norm = ") != std::string::npos);
  CHECK(turns.ends_with("the run was started with critic_steps = 1, it cannot go on with 2"));

  const auto alone = scratch / "alone";
  Gan single({.epochs = 2, .batch = 12}), both({.epochs = 2, .batch = 12});
  train(single.generating, checkpoints(alone), [](const StepReport&) { return false; });
  CHECK(refused(both, alone).find("critic") != std::string::npos);
}
