#include "../shared/train_options.hpp"
#include "recipe.hpp"

int main(int argc, char** argv) {
  CLI::App app{
      "Trains a noise conditional score network on Fashion-MNIST (32x32 grey pictures of garments) by denoising score "
      "matching at ten noise levels, and samples from it by annealed Langevin dynamics, on the CPU or a GPU."};
  app.require_subcommand(1);
  app.option_defaults()->always_capture_default();
  app.set_help_all_flag("--help-all", "Print the help of all subcommands and exit");

  ncsn::TrainArguments t;
  t.run = "out/ncsn";
  auto* train = app.add_subcommand("train", "Train a network; resumes a run that was interrupted");
  train->option_defaults()->always_capture_default();
  examples::add_training(*train, t, {"small", "large"},
                         "small: 1.8 M parameters, about 45 minutes on two cores; large: 23.6 M parameters, 50 epochs "
                         "of batch 128, for a GPU");

  ncsn::SampleArguments s;
  auto* sample = app.add_subcommand("sample", "Make pictures with trained weights, from uniform noise");
  sample->option_defaults()->always_capture_default();
  sample->add_option("--weights", s.weights, "Weights as `train` wrote them (safetensors)")->required();
  sample->add_option("--out", s.out, "PNG grid of the pictures");
  sample->add_option("--path", s.path, "PNG of the first 8 pictures after each level, a row a picture (default: none)")
      ->always_capture_default(false);
  sample->add_option("--count", s.count, "Pictures")->check(examples::at_least(1));
  sample->add_option("--repeats", s.repeats, "Langevin updates at each of the ten levels, a network call each")
      ->check(CLI::Range(1, 100000));
  sample->add_option("--epsilon", s.epsilon, "Step size of an update at the least noisy level");
  sample
      ->add_option("--rule", s.rule,
                   "authors: x + alpha s + sqrt(2 alpha) z, as their program has it; paper: x + alpha/2 s + "
                   "sqrt(alpha) z")
      ->check(CLI::IsMember({"authors", "paper"}));
  sample->add_flag("--noisy", s.noisy,
                   "Leave the last level's noise in the pictures (the step that removes it is NCSNv2's)");
  sample->add_option("--seed", s.seed, "Seed of the noise; picture i depends on it and on i alone")
      ->check(examples::seed());
  sample->add_option("--batch", s.batch, "Pictures at a time; changes nothing but memory and speed")
      ->check(examples::at_least(1));
  sample->add_option("--columns", s.columns, "Pictures in a row of the grid, 0: as square as can be")
      ->check(examples::at_least(0));
  sample->add_option("--scale", s.scale, "Screen pixels a pixel")->check(CLI::Range(1, 64));
  examples::add_where(*sample, s.where);

  return examples::main_of(app, "ncsn", argc, argv, [&] {
    if (*train) return examples::on_ranks(t.time_limit, [&] { return ncsn::train(t); });
    examples::one_process_only();
    return ncsn::sample(s);
  });
}
