// Makes the weights of an average of any length from the snapshots of a training, after it (Karras et al. 2024, section
// 3).
#include <cstdio>
#include <filesystem>
#include <hush/hush.hpp>

#include "../shared/command_line.hpp"

int main(int argc, char** argv) {
  using namespace hush;
  std::filesystem::path snapshots, out;
  double std = .05;
  std::int64_t step = 0;
  CLI::App app("Weights of an average of any length, made of the snapshots that io::PowerSnapshots wrote in training");
  app.add_option("--snapshots", snapshots, "The folder of the snapshots")->required();
  app.add_option("--std", std,
                 "Standard deviation of the average's profile, as a part of the training: above 0, at most .288")
      ->capture_default_str();
  app.add_option("--step", step, "The step after which the average ends; 0: the last snapshots'")
      ->check(examples::at_least(0));
  app.add_option("--out", out, "The model file to write")->required();
  CLI11_PARSE(app, argc, argv);
  try {
    io::FilePlan files;
    files.writes("--out", out);
    files.check();
    io::write_safetensors(out, io::post_hoc_ema(snapshots, std, step));
    std::printf("wrote %s: std %g\n", out.c_str(), std);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
