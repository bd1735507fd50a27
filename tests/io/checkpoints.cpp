#include <doctest/doctest.h>

#include <cerrno>
#include <limits>

#include <hush/data/horizontal_flip.hpp>
#include <hush/data/image_folder.hpp>
#include <hush/data/image_set.hpp>
#include <hush/data/in_memory.hpp>
#include <hush/data/split.hpp>
#include <hush/data/with_holes.hpp>
#include <hush/data/with_labels.hpp>
#include <hush/io/checkpoints.hpp>
#include <hush/io/observers.hpp>
#include <hush/io/png.hpp>
#include <hush/io/run_identity.hpp>
#include <hush/train.hpp>

#include "../tiny.hpp"
#include "scratch.hpp"

using namespace hush;

namespace {

struct Outcome {
  std::vector<float> weights, averaged;
  std::vector<double> losses;
  bool operator==(const Outcome&) const = default;
};

const auto silent = [](std::string_view) {};

/// Three epochs of five steps; stops after `stop` steps of this part, if it is not 0.
template <class... Observers>
Outcome part(std::int64_t stop, Observers&&... observers) {
  const tiny::Squares data{20}, held_out{4};
  tiny::Net net = tiny::net();
  std::int64_t steps = 0;
  const auto trained = train(tiny::process, net, AdamW{}, data,
                             {.epochs = 3,
                              .batch = 4,
                              .seed = 6,
                              .rate = learning_rates::Cosine{.warm_up = 3},
                              .clip_gradient = 1,
                              .validation = &held_out,
                              .stop = [&] { return ++steps == stop; }},
                             observers...);
  Outcome outcome{tiny::weights(net), tiny::weights(trained.averaged), {}};
  for (const auto& e : trained.epochs) outcome.losses.insert(outcome.losses.end(), {e.loss, e.validation_loss});
  return outcome;
}

io::Checkpoints checkpoints(const Scratch& scratch, std::int64_t every = 1, std::string identity = "") {
  return io::Checkpoints({.run = scratch / "run", .every = every, .identity = std::move(identity), .say = silent});
}

}  // namespace

TEST_CASE("checkpoints: stopped after any step and resumed, a run ends with the same bits as one that never stopped") {
  const Outcome whole = part(0);
  REQUIRE(whole.losses.size() == 6);
  for (std::int64_t step = 1; step <= 15; ++step) {
    const Scratch scratch("resume");
    CAPTURE(step);
    part(step, checkpoints(scratch));
    CHECK(part(0, checkpoints(scratch)) == whole);
  }
}

TEST_CASE("checkpoints: many stops in a row change nothing, nor does saving at epochs only") {
  const Outcome whole = part(0);
  const Scratch scratch("stops");
  for (int i = 0; i < 8; ++i) part(2, checkpoints(scratch));
  CHECK(part(0, checkpoints(scratch)) == whole);
  const Scratch epochs("epochs");
  part(7, checkpoints(epochs, 0));
  CHECK(part(0, checkpoints(epochs, 0)) == whole);
}

TEST_CASE("checkpoints: the last two are kept") {
  const Scratch scratch("kept");
  part(0, checkpoints(scratch));
  CHECK(std::filesystem::exists(scratch / "run/ckpt-00000015"));
  CHECK(std::filesystem::exists(scratch / "run/ckpt-00000014"));
  CHECK_FALSE(std::filesystem::exists(scratch / "run/ckpt-00000013"));
}

namespace {

/// One epoch of five steps, or as many as the options say, of a run in `scratch`.
template <class Process = decltype(tiny::process)>
Outcome run(const Scratch& scratch, TrainOptions<tiny::Squares> options, const AdamW& optimizer = {},
            std::int64_t images = 20, const Process& process = tiny::process) {
  const tiny::Squares data{images};
  tiny::Net net = tiny::net();
  options.batch = 4, options.seed = 6;
  const auto trained = train(process, net, optimizer, data, options, checkpoints(scratch));
  Outcome outcome{tiny::weights(net), tiny::weights(trained.averaged), {}};
  for (const auto& e : trained.epochs) outcome.losses.push_back(e.loss);
  return outcome;
}

/// The rule that a FileError breaks.
template <class F>
std::string rule_broken(const F& f) {
  try {
    f();
  } catch (const FileError& error) { return error.rule; }
  return "nothing was refused";
}

}  // namespace

