#include "../shared/run_options.hpp"
#include "../shared/samplers.hpp"
#include "recipe.hpp"

namespace {

using namespace iclevr;

/// A command, whose help shows the usual values.
CLI::App& add(CLI::App& app, const char* name, const char* what) {
  auto* command = app.add_subcommand(name, what);
  command->option_defaults()->always_capture_default();
  return *command;
}
void add_side(CLI::App& command, std::int64_t& side) {
  command.add_option("--size", side, "Height and width of the pictures, 32 or 64")->check(CLI::IsMember({32, 64}));
}

void add_train(CLI::App& train, TrainArguments& t) {
  t.run = "out/iclevr";
  t.sample_every = -1;
  train
      .add_option("--pictures", t.pictures,
                  "Folder of pictures, squeezed to the preset's size (default: scenes are drawn, others in each epoch)")
      ->always_capture_default(false);
  train
      .add_option("--labels", t.labels,
                  "Their labels: JSON, {\"a.png\": [\"red cube\"], ...}, plain or gzip (data/iclevr/train.json.gz); "
                  "nine tenths train, the last tenth validates")
      ->always_capture_default(false);
  train.add_flag("--no-flip", t.no_flip, "Do not mirror training pictures of a folder at random");
  train.add_option("--scenes", t.scenes, "Scenes drawn an epoch, 0: as the preset says")->check(examples::at_least(0));
  train
      .add_option("--validate", t.validate,
                  "Scenes to validate on after each epoch, 0: none; of a folder's last tenth, 0: all")
      ->check(examples::at_least(0));
  train
      .add_option("--label-mode", t.label_mode,
                  "How labels reach the network: added to the embedding of the noise level, as channels fused into the "
                  "first convolution or made, or as tokens (default: as the preset says)")
      ->always_capture_default(false)
      ->check(CLI::IsMember(label_modes));
  train
      .add_option(
          "--label-dropout", t.label_dropout,
          "Probability that a picture's labels are left out, which guidance needs (default: as the preset says)")
      ->default_str("")
      ->check(examples::number("of 0 to below 1", "0 <= p < 1", [](double p) { return p >= 0 && p < 1; }));
  examples::add_run(train, t, presets,
                    "small: 32x32, for two cores; medium: 64x64, for a GPU, both with averaged weights and 10 % label "
                    "dropout; paper: 64x64, the sizes of a student's UNet2DModel, neither");
  train.get_option("--sample-every")
      ->description(
          "Epochs between epoch-N.png, pictures of validation labels above the truth; 0: none, -1: as the "
          "preset says");
}

void add_how(CLI::App& command, SamplingArguments& how) {
  command.add_option("--sampler", how.sampler, "One of those listed below")
      ->check(CLI::IsMember(samplers::names(samplers::all)))
      ->option_text("NAME=" + how.sampler);
  command.add_option("--eta", how.eta, "Fresh noise of a sampler that has an eta: 0 none, 1 that of ddpm")
      ->check(examples::at_least(0));
  command.add_option("--steps", how.steps, "Steps of the sampler, 1..2000")->check(CLI::Range(1, 2000));
  command
      .add_option(
          "--guidance", how.guidance,
          "Scale of classifier-free guidance: 1 none, 2 to 4 hold pictures to their labels and cost two calls a "
          "step")
      ->check(examples::at_least(0));
  command
      .add_option("--guidance-interval", how.interval,
                  "LOW,HIGH: noise levels with guidance, LOW < sigma <= HIGH, sigma = noise / signal; at others a step "
                  "costs one call (default: at all)")
      ->default_str("")
      ->delimiter(',')
      ->expected(2);
  command.add_option("--seed", how.seed, "Seed of the noise; picture i depends on it, on i and on its labels alone")
      ->check(examples::seed());
  command.add_option("--batch", how.batch, "Pictures at a time; changes nothing but memory and speed")
      ->check(examples::at_least(1));
  examples::add_where(command, how.where);
  command.footer("Samplers:\n" + samplers::help(samplers::all));
}

void add_sample(CLI::App& sample, SampleArguments& s) {
  sample.add_option("--weights", s.how.weights, "Weights as `train` wrote them (safetensors)")->required();
  auto* labels = sample.add_option("--labels", s.labels, "What the pictures show: \"red cube, blue sphere\"")
                     ->always_capture_default(false);
  auto* file = sample
                   .add_option("--labels-file", s.labels_file,
                               "JSON file, a list of label lists (data/iclevr/test.json), in place of --labels")
                   ->always_capture_default(false);
  file->excludes(labels);
  sample.add_option("--count", s.count, "Pictures of each label set, 0: 8 of --labels, 1 of --labels-file")
      ->check(examples::at_least(0));
  sample.add_option("--out", s.out, "PNG grid of the pictures");
  sample.add_option("--columns", s.columns, "Pictures in a row of the grid, 0: as square as can be")
      ->check(examples::at_least(0));
  sample.add_option("--scale", s.scale, "Screen pixels a pixel of the grid")->check(CLI::Range(1, 64));
  sample.add_option("--folder", s.folder, "Folder for single files, 00.png, 01.png, ... (default: none)")
      ->always_capture_default(false);
  sample.add_flag("--min-max", s.min_max,
                  "Stretch each picture to 0..255, as save_image(normalize=True) of torchvision does: it changes "
                  "colours (else: (x + 1) / 2)");
  sample
      .add_option("--strip", s.strip,
                  "Times, such as 900,500,200,0: the noisy images at them, a row for each of the first 8 pictures "
                  "(default: none)")
      ->default_str("")
      ->delimiter(',');
  sample.add_option("--strip-out", s.strip_out, "PNG file for --strip");
  add_how(sample, s.how);
}

void add_inpaint(CLI::App& inpaint, InpaintArguments& i) {
  inpaint.add_option("--weights", i.weights, "Weights as `train` wrote them (safetensors)")->required();
  inpaint.add_option("--picture", i.picture, "PNG or JPEG file, squeezed to the network's size")->required();
  inpaint
      .add_option("--hole", i.hole, "LEFT,TOP,WIDTH,HEIGHT of what is drawn anew, in pixels of the network's pictures")
      ->required()
      ->delimiter(',')
      ->expected(4);
  inpaint.add_option("--labels", i.labels, "All that the whole picture shows: \"red cube, blue sphere\"")->required();
  inpaint.add_option("--out", i.out, "PNG grid: the picture with a grey hole, then what is drawn in it");
  inpaint.add_option("--count", i.count, "How many times the hole is drawn")->check(examples::at_least(1));
  inpaint.add_option("--scale", i.scale, "Screen pixels a pixel of the grid")->check(CLI::Range(1, 64));
  inpaint.add_option("--steps", i.steps, "Steps of DDPM, 1..2000")->check(CLI::Range(1, 2000));
  inpaint
      .add_option("--resamples", i.resamples,
                  "How often RePaint draws each ten steps, until the hole fits its surroundings")
      ->check(examples::at_least(1));
  inpaint.add_option("--guidance", i.guidance, "Scale of classifier-free guidance, 1: none")
      ->check(examples::at_least(0));
  inpaint.add_option("--seed", i.seed, "Seed of the noise")->check(examples::seed());
  inpaint.add_option("--batch", i.batch, "Pictures at a time; changes nothing but memory and speed")
      ->check(examples::at_least(1));
  inpaint.add_option("--threads", i.threads, "Threads, 0: all cores; the result does not depend on it")
      ->check(examples::at_least(0));
}

void add_evaluate(CLI::App& evaluate, EvaluateArguments& e) {
  auto* weights =
      evaluate
          .add_option("--weights", e.how.weights,
                      "Weights as `train` wrote them: pictures are generated of all lists, with several seeds")
          ->always_capture_default(false);
  evaluate
      .add_option("--pictures", e.pictures, "In place of --weights: a folder of pictures, in the order of the labels")
      ->always_capture_default(false)
      ->excludes(weights);
  evaluate
      .add_option("--labels", e.labels,
                  "JSON file, a list of label lists; several with --weights (default with --weights: test.json and "
                  "new_test.json of data/iclevr)")
      ->default_str("");
  evaluate.add_option("--evaluator", e.evaluator, "Weights as `train-evaluator` wrote them (safetensors)")->required();
  evaluate.add_option("--seeds", e.seeds, "With --weights: how many seeds, from --seed on")
      ->check(examples::at_least(1));
  evaluate
      .add_option("--missed", e.missed,
                  "PNG file of the pictures with labels that were not found, each named with what was (with --weights: "
                  "of the first list and seed; default: none)")
      ->always_capture_default(false);
  add_how(evaluate, e.how);
}

void add_evaluator(CLI::App& train, EvaluatorArguments& v) {
  add_side(train, v.side);
  train.add_option("--weights", v.weights, "File for the averaged weights")->required();
  train.add_option("--run", v.run, "Folder for checkpoints, from which the same command goes on (default: none)")
      ->always_capture_default(false);
  train.add_option("--scenes", v.scenes, "Scenes drawn an epoch, others in each")->check(examples::at_least(1));
  train.add_option("--held-out", v.held_out, "Scenes that are held out")->check(examples::at_least(1));
  train.add_option("--epochs", v.epochs, "Epochs")->check(examples::at_least(1));
  train.add_option("--batch", v.batch, "Scenes a step")->check(examples::at_least(1));
  train.add_option("--rate", v.rate, "Learning rate")->check(examples::above(0));
  train.add_option("--seed", v.seed, "Seed of weights, scenes and order")->check(examples::seed());
  train.add_option("--threads", v.threads, "Threads, 0: all cores; the result does not depend on it")
      ->check(examples::at_least(0));
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "Scenes of 24 kinds of objects after iCLEVR: trains a diffusion model of scenes told by their labels, samples "
      "from it, and scores pictures by a classifier. Scenes are drawn; nothing is downloaded."};
  app.require_subcommand(1);
  app.option_defaults()->always_capture_default();
  app.set_help_all_flag("--help-all", "Print the help of all subcommands and exit");

