#include "../shared/command_line.hpp"
#include "recipe.hpp"
#include "restoring.hpp"

namespace {

void add_sampling(CLI::App& command, palette::SampleArguments& how) {
  command.add_option("--sampler", how.sampler, "ddim or ddpm")->check(CLI::IsMember(palette::sampler_names));
  command.add_option("--eta", how.eta, "Fresh noise of ddim: 0 none, 1 as much as ddpm")->check(examples::at_least(0));
  command.add_option("--steps", how.steps, "Steps of the sampler, 0: 20 for weights of preset paper, else 50")
      ->check(CLI::Range(0, 1000));
  command.add_option("--samples", how.samples, "Samples a picture, of which the mean is taken")
      ->check(examples::at_least(1));
  command.add_option("--seed", how.seed, "Seed of the noise; picture i depends on it and on i alone")
      ->check(examples::seed());
  command.add_option("--batch", how.batch, "Pictures at a time; changes nothing but memory and speed")
      ->check(examples::at_least(1));
}

/// --split, --split-seed.
void add_split(CLI::App& command, std::string& split, std::uint64_t& seed, const std::string& otherwise) {
  auto* how = command
                  .add_option("--split", split,
                              "Which pictures validate: random, by their names and a seed, so that more --validate "
                              "keeps those of less; or those with the last names (default: " +
                                  otherwise + ")")
                  ->always_capture_default(false)
                  ->check(CLI::IsMember({"random", "last"}));
  command.add_option("--split-seed", seed, "Seed of --split random")->needs(how)->check(examples::seed());
}

}  // namespace