TEST_CASE("checkpoints: a finished run goes on for more epochs, and ends as one that had them from the start") {
  const Scratch more("more"), whole("whole");
  run(more, {.epochs = 1});
  const Outcome grown = run(more, {.epochs = 3});
  CHECK(grown.losses.size() == 3);
  CHECK(grown == run(whole, {.epochs = 3}));
  CHECK(rule_broken([&] { run(more, {.epochs = 2}); }) ==
        "the run was started with epochs = 3, it cannot go on with 2: a run may go on for more epochs, not for fewer");
}

TEST_CASE("checkpoints: a run goes on with its own options, process and data only") {
  const Scratch scratch("own");
  run(scratch, {.epochs = 2});
  CHECK(rule_broken([&] { run(scratch, {.epochs = 2, .clip_gradient = 1}); }) ==
        "the run was started with clip_gradient = 0, it cannot go on with 1");
  CHECK(rule_broken([&] { run(scratch, {.epochs = 2, .ema = {.decay = .5}}); }) ==
        "the run was started with ema.decay = 0.9999, it cannot go on with 0.5");
  CHECK(rule_broken([&] { run(scratch, {.epochs = 2}, {.rate = 2e-3}); }) ==
        "the run was started with optimizer.rate = 0.001, it cannot go on with 0.002");
  CHECK(rule_broken([&] { run(scratch, {.epochs = 2, .accumulate = 2}); }) ==
        "the run was started with accumulate = 1, it cannot go on with 2");
  CHECK(rule_broken([&] { run(scratch, {.epochs = 2, .weighting = MinSnr{}}); }) ==
        "the run was started with weighting = none, it cannot go on with MinSnr{.gamma = 5}");
  CHECK(rule_broken([&] { run(scratch, {.epochs = 2, .weighting = [](Level, const Scalings&) { return 2.; }}); }) ==
        "the run was started with weighting = none, it cannot go on with unnamed");
  CHECK(rule_broken([&] { run(scratch, {.epochs = 2, .rate = learning_rates::Cosine{.warm_up = 5}}); }) ==
        "the run was started with rate = learning_rates::Constant{.warm_up = 0}, it cannot go on with "
        "learning_rates::Cosine{.warm_up = 5, .cycles = 0.5}");
  CHECK(rule_broken([&] {
          run(scratch, {.epochs = 2, .level_distribution = [](const AnySchedule&, Uniform&) { return 3.; }});
        }).starts_with("the run was started with level_distribution = DiscreteUniform"));
  const Process other{tiny::process.schedule, PredictX0{}, tiny::process.conditioning};
  CHECK(rule_broken([&] { run(scratch, {.epochs = 2}, {}, 20, other); }) ==
        "the run was started with process.parameterization = PredictNoise<Time>{}, it cannot go on with "
        "PredictX0<Time>{}");
  const Process later{LinearBeta{.first = 1e-3, .last = 0.3, .steps = 20}, PredictNoise{}};
  CHECK(rule_broken([&] { run(scratch, {.epochs = 2}, {}, 20, later); }) ==
        "the run was started with process.schedule.last = 0.2, it cannot go on with 0.3");
  CHECK(rule_broken([&] { run(scratch, {.epochs = 2}, {}, 21); }).starts_with("the run was started with data = "));
  CHECK(rule_broken([&] { run(scratch, {.epochs = 2}); }) == "nothing was refused");
}

