#include "../shared/train_options.hpp"
#include "recipe.hpp"

int main(int argc, char** argv) {
  using namespace baselines;
  CLI::App app{
      "Trains a VAE, a DCGAN and a diffusion model of one size class on Fashion-MNIST (32x32 grey pictures of "
      "garments), and compares what they make."};
  app.require_subcommand(1);
  app.option_defaults()->always_capture_default();
  app.set_help_all_flag("--help-all", "Print the help of all subcommands and exit");

  examples::TrainArguments t;
  t.run = "out/baselines", t.preset = "vae", t.sample_every = 1;
  auto* train = app.add_subcommand("train", "Train a network; resumes a run that was interrupted");
  train->option_defaults()->always_capture_default();
  examples::add_training(*train, t, networks,
                         "vae: 0.74 M parameters; dcgan: 0.37 M, its critic 0.17 M; diffusion: 0.5 M");
  for (const char* none : {"--from", "--validate"}) train->remove_option(train->get_option(none));

  SampleArguments s;
  auto* sample = app.add_subcommand("sample", "Make pictures with trained weights");
  sample->option_defaults()->always_capture_default();
  sample->add_option("--weights", s.weights, "Weights as `train` wrote them (safetensors)")->required();
  sample->add_option("--out", s.out, "PNG grid of the pictures");
  sample->add_option("--count", s.count, "Pictures")->check(examples::at_least(1));
  sample->add_option("--steps", s.steps, "Steps of a diffusion model's sampler, dpm++2m-sde")
      ->check(CLI::Range(1, 1000));
  sample->add_option("--seed", s.seed, "Seed of the noise; picture i depends on it and on i alone")
      ->check(examples::seed());
  sample->add_option("--batch", s.batch, "Pictures at a time; changes nothing but memory and speed")
      ->check(examples::at_least(1));
  sample->add_option("--columns", s.columns, "Pictures in a row of the grid, 0: as square as can be")
      ->check(examples::at_least(0));
  sample->add_option("--scale", s.scale, "Screen pixels a pixel")->check(CLI::Range(1, 64));
  examples::add_where(*sample, s.where);

  EvaluateArguments e;
  auto* evaluate = app.add_subcommand("evaluate", "Print a table of networks: distance, precision, recall, speed");
  evaluate->option_defaults()->always_capture_default();
  evaluate->add_option("--data", e.data, "Folder with the four official files (IDX or IDX.gz)")->required();
  evaluate->add_option("--weights", e.weights, "Weights as `train` wrote them; once for each file")
      ->required()
      ->always_capture_default(false);
  evaluate->add_option("--classifier", e.classifier, "Weights of the classifier whose features are compared");
  evaluate->add_option("--out", e.out, "File for the table too (default: none)")->always_capture_default(false);
  evaluate->add_option("--count", e.count, "Pictures of each network, 4 or more")->check(examples::at_least(4));
  evaluate->add_option("--steps", e.steps, "Steps of a diffusion model's sampler, dpm++2m-sde")
      ->check(CLI::Range(1, 1000));
  evaluate->add_option("--seed", e.seed, "Seed of the noise")->check(examples::seed());
  evaluate->add_option("--batch", e.batch, "Pictures at a time")->check(examples::at_least(1));
  examples::add_where(*evaluate, e.where);

  return examples::main_of(app, "baselines", argc, argv, [&] {
    if (*train) return examples::on_ranks(t.time_limit, [&] { return baselines::train(t); });
    examples::one_process_only();
    if (*sample) return baselines::sample(s);
    return baselines::evaluate(e);
  });
}
