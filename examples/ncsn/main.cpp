#include "../command_line.hpp"
#include "recipe.hpp"

int main(int argc, char** argv) {
  CLI::App app{
      "Trains a noise conditional score network on Fashion-MNIST (32x32 grey pictures of garments) by denoising score "
      "matching at ten noise levels, and samples from it by annealed Langevin dynamics, on the CPU or a GPU."};
  app.require_subcommand(1);
  app.option_defaults()->always_capture_default();
  app.set_help_all_flag("--help-all", "Print the help of all subcommands and exit");

  ncsn::TrainArguments t;
  auto* train = app.add_subcommand("train", "Train a network; resumes a run that was interrupted");
  train->option_defaults()->always_capture_default();
  train->add_option("--data", t.data, "Folder with the four official files (IDX or IDX.gz)")->required();
  train->add_option("--run", t.run, "Folder for checkpoints, logs, sample grids");
  train
      ->add_option("--weights", t.weights,
                   "File for the averaged weights (default: weights.safetensors in the run folder)")
      ->always_capture_default(false);
  train
      ->add_option("--preset", t.preset,
                   "small: 1.8 M parameters, about 45 minutes on two cores; large: 23.6 M parameters, 50 epochs of "
                   "batch 128, for a GPU")
      ->check(CLI::IsMember({"small", "large"}));
  train->add_option("--epochs", t.epochs, "Epochs, 0: as the preset says")->check(CLI::NonNegativeNumber);
  train->add_option("--batch", t.batch, "Images a step, 0: as the preset says")->check(CLI::NonNegativeNumber);
  train->add_option("--rate", t.rate, "Learning rate, 0: as the preset says")->check(CLI::NonNegativeNumber);
  train->add_option("--limit", t.limit, "Images to train on, from the first; 0: all")->check(CLI::NonNegativeNumber);
  train->add_option("--validate", t.validate, "Images of the test set to validate on after each epoch; 0: all")
      ->check(CLI::NonNegativeNumber);
  train->add_option("--save-every", t.save_every, "Steps between checkpoints, 0: one an epoch")
      ->check(CLI::NonNegativeNumber);
  train->add_option("--sample-every", t.sample_every, "Epochs between sample grids, 0: none")
      ->check(CLI::NonNegativeNumber);
  train->add_option("--minutes", t.minutes, "Stop after so many minutes, 0: when all epochs are done")
      ->check(CLI::NonNegativeNumber);
  train->add_flag("--fresh", t.fresh, "Refuse to resume: an error if the run folder holds checkpoints");
  train->add_option("--seed", t.seed, "Seed of weights, order, levels and noise");
  examples::add_where(*train, t.where);

  ncsn::SampleArguments s;
  auto* sample = app.add_subcommand("sample", "Make pictures with trained weights, from uniform noise");
  sample->option_defaults()->always_capture_default();
  sample->add_option("--weights", s.weights, "Weights as `train` wrote them (safetensors)")->required();
  sample->add_option("--out", s.out, "PNG grid of the pictures");
  sample->add_option("--path", s.path, "PNG of the first 8 pictures after each level, a row a picture (default: none)")
      ->always_capture_default(false);
  sample->add_option("--count", s.count, "Pictures")->check(CLI::PositiveNumber);
  sample->add_option("--repeats", s.repeats, "Langevin updates at each of the ten levels, a network call each")
      ->check(CLI::Range(1, 100000));
  sample->add_option("--epsilon", s.epsilon, "Step size of an update at the least noisy level");
  sample
      ->add_option("--rule", s.rule,
                   "authors: x + alpha s + sqrt(2 alpha) z, as their program has it; paper: x + alpha/2 s + "
                   "sqrt(alpha) z")
      ->check(CLI::IsMember({"authors", "paper"}));
  sample->add_flag("--noisy", s.noisy,
                   "Leave the last level's noise in the pictures (the step that takes it out is "
                   "NCSNv2's)");
  sample->add_option("--seed", s.seed, "Seed of the noise; picture i depends on it and on i alone");
  sample->add_option("--batch", s.batch, "Pictures at a time; changes nothing but memory and speed")
      ->check(CLI::PositiveNumber);
  sample->add_option("--columns", s.columns, "Pictures in a row of the grid, 0: as square as can be")
      ->check(CLI::NonNegativeNumber);
  sample->add_option("--scale", s.scale, "Screen pixels a pixel")->check(CLI::Range(1, 64));
  examples::add_where(*sample, s.where);

  return examples::main_of(app, "ncsn", argc, argv, [&] { return *train ? ncsn::train(t) : ncsn::sample(s); });
}