TEST_CASE("checkpoints: lambdas, which list no fields, are told apart by their values at the levels that are drawn") {
  const Scratch scratch("lambdas");
  const auto go = [&](double weight, double factor) {
    run(scratch, {.epochs = 2,
                  .rate = [factor](std::int64_t, std::int64_t) { return factor; },
                  .weighting = [weight](Level, const Scalings&) { return weight; }});
  };
  go(1, 1);
  CHECK(rule_broken([&] { go(2, 1); }) ==
        "the run was started with weights at these times = [1.0,1.0,1.0], it cannot go on with [2.0,2.0,2.0]");
  CHECK(rule_broken([&] { go(1, .5); }).starts_with("the run was started with factors of the rate in steps 1 to 3 = "));
  CHECK(rule_broken([&] { go(1, 1); }) == "nothing was refused");
}

TEST_CASE("checkpoints: the seed of a data set's own transform belongs to a run, that of one below another too") {
  const Scratch scratch("transform");
  const Process process{tiny::process.schedule, PredictNoise{}, Mask{.channels = 1}};
  const auto go = [&](std::uint64_t flips, double share, std::uint64_t holes) {
    const tiny::Squares squares{20};
    const data::HorizontalFlip flipped(squares, flips);
    const data::WithHoles data(flipped, data::masks::Centre{share}, holes);
    tiny::Net net({.image = {8, 8, 1}, .widths = {4}, .bottleneck = 4, .heads = 1, .head_width = 2, .embedding = 4},
                  process.ports(), Seed{9});
    train(process, net, AdamW{}, data, {.batch = 4}, checkpoints(scratch));
  };
  go(1, .5, 2);
  CHECK(rule_broken([&] { go(3, .5, 2); }) ==
        "the run was started with data.data::HorizontalFlip.seed = 1, it cannot go on with 3");
  CHECK(rule_broken([&] { go(1, .5, 3); }) ==
        "the run was started with data.data::WithHoles.seed = 2, it cannot go on with 3");
  CHECK(rule_broken([&] { go(1, .25, 2); }) ==
        "the run was started with data.data::WithHoles.rule.share = 0.5, it cannot go on with 0.25");
  CHECK(rule_broken([&] { go(1, .5, 2); }) == "nothing was refused");
}

TEST_CASE("checkpoints: what comes with the images belongs to the data of a run") {
  const tiny::Squares squares;
  const auto of = [&](const data::MaskRule& rule) {
    return io::detail::identity_of_data(data::WithHoles(squares, rule));
  };
  const auto centre = of(data::masks::Centre{}), half = of(data::masks::Half{});
  CHECK(centre.images == half.images);
  CHECK(centre.images == io::detail::identity_of_data(squares).images);
  CHECK(centre.given != half.given);
  CHECK(centre.given == of(data::masks::Centre{}).given);
  CHECK(io::detail::identity_of_data(squares).given.is_null());
  CHECK(io::detail::identity_of_data(tiny::Squares{0}).images == io::Json{{"items", 0}});
}

TEST_CASE("checkpoints: labels of images belong to the data of a run, alone and with other conditions") {
  const tiny::Squares squares{.count = 3};
  const auto of = [&](std::vector<std::vector<std::int32_t>> labels) {
    return io::detail::identity_of_data(data::WithLabels(squares, std::move(labels)));
  };
  const auto mine = of({{1}, {2}, {0}});
  CHECK(mine.images == io::detail::identity_of_data(squares).images);
  CHECK(mine.given == of({{1}, {2}, {0}}).given);
  CHECK(mine.given != of({{1}, {3}, {0}}).given);
  CHECK(of({{1, 2}, {3}, {0}}).given != of({{1}, {2, 3}, {0}}).given);

  const auto sum = [](const LabelSets& labels, float pixel) {
    io::Crc32 crc;
    io::detail::add_given(crc, Both<ConcatImage, MultiHot>::Given{Images<float>(1, 1, 1, 1, {pixel}), labels});
    return crc.value;
  };
  CHECK(sum({{{1}}}, 0) == sum({{{1}}}, 0));
  CHECK(sum({{{1}}}, 0) != sum({{{2}}}, 0));
  CHECK(sum({{{1}}}, 0) != sum({{{1}}}, 1));
}

