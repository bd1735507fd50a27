#include "../shared/samplers.hpp"
#include "../shared/train_options.hpp"
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
  t.run = "out/run", t.sample_every = 1;
  auto* train = app.add_subcommand("train", "Train a network; resumes a run that was interrupted");
  train->option_defaults()->always_capture_default();
  examples::add_training(*train, t, {"small", "paper", "dit"},
                         "small: 1.8 M parameters, about an hour on two cores; paper: the tutorial's 23.6 M "
                         "parameters, 50 epochs of batch 256; dit: a transformer of 1.9 M parameters, trained by flow "
                         "matching");
  train->add_flag("--literal", t.literal,
                  "Restore the tutorial's slips: pixels in [0, 1], t drawn from 0..499, one order for all epochs");

  SampleArguments s;
  auto* sample = app.add_subcommand("sample", "Make pictures with trained weights");
  sample->option_defaults()->always_capture_default();
  sample->add_option("--weights", s.weights, "Weights as `train` wrote them (safetensors)")->required();
  sample->add_option("--out", s.out, "PNG grid of the pictures");
  sample->add_option("--gif", s.gif, "Animated GIF of the first 16 pictures, from noise to image (default: none)")
      ->always_capture_default(false);
  sample->add_option("--count", s.count, "Pictures")->check(examples::at_least(1));
  sample
      ->add_option("--steps", s.steps,
                   "Steps of the sampler, 1..500, evenly from the noisiest; most call the network once a step")
      ->check(CLI::Range(1, 500));
  sample
      ->add_option("--sampler", s.sampler,
                   "One of those listed below; weights of a literal run take the tutorial's own rule")
      ->check(CLI::IsMember(samplers::names(samplers::all)))
      ->option_text("NAME=" + s.sampler);
  sample->add_option("--eta", s.eta, "Fresh noise of a sampler that has an eta: 0 none, 1 that of ddpm")
      ->check(examples::at_least(0));
  sample->footer("Samplers:\n" + samplers::help(samplers::all));
  sample->add_option("--seed", s.seed, "Seed of the noise; picture i depends on it and on i alone")
      ->check(examples::seed());
  sample->add_option("--batch", s.batch, "Pictures at a time; changes nothing but memory and speed")
      ->check(examples::at_least(1));
  sample->add_option("--columns", s.columns, "Pictures in a row of the grid, 0: as square as can be")
      ->check(examples::at_least(0));
  sample->add_option("--scale", s.scale, "Screen pixels a pixel")->check(CLI::Range(1, 64));
  sample->add_option("--frames", s.frames, "Frames of the GIF at most, roughly")->check(examples::at_least(1));
  examples::add_where(*sample, s.where);

  StripArguments n;
  auto* strip = app.add_subcommand("strip", "Show one training picture under growing noise, t = 0, 50, ..., 500");
  strip->option_defaults()->always_capture_default();
  strip->add_option("--data", n.data, "Folder with the four official files (IDX or IDX.gz)")->required();
  strip->add_option("--out", n.out, "PNG file");
  strip->add_option("--image", n.image, "Which picture, from 0")->check(examples::at_least(0));
  strip->add_option("--scale", n.scale, "Screen pixels a pixel")->check(CLI::Range(1, 64));
  strip->add_option("--seed", n.seed, "Seed of the noise")->check(examples::seed());

  ExportArguments p;
  auto* write = app.add_subcommand("export", "Write the pictures as PNG files, for programs that read folders");
  write->option_defaults()->always_capture_default();
  write->add_option("--data", p.data, "Folder with the four official files (IDX or IDX.gz)")->required();
  write->add_option("--out", p.out, "Folder to write, made if it is missing")->required();
  write->add_option("--split", p.split, "train or test")->check(CLI::IsMember({"train", "test"}));
  write->add_option("--count", p.count, "How many, from the first; 0: all")->check(examples::at_least(0));

  return examples::main_of(app, "fashion_mnist", argc, argv, [&] {
    if (*train) return examples::on_ranks(t.time_limit, [&] { return fashion::train(t); });
    examples::one_process_only();
    if (*sample) return fashion::sample(s);
    if (*strip) return fashion::strip(n);
    return fashion::export_pictures(p);
  });
}