int main(int argc, char** argv) {
  using namespace palette;
  CLI::App app{
      "Palette: image-to-image diffusion. Inpainting, uncropping, colorization and removal of JPEG artifacts, "
      "on the CPU or a GPU."};
  app.require_subcommand(1);
  app.option_defaults()->always_capture_default();
  app.set_help_all_flag("--help-all", "Print the help of all subcommands and exit");

  TrainArguments t;
  auto* train = app.add_subcommand("train", "Train a network; resumes a run that was interrupted");
  train->option_defaults()->always_capture_default();
  train->add_option("--data", t.data, "Folder of JPEG and PNG pictures, read with all folders in it")->required();
  train->add_option("--task", t.task, "inpainting, uncropping, colorization or jpeg")->check(CLI::IsMember(task_names));
  train
      ->add_option(
          "--mask", t.mask,
          "Of inpainting and uncropping: centre, frame, corners, left, right, top, bottom, box, pixels, "
          "irregular, free-form, hybrid, or a PNG or JPEG file whose white is the hole (default: centre or frame)")
      ->always_capture_default(false);
  train->add_option("--run", t.run, "Folder for checkpoints, logs, pictures of each epoch");
  train
      ->add_option("--weights", t.weights,
                   "File for the averaged weights (default: weights.safetensors in the run folder)")
      ->always_capture_default(false);
  train
      ->add_option("--from", t.from,
                   "Start from the weights in this file, of a network of the same preset (default: from the seed)")
      ->always_capture_default(false);
  train
      ->add_option("--preset", t.preset,
                   "small: 32x32, for two cores; recommended: Palette's network (62.6 M parameters) at 256x256 "
                   "(colours 128x128), 2000 steps to train and 1000 to sample; paper: the same with the tutorials' "
                   "20 steps")
      ->check(CLI::IsMember({"small", "recommended", "paper"}));
  train->add_option("--size", t.side, "Side that pictures are resized to, 0: as the preset says")
      ->check(examples::at_least(0));
  train->add_option("--epochs", t.epochs, "Epochs, 0: as the preset says")->check(examples::at_least(0));
  train->add_option("--batch", t.batch, "Pictures a step, 0: as the preset says")->check(examples::at_least(0));
  examples::add_ranks(*train, t.accumulate, t.time_limit);
  train->add_option("--rate", t.rate, "Learning rate, 0: as the preset says")->check(examples::at_least(0));
  train->add_option("--limit", t.limit, "Pictures to take from the folder, from the first; 0: all")
      ->check(examples::at_least(0));
  train->add_option("--validate", t.validate, "How many of them are held out for validation")
      ->check(examples::at_least(0));
  add_split(*train, t.split, t.split_seed, "random, or as the run was begun");
  train->add_flag("--crop", t.crop, "Crop pictures of another aspect ratio to their centre (else: stretch them)");
  train->add_flag("--flip", t.flip, "Mirror training pictures left to right at random, anew in each epoch");
  train->add_flag("--skip-corrupt", t.skip_corrupt, "Skip pictures that cannot be read, and name them");
  train->add_option("--restore", t.restore, "Validation pictures to restore after each epoch, 0: none")
      ->check(examples::at_least(0));
  train->add_option("--steps", t.steps, "Steps of those restorations (ddim), 0: 20 for preset paper, else 50")
      ->check(CLI::Range(0, 1000));
  train
      ->add_option("--cache", t.cache,
                   "File that all pictures are packed into, decoded and resized (default: they are kept in memory)")
      ->always_capture_default(false);
  train->add_option("--save-every", t.save_every, "Steps between checkpoints, 0: one an epoch")
      ->check(examples::at_least(0));
  train->add_option("--minutes", t.minutes, "Stop after so many minutes, 0: when all epochs are done")
      ->check(examples::at_least(0));
  train->add_flag("--fresh", t.fresh, "Refuse to resume: an error if the run folder holds checkpoints");
  train->add_option("--seed", t.seed, "Seed of weights, order, masks, levels and noise")->check(examples::seed());
  examples::add_where(*train, t.where);

  RestoreArguments r;
  auto* restore = app.add_subcommand("restore", "Restore a picture, or all of a folder");
  restore->option_defaults()->always_capture_default();
  restore->add_option("--weights", r.weights, "Weights as `train` wrote them (safetensors)")->required();
  restore->add_option("--image", r.image, "JPEG or PNG picture, or a folder; no truth is needed")->required();
  restore->add_option("--out", r.out,
                      "PNG file; for a folder, a folder, in which a.jpg becomes a.png, or a.jpg.png where there is an "
                      "a.png too");
  restore->add_option("--mask", r.mask, "What is missing, as in train (default: what the weights were trained for)")
      ->always_capture_default(false);
  restore
      ->add_option("--size", r.side,
                   "Side that pictures are resized to first, 0: as they are. Colours are laid over the picture in "
                   "its own size, and so are holes of a mask file of that size")
      ->check(examples::at_least(0));
  restore
      ->add_option("--feather", r.feather,
                   "Width in pixels of the margin around a hole in which the result is blended into the picture")
      ->check(CLI::Range(0, 1024));
  restore->add_flag("--soft-mask", r.soft_mask,
                    "Read greys of a mask file as alpha (else: 128 of 255 and more is hole)");
  restore
      ->add_option("--path", r.path,
                   "PNG file of the run: the start, intermediate images and the (first) sample, side by side")
      ->always_capture_default(false);
  restore->add_option("--frames", r.frames, "How many images --path shows, roughly")->check(examples::at_least(1));
  restore->add_flag(
      "--stop-at-error", r.stop_at_error,
      "Stop at the first picture of a folder that cannot be restored (else: go on, exit with 1 in the end)");
  add_sampling(*restore, r.how);
  examples::add_where(*restore, r.where);

  EvaluateArguments e;
  auto* evaluate = app.add_subcommand("evaluate", "Measure restorations of pictures that training did not see");
  evaluate->option_defaults()->always_capture_default();
  evaluate->add_option("--weights", e.weights, "Weights as `train` wrote them (safetensors)")->required();
  evaluate->add_option("--data", e.data, "The folder that training had")->required();
  evaluate->add_option("--limit", e.limit, "As in train")->check(examples::at_least(0));
  evaluate->add_option("--validate", e.validate, "As in train: the number of pictures to restore")
      ->check(examples::at_least(1));
  add_split(*evaluate, e.split, e.split_seed, "as the weights say");
  evaluate->add_option("--mask", e.mask, "What is missing (default: what the weights were trained for)")
      ->always_capture_default(false);
  evaluate->add_flag("--skip-corrupt", e.skip_corrupt, "As in train");
  evaluate->add_option("--out", e.out, "Folder for the table, pictures and single files");
  add_sampling(*evaluate, e.how);
  examples::add_where(*evaluate, e.where);

  return examples::main_of(app, "palette", argc, argv, [&] {
    if (*train) return examples::on_ranks(t.time_limit, [&] { return palette::train(t); });
    examples::one_process_only();
    if (*restore) return palette::restore(r);
    return palette::evaluate(e);
  });
}
