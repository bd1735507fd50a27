#include "../shared/run_options.hpp"
#include "../shared/samplers.hpp"
#include "recipe.hpp"

namespace {

void add_pictures(CLI::App& command, std::filesystem::path& data, std::int64_t& limit, std::int64_t& validate) {
  command.add_option("--data", data, "Folder of JPEG and PNG pictures, read with all folders in it")->required();
  command.add_option("--limit", limit, "Pictures to take from the folder, from the first; 0: all")
      ->check(examples::at_least(0));
  command.add_option("--validate", validate, "How many of them are held out, the same ones in all commands")
      ->check(examples::at_least(0));
}
void add_autoencoder(CLI::App& command, std::filesystem::path& file) {
  command.add_option("--autoencoder", file, "Weights as `train-autoencoder` wrote them (safetensors)")->required();
}

}  // namespace

int main(int argc, char** argv) {
  using namespace latents;
  CLI::App app{
      "Latent diffusion on pictures of a folder: an autoencoder makes latents of 8 times smaller sides, a diffusion "
      "model makes latents, on the CPU or a GPU."};
  app.require_subcommand(1);
  app.option_defaults()->always_capture_default();
  app.set_help_all_flag("--help-all", "Print the help of all subcommands and exit");

  TrainAutoencoderArguments e;
  e.run = "out/autoencoder", e.sample_every = 1;
  auto* first = app.add_subcommand("train-autoencoder", "Train the autoencoder; resumes a run that was interrupted");
  first->option_defaults()->always_capture_default();
  add_pictures(*first, e.data, e.limit, e.validate);
  first->add_option("--size", e.side, "Side of the pictures, a multiple of 32; others are cropped to their centre")
      ->check(CLI::Range(32, 4096));
  first->add_option("--error", e.error, "Of the reconstruction: l1 or mse")->check(CLI::IsMember({"l1", "mse"}));
  first->add_option("--kl", e.kl, "Weight of the divergence of the latents from N(0, 1), against summed errors")
      ->check(examples::at_least(0));
  examples::add_run(*first, e, {"small", "paper"},
                    "small: 1.7 M parameters, for two cores; paper: 83.7 M parameters, for a GPU");

  ReconstructArguments r;
  auto* reconstruct = app.add_subcommand("reconstruct", "Measure reconstructions of the pictures held out (PSNR)");
  reconstruct->option_defaults()->always_capture_default();
  add_autoencoder(*reconstruct, r.autoencoder);
  add_pictures(*reconstruct, r.data, r.limit, r.validate);
  reconstruct->add_option("--out", r.out, "PNG file of the first pictures above their reconstructions");
  reconstruct->add_option("--show", r.shown, "How many pictures it shows")->check(examples::at_least(1));
  reconstruct->add_option("--batch", r.batch, "Pictures at a time; changes nothing but memory and speed")
      ->check(examples::at_least(1));
  examples::add_where(*reconstruct, r.where);

  TrainArguments t;
  t.run = "out/latent", t.sample_every = 10;
  auto* train = app.add_subcommand("train", "Train the diffusion model on latents; resumes a run that was interrupted");
  train->option_defaults()->always_capture_default();
  add_autoencoder(*train, t.autoencoder);
  add_pictures(*train, t.data, t.limit, t.validate);
  examples::add_run(*train, t, {"small", "paper"}, "small: for two cores; paper: for a GPU");

  SampleArguments s;
  auto* sample = app.add_subcommand("sample", "Make pictures with trained weights");
  sample->option_defaults()->always_capture_default();
  add_autoencoder(*sample, s.autoencoder);
  sample->add_option("--weights", s.weights, "Weights as `train` wrote them (safetensors)")->required();
  sample->add_option("--out", s.out, "PNG grid of the pictures");
  sample->add_option("--count", s.count, "Pictures")->check(examples::at_least(1));
  sample->add_option("--steps", s.steps, "Steps of the sampler, 1..1000")->check(CLI::Range(1, 1000));
  sample->add_option("--sampler", s.sampler, "One of those listed below")
      ->check(CLI::IsMember(samplers::names(samplers::all)))
      ->option_text("NAME=" + s.sampler);
  sample->footer("Samplers:\n" + samplers::help(samplers::all));
  sample->add_option("--seed", s.seed, "Seed of the noise; picture i depends on it and on i alone")
      ->check(examples::seed());
  sample->add_option("--batch", s.batch, "Pictures at a time; changes nothing but memory and speed")
      ->check(examples::at_least(1));
  sample->add_option("--columns", s.columns, "Pictures in a row of the grid, 0: as square as can be")
      ->check(examples::at_least(0));
  examples::add_where(*sample, s.where);

  return examples::main_of(app, "latent", argc, argv, [&] {
    if (*first) return examples::on_ranks(e.time_limit, [&] { return latents::train_autoencoder(e); });
    if (*train) return examples::on_ranks(t.time_limit, [&] { return latents::train(t); });
    examples::one_process_only();
    if (*reconstruct) return latents::reconstruct(r);
    return latents::sample(s);
  });
}
