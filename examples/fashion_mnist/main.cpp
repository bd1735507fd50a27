#include "../command_line.hpp"
#include "../samplers.hpp"
#include "recipe.hpp"

int main(int argc, char** argv) {
  using namespace fashion;
  CLI::App app{
      "Trains a diffusion model on Fashion-MNIST (32x32 grey pictures of garments) and samples from it, on the CPU or "
      "a GPU."};
  app.require_subcommand(1);
  app.option_defaults()->always_capture_default();
  app.set_help_all_flag("--help-all", "Print the help of all subcommands and exit");

  TrainArguments t;
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
                   "small: 1.8 M parameters, about an hour on two cores; paper: the document's 23.6 M parameters, 50 "
                   "epochs of batch 256")
      ->check(CLI::IsMember({"small", "paper"}));
  train->add_flag("--literal", t.literal,
                  "Restore the document's slips: pixels in [0, 1], t drawn from 0..499, one order for all epochs");
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

  SampleArguments s;
  auto* sample = app.add_subcommand("sample", "Make pictures with trained weights");
  sample->option_defaults()->always_capture_default();
  sample->add_option("--weights", s.weights, "Weights as `train` wrote them (safetensors)")->required();
  sample->add_option("--out", s.out, "PNG grid of the pictures");
  sample->add_option("--gif", s.gif, "Animated GIF of the first 16 pictures coming out of the noise (default: none)")
      ->always_capture_default(false);
  sample->add_option("--count", s.count, "Pictures")->check(CLI::PositiveNumber);
  sample->add_option("--steps", s.steps, "Steps of the sampler, 1..500; most call the network once a step")
      ->check(CLI::Range(1, 500));
  sample
      ->add_option("--sampler", s.sampler,
                   "One of those listed below; weights of a literal run take the document's own rule")
      ->check(CLI::IsMember(samplers::names()))
      ->option_text("NAME=" + s.sampler);
  sample->add_option("--eta", s.eta, "Fresh noise of a sampler that has an eta: 0 none, 1 that of ddpm")
      ->check(CLI::NonNegativeNumber);
  sample->footer("Samplers:\n" + samplers::help());
  sample->add_option("--seed", s.seed, "Seed of the noise; picture i depends on it and on i alone");
  sample->add_option("--batch", s.batch, "Pictures at a time; changes nothing but memory and speed")
      ->check(CLI::PositiveNumber);
  sample->add_option("--columns", s.columns, "Pictures in a row of the grid, 0: as square as can be")
      ->check(CLI::NonNegativeNumber);
  sample->add_option("--scale", s.scale, "Screen pixels a pixel")->check(CLI::Range(1, 64));
  sample->add_option("--frames", s.frames, "Frames of the GIF at most, roughly")->check(CLI::PositiveNumber);
  examples::add_where(*sample, s.where);

  StripArguments n;
  auto* strip = app.add_subcommand("strip", "Show one training picture under growing noise, t = 0, 50, ..., 500");
  strip->option_defaults()->always_capture_default();
  strip->add_option("--data", n.data, "Folder with the four official files (IDX or IDX.gz)")->required();
  strip->add_option("--out", n.out, "PNG file");
  strip->add_option("--image", n.image, "Which picture, from 0")->check(CLI::NonNegativeNumber);
  strip->add_option("--scale", n.scale, "Screen pixels a pixel")->check(CLI::Range(1, 64));
  strip->add_option("--seed", n.seed, "Seed of the noise");

  return examples::main_of(app, "fashion_mnist", argc, argv, [&] {
    if (*train) return fashion::train(t);
    if (*sample) return fashion::sample(s);
    return fashion::strip(n);
  });
}