  TrainArguments t;
  auto& train = add(app, "train", "Train a network; resumes a run that was interrupted");
  add_train(train, t);
  SampleArguments s;
  auto& sample = add(app, "sample", "Make pictures of labels with trained weights");
  add_sample(sample, s);
  InpaintArguments i;
  auto& inpaint = add(app, "inpaint", "Draw a part of a picture anew, of labels, with the network of `sample`");
  add_inpaint(inpaint, i);
  EvaluateArguments e;
  auto& evaluate = add(app, "evaluate", "Say how many of their labels an evaluator finds in pictures");
  add_evaluate(evaluate, e);
  EvaluatorArguments v;
  auto& evaluator = add(app, "train-evaluator", "Train the evaluator, a classifier, on drawn scenes");
  add_evaluator(evaluator, v);
  DrawArguments d;
  auto& draw = add(app, "draw", "Draw a scene for each label set of a list: what a perfect generator would make");
  draw.add_option("--labels", d.labels, "JSON file, a list of label lists (data/iclevr/test.json)")->required();
  draw.add_option("--out", d.out, "Folder for the pictures")->required();
  draw.add_option("--seed", d.seed, "Seed of places and sizes")->check(examples::seed());
  add_side(draw, d.side);

  return examples::main_of(app, "iclevr", argc, argv, [&] {
    if (train) return examples::on_ranks(t.time_limit, [&] { return iclevr::train(t); });
    examples::one_process_only();
    if (sample) return iclevr::sample(s);
    if (inpaint) return iclevr::inpaint(i);
    if (evaluate) return iclevr::evaluate(e);
    return evaluator ? iclevr::train_evaluator(v) : iclevr::draw(d);
  });
}