TEST_CASE("checkpoints: any file of a folder that is replaced is noticed, and any label, wherever it stands") {
  const Scratch scratch("fingerprint");
  const auto picture = [&](int number, std::int64_t width) {
    Images<std::uint8_t> image(1, 8, width, 1);
    for (std::size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = std::uint8_t(i * 37 + std::size_t(number));
    io::write_png(scratch / to_text("in/", number, ".png"), image);
  };
  for (int i = 0; i < 8; ++i) picture(i, 8);
  const auto go = [&] {
    const auto set = data::image_folder(scratch / "in", {.size = {8, 8}, .channels = 1});
    const data::HorizontalFlip data(set, 1);
    tiny::Net net = tiny::net();
    train(tiny::process, net, AdamW{}, data, {.batch = 4}, checkpoints(scratch));
  };
  go();
  CHECK(rule_broken(go) == "nothing was refused");
  picture(2, 9);  // neither the first nor the middle nor the last
  CHECK(rule_broken(go).starts_with("the run was started with files and labels of the data = [\"8 files "));
  picture(2, 8);
  CHECK(rule_broken(go) == "nothing was refused");
  const Scratch held_out("fingerprint-held");
  const auto checked = [&] {
    const auto [set, held] = data::split(data::image_folder(scratch / "in", {.size = {8, 8}, .channels = 1}),
                                         {.count = 4, .held = data::Held::last});
    tiny::Net net = tiny::net();
    train(tiny::process, net, AdamW{}, set, {.batch = 4, .validation = &held}, checkpoints(held_out));
  };
  checked();
  CHECK(rule_broken(checked) == "nothing was refused");
  picture(5, 9);  // the second of those that validate
  CHECK(rule_broken(checked).starts_with(
      "the run was started with files and labels of the validation data = [\"4 files "));
  picture(5, 8);

  const auto said = [&](const std::vector<std::vector<std::int32_t>>& labels) {
    const auto set = data::image_folder(scratch / "in", {.size = {8, 8}});
    const data::HorizontalFlip flipped(set);
    io::Json all = io::Json::array();
    io::detail::add_fingerprints(data::WithLabels(flipped, labels), all);
    CHECK(all.size() == 2);  // the labels, and the files below
    return all;
  };
  std::vector<std::vector<std::int32_t>> labels(8, {0});
  const io::Json before = said(labels);
  CHECK(said(labels) == before);
  labels[5] = {1};
  CHECK(said(labels) != before);
  labels[5] = {0, 2};
  CHECK(said(labels) != before);

  data::ImageSet pictures{data::to_floats(Images<std::uint8_t>(9, 2, 2, 1)), std::vector<std::uint8_t>(9)};
  const std::string whole = pictures.fingerprint();
  CHECK(data::fingerprint_of(data::HorizontalFlip(pictures)) == whole);
  pictures.images[6][1] = 0;
  CHECK(pictures.fingerprint() != whole);
  pictures.images[6][1] = -1;
  CHECK(pictures.fingerprint() == whole);
  pictures.labels[2] = 1;
  CHECK(pictures.fingerprint() != whole);
  Images<std::uint8_t> bytes(9, 2, 2, 1);
  const std::string of_bytes = data::InMemory(bytes).fingerprint();
  bytes[7][3] = 1;
  CHECK(data::InMemory(bytes).fingerprint() != of_bytes);
  const auto folder = data::image_folder(scratch / "in", {.size = {8, 8}});
  const data::HorizontalFlip flipped(folder);
  const std::string both = data::fingerprint_of(data::WithLabels(flipped, labels));
  CHECK((both.starts_with("labels ") && both.ends_with(", " + folder.fingerprint())));
  CHECK(data::fingerprint_of(tiny::Squares{}) == "");
}

TEST_CASE("checkpoints: a run of a version that knew no items of its set goes on") {
  const io::Json mine{{"files and labels of the data", {"8 files 1"}}},
      none{{"files and labels of the data", io::Json::array()}};
  const io::Json other{{"files and labels of the data", {"8 files 2"}}};
  const auto goes_on = [&](io::Json theirs) {
    io::Json here = mine;
    for (const char* name : {"batch", "epochs", "seed", "images", "run"}) here[name] = theirs[name] = 1;
    return rule_broken([&] { io::check_identity(here, theirs, "x", {}); });
  };
  CHECK(goes_on(none) == "nothing was refused");
  CHECK(goes_on(mine) == "nothing was refused");
  CHECK(goes_on(other).starts_with("the run was started with files and labels of the data = [\"8 files 2\"]"));
}

TEST_CASE("checkpoints: what could not be saved is refused before the first step") {
  const Scratch scratch("unwritable");
  put(scratch / "run", "a file");
  CHECK(rule_broken([&] { run(scratch, {}); }).ends_with("(the run's folder)"));
  CHECK_THROWS_WITH_AS(io::Checkpoints({}), "[Checkpoints] run, the folder of the checkpoints, is not given",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(io::Checkpoints({.run = "x", .keeping = {.last = 1}}),
                       "[Checkpoints] keeping.last must be at least 2, is 1", std::invalid_argument);
  CHECK_THROWS_WITH_AS(io::Checkpoints({.run = "x", .every = -1}), "[Checkpoints] every must not be negative, is -1",
                       std::invalid_argument);
}

TEST_CASE("checkpoints: a state that somebody else wrote is refused in words, with its file") {
  const Scratch scratch("foreign");
  run(scratch, {});
  auto checkpoint = *io::find_checkpoint(scratch / "run").checkpoint;
  const auto with = [&](const char* name, const io::Json& value) {
    auto other = checkpoint;
    other.state[name] = value;
    std::filesystem::remove_all(scratch / "run");
    std::filesystem::create_directories(scratch / "run");
    io::save_checkpoint(scratch / "run", other);
    return rule_broken([&] { run(scratch, {}); });
  };
  const std::string refused = "holds no reports of a training's epochs: hush did not write it so";
  CHECK(with("epoch_loss", "none") == refused);
  CHECK(with("epochs", {{{"epoch", 0}}}) == refused);
  CHECK(with("epochs", {{{"epoch", "first"}, {"step", 5}, {"loss", 1}}}) == refused);
  CHECK(with("epochs", 3) == refused);
  CHECK(with("epochs", checkpoint.state["epochs"]) == "nothing was refused");
}

TEST_CASE("checkpoints: where a run's own words differ, they are what is named") {
  const io::Json was{{"batch", 4}, {"data", "a"}, {"epochs", 3}, {"images", 20}, {"run", "crop"}, {"seed", 6}};
  io::Json now = was;
  now["data"] = "b", now["run"] = "flip";
  CHECK(rule_broken([&] { io::check_identity(now, was, "state.json", {}); }) ==
        "the run was started with run = \"crop\", it cannot go on with \"flip\"");
}

TEST_CASE("checkpoints: those of earlier versions, which knew five entries, are gone on from; another value is not") {
  const io::Json now{{"batch", 4}, {"epochs", 3}, {"seed", 6}, {"images", 20}, {"run", "small"}, {"accumulate", 1}};
  const io::Json before{{"batch", 4}, {"epochs", 3}, {"seed", 6}, {"images", 20}, {"run", "small"}};
  io::check_identity(now, before, "state.json", {});
  io::Json other = before;
  other["seed"] = 7;
  CHECK(rule_broken([&] { io::check_identity(now, other, "state.json", {}); }) ==
        "the run was started with seed = 7, it cannot go on with 6");
  other.erase("seed");
  CHECK(rule_broken([&] { io::check_identity(now, other, "state.json", {}); }) ==
        "the run was started with seed = nothing, it cannot go on with 6");
}

TEST_CASE("checkpoints: a run is not continued as another one, nor where it was told not to") {
  const Scratch scratch("identity");
  part(2, checkpoints(scratch, 1, "small"));
  try {
    part(0, checkpoints(scratch, 1, "large"));
    FAIL("resumed another run");
  } catch (const FileError& error) {
    CHECK(error.rule == "the run was started with run = \"small\", it cannot go on with \"large\"");
  }
  CHECK_THROWS_AS(part(0, io::Checkpoints({.run = scratch / "run", .resume = false, .say = silent})),
                  std::invalid_argument);
}

TEST_CASE("checkpoints: a loss that is not finite leaves the good checkpoint as it was") {
  const Scratch scratch("nan");
  const tiny::Squares data{20};
  tiny::Net net = tiny::net();
  bool late = false;  // no step but the fourth meets the weight that is too large
  std::int64_t steps = 0;
  const TrainOptions<tiny::Squares> options{.batch = 4,
                                            .seed = 6,
                                            .weighting = [&](Level, const Scalings&) { return late ? 1e300 : 1.; },
                                            .stop =
                                                [&] {
                                                  late = ++steps == 3;
                                                  return false;
                                                }};
  CHECK_THROWS_AS(train(tiny::process, net, AdamW{}, data, options, checkpoints(scratch)), NonFinite);
  const auto found = io::find_checkpoint(scratch / "run");
  REQUIRE(found.checkpoint);
  CHECK(found.checkpoint->step == 3);
  CHECK(found.checkpoint->files == io::load_checkpoint(scratch / "run/ckpt-00000003").files);
}

TEST_CASE(
    "checkpoints: a full disk is reported and tried again; the third time in a row ends the run, the old one loads") {
  const Scratch scratch("full");
  part(2, checkpoints(scratch));
  int said = 0;
  io::Disk full;
  full.before = [](const auto&...) { return io::Verdict{.error = ENOSPC}; };
  const auto run = [&] {
    part(0,
         io::Checkpoints({.run = scratch / "run", .every = 1, .keeping = {.disk = full}, .say = [&](std::string_view) {
                            ++said;
                          }}));
  };
  CHECK_THROWS_AS(run(), FileError);
  CHECK(said == 3);  // resumed, and two saves that failed
  const auto found = io::find_checkpoint(scratch / "run");
  REQUIRE(found.checkpoint);
  CHECK(found.checkpoint->step == 2);
}

TEST_CASE("observers: logs of a run that was stopped and resumed have each step once") {
  const Scratch scratch("logs"), straight("straight");
  part(0, checkpoints(straight, 2), io::LossLog(straight / "log"));
  part(7, checkpoints(scratch, 2), io::LossLog(scratch / "log"));
  std::filesystem::remove_all(scratch / "run/ckpt-00000007");  // as if it was killed before the last save
  part(0, checkpoints(scratch, 2), io::LossLog(scratch / "log"));
  for (const char* file : {"log/steps.csv", "log/epochs.csv", "log/steps.jsonl"})
    CHECK(get(scratch / file) == get(straight / file));
  CHECK(get(scratch / "log/epochs.csv").starts_with("step,epoch,loss,validation_loss\n5,1,"));
}

TEST_CASE("observers: the bar counts the steps of all parts") {
  std::ostringstream shown;
  part(0, io::TrainingBar({.what = "train", .out = &shown, .terminal = false, .quiet = 0}));
  CHECK(shown.str().find("15/15") != std::string::npos);
  CHECK(shown.str().find("epoch 3/3, loss ") != std::string::npos);
}

TEST_CASE("checkpoints: the words that a run was started with can be asked for before it goes on") {
  const Scratch scratch("run-words");
  CHECK(!io::words_of_run(scratch / "run"));
  part(3, checkpoints(scratch, 1, "small 32x32"));
  CHECK(io::words_of_run(scratch / "run") == "small 32x32");
  put(scratch / "run/ckpt-00000003/state.json", "damaged");
  CHECK(io::words_of_run(scratch / "run") == "small 32x32");
  put(scratch / "run/ckpt-00000002/state.json", "damaged");
  CHECK(!io::words_of_run(scratch / "run"));
}
