#include <doctest/doctest.h>

#include <string>

#include <hush/io/checkpoints.hpp>
#include <hush/io/models.hpp>
#include <hush/schedules/one_based.hpp>
#include <hush/train.hpp>

#include "../thrown.hpp"
#include "../tiny.hpp"
#include "scratch.hpp"

using namespace hush;

namespace {

using Config = AttentionUnetConfig;

tiny::Net other_net(Config config = tiny::net().config()) { return tiny::Net(config, {}, Seed{1}); }

/// Why weights of the tiny process and network are not loaded under another process or into another network.
template <class Proc>
std::string refused(const Proc& process, tiny::Net net, const io::LoadModel& how = {}) {
  const Scratch scratch("models");
  io::save_model(scratch / "w.safetensors", tiny::process, tiny::net());
  const auto before = tiny::weights(net);
  try {
    io::load_model(scratch / "w.safetensors", process, net, how);
  } catch (const FileError& error) {
    CHECK(tiny::weights(net) == before);
    return error.rule;
  }
  CHECK(tiny::weights(net) == tiny::weights(tiny::net()));
  return "";
}

/// What comes of an entry in a file's metadata.
std::string read_entry(const std::string& entry) {
  const Scratch scratch("models");
  io::save_weights(scratch / "w.safetensors", tiny::net(), {.metadata = {{"hush", entry}}});
  tiny::Net net = other_net();
  CHECK_NOTHROW(io::load_weights(scratch / "w.safetensors", net));
  CHECK_THROWS_AS(io::read_model(scratch / "w.safetensors"), FileError);
  try {
    io::load_model(scratch / "w.safetensors", tiny::process, net, {.plain_weights = true});
  } catch (const FileError& error) { return error.rule; }
  return "";
}

const std::string another = "holds the weights of another model: ", its_entry = "the entry \"hush\" of its metadata: ";

struct ScaleConfig {
  double slope = .1;
  static constexpr void fields(auto& self, auto&& f) { f("slope", self.slope); }
};
/// A network that no process trains: one number for each of two channels, and a choice that shapes do not show.
struct Scale {
  using backend = Cpu<float>;
  ScaleConfig its;
  nn::Linear<Cpu<float>> last{{}, 2, 1};

  explicit Scale(std::uint64_t seed, const ScaleConfig& of = {}) : its(of) { initialise(*this, Seed{seed}); }
  const ScaleConfig& config() const { return its; }
  Cpu<float> on() const { return {}; }
  static void visit(auto& self, auto&& f) { f("last", self.last); }
  std::vector<float> weights() const { return download<float>(last.weight.value); }
};

struct UserPolicy {
  double strength = 1;
  Level operator()(double time) const { return variance_preserving(time, 1 - strength * time); }
  double clean() const { return 0; }
  int steps() const { return 0; }
  static constexpr void fields(auto& self, auto&& f) { f("strength", self.strength); }
};

}  // namespace

TEST_CASE("models: a model is read back under its own process into its own network, and its words travel with it") {
  CHECK(refused(tiny::process, other_net()) == "");
  const Scratch scratch("models");
  io::save_model(scratch / "w.safetensors", tiny::process, tiny::net(), {.metadata = {{"made", "here"}}});
  tiny::Net net = other_net();
  CHECK(io::load_model(scratch / "w.safetensors", tiny::process, net).at("made") == "here");
  tiny::Net weights_alone = other_net();
  io::load_weights(scratch / "w.safetensors", weights_alone);
  CHECK(tiny::weights(weights_alone) == tiny::weights(net));
  CHECK_THROWS_AS(io::save_model(scratch / "w.safetensors", tiny::process, net, {.metadata = {{"hush", ""}}}),
                  std::invalid_argument);
}

TEST_CASE("models: weights of linear betas that say the noise do not sample with Cosine or PredictVelocity") {
  CHECK(refused(Process{Cosine{}, PredictNoise{}}, other_net()) ==
        another +
            "process.schedule is LinearBeta{.first = 0.001, .last = 0.2, .steps = 20, .points = 0} in the file, "
            "Cosine{.steps = 1000, .offset = 0.008, .cap = 0.999} here");
  CHECK(refused(Process{tiny::process.schedule, PredictVelocity{}}, other_net()) ==
        another + "process.parameterization is PredictNoise<Time>{} in the file, PredictVelocity<Time>{} here");
  CHECK(refused(Process{LinearBeta{.first = 1e-3, .last = .02, .steps = 40}, PredictNoise<Gamma>{}}, other_net()) ==
        another +
            "process.schedule.last is 0.2 in the file, 0.02 here; process.schedule.steps is 20 in the file, 40 "
            "here; process.parameterization is PredictNoise<Time>{} in the file, PredictNoise<Gamma>{} here");
  CHECK(refused(Process{OneBased{tiny::process.schedule}}, other_net()).starts_with(another + "process.schedule is "));
}

TEST_CASE("models: differences of the network that shapes do not show are named") {
  Config config = tiny::net().config();
  config.eps = 1e-5;
  CHECK(refused(tiny::process, other_net(config)) == another + "network.config.eps is 0.001 in the file, 1e-05 here");
  config.heads = 2, config.head_width = 1;
  CHECK(refused(tiny::process, other_net(config)) ==
        another +
            "network.config.heads is 1 in the file, 2 here; network.config.head_width is 2 in the file, 1 here; "
            "network.config.eps is 0.001 in the file, 1e-05 here");
  config = tiny::net().config(), config.checkpoint = true;  // changes no result
  CHECK(refused(tiny::process, other_net(config)) == "");
}

TEST_CASE("models: what may differ is named by its path, and stands for all below it") {
  CHECK(refused(Process{Cosine{}, PredictNoise{}}, other_net(), {.may_differ = {"process.schedule"}}) == "");
  CHECK(refused(Process{Cosine{}, PredictX0{}}, other_net(), {.may_differ = {"process"}}) == "");
  Config config = tiny::net().config();
  config.image = {16, 8, 1};
  CHECK(refused(tiny::process, other_net(config), {.may_differ = {"network.config.image.height"}}) == "");
  CHECK(refused(tiny::process, other_net(config), {.may_differ = {"network.config.image.width"}}) ==
        another + "network.config.image.height is 8 in the file, 16 here");
}

TEST_CASE("models: files of weights alone are refused with the cure, or taken where one asks for them") {
  const Scratch scratch("models");
  const auto file = scratch / "w.safetensors";
  io::save_weights(file, tiny::net());
  tiny::Net net = other_net();
  const std::string text = thrown::message([&] { io::load_model(file, tiny::process, net); });
  for (const char* cure : {"plain_weights = true", "load_weights", "save_model"}) {
    CAPTURE(cure);
    CHECK(text.find(cure) != std::string::npos);
  }
  CHECK(thrown::message([&] { io::read_config<Config>(file); }) == text);
  CHECK(thrown::message([&] { io::read_process<decltype(tiny::process)>(file); }) == text);
  CHECK(!io::read_model(file));
  io::load_model(file, tiny::process, net, {.plain_weights = true});
  CHECK(tiny::weights(net) == tiny::weights(tiny::net()));
}

TEST_CASE("models: another program makes network and process of what the file says") {
  const Scratch scratch("models");
  const auto file = scratch / "w.safetensors";
  io::save_model(file, tiny::process, tiny::net());
  const auto process = io::read_process<Process<LinearBeta>>(file);
  CHECK((process == tiny::process));
  tiny::Net net(io::read_config<Config>(file), process.ports(), Seed{1});
  CHECK((net.config() == tiny::net().config()));
  io::load_model(file, process, net);
  CHECK(tiny::weights(net) == tiny::weights(tiny::net()));
  const auto model = io::read_model(file);
  REQUIRE(model);
  CHECK(code_of(model->process) == to_text(tiny::process));
  CHECK(code_of(*model->network.find("config")) ==
        "AttentionUnetConfig{.image = {.height = 8, .width = 8, .channels = 1}, .widths = {4}, .bottleneck = 4, .heads "
        "= 1, "
        ".head_width = 2, .embedding = 4, .eps = 0.001, .checkpoint = false}");
  CHECK(thrown::message([&] { io::read_config<AdmConfig>(file); }).ends_with("wanted is a AdmConfig"));
  CHECK(thrown::message([&] { io::read_process<Process<Cosine>>(file); }).find("describes process.schedule as") !=
        std::string::npos);
}

TEST_CASE("models: every number of a config comes back") {
  const Scratch scratch("models");
  const AdmConfig config{.image = {4, 8, 2},
                         .outputs = 4,
                         .channels = 4,
                         .multipliers = {1, 2},
                         .blocks = 1,
                         .attention = {.factors = {2}, .resolutions = {4}},
                         .head_channels = 0,
                         .heads = 2,
                         .dropout = .1,
                         .scale_shift = false,
                         .residual_resampling = false,
                         .downsample_padding = 0,
                         .embedding = {.scale = 1000, .max_period = 1e5, .cosine_first = false, .half_minus_one = true},
                         .groups = 2,
                         .eps = 1. / 3,
                         .checkpoint = true};
  const Process process{UserPolicy{.strength = .1 + .2}, PredictScore<LogSigma>{.divided = true},
                        Mask{.channels = 2, .filling = HoleFilling::zeros}};
  Adm<Cpu<float>> net(config, process.ports(), Seed{1});
  io::save_model(scratch / "w.safetensors", process, net);
  CHECK((io::read_config<AdmConfig>(scratch / "w.safetensors") == config));
  const auto read = io::read_process<decltype(process)>(scratch / "w.safetensors");
  CHECK(to_text(read) == to_text(process));
  CHECK(read.schedule.strength == .1 + .2);
  CHECK_NOTHROW(io::load_model(scratch / "w.safetensors", process, net));
}

TEST_CASE("models: an entry that is cut off, garbled or of another format is a FileError") {
  CHECK(read_entry("") == its_entry + "is not valid JSON");
  const std::string whole = io::detail::model_json({describe(tiny::process), io::describe_network(tiny::net())});
  for (const std::size_t length : {std::size_t(1), whole.size() / 2, whole.size() - 1}) {
    CAPTURE(length);
    CHECK(read_entry(whole.substr(0, length)).starts_with(its_entry + "is not valid JSON"));
  }
  CHECK(read_entry("[]") == its_entry + "lacks the member \"format\"");
  CHECK(read_entry("3") == its_entry + "lacks the member \"format\"");
  CHECK(read_entry(R"({"format":1,"network":{}})") == its_entry + "lacks the member \"process\"");
  CHECK(read_entry(R"({"format":2,"process":{},"network":{}})") ==
        its_entry +
            "is in format 2, this version of hush reads 1: a newer one wrote it. load_weights reads the weights "
            "alone");
  CHECK(read_entry(R"({"format":"x"})").find("is in format \"x\"") != std::string::npos);
  std::string garbled = whole;
  garbled.replace(garbled.find("0.2"), 3, "\"a\"");
  CHECK_NOTHROW(io::read_model({{"hush", garbled}}, "f"));
  const Scratch scratch("models");
  io::save_weights(scratch / "w.safetensors", tiny::net(), {.metadata = {{"hush", garbled}}});
  CHECK(thrown::message([&] {
          io::read_process<Process<LinearBeta>>(scratch / "w.safetensors");
        }).ends_with("describes process.schedule.last as \"a\", wanted is a number"));
}

TEST_CASE("models: the files of a run's checkpoints are model files") {
  const Scratch scratch("models");
  tiny::Net net = tiny::net();
  const tiny::Squares data{8};
  const auto trained = train(tiny::process, net, Adam{}, data, {.batch = 4},
                             io::Checkpoints({.run = scratch / "run", .say = [](std::string_view) {}}));
  tiny::Net read = other_net();
  io::load_model(scratch / "run/ckpt-00000002/ema.safetensors", tiny::process, read);
  CHECK(tiny::weights(read) == tiny::weights(trained.averaged));
  io::load_model(scratch / "run/ckpt-00000002/weights.safetensors", tiny::process, read);
  CHECK(tiny::weights(read) == tiny::weights(net));
  CHECK_THROWS_AS(io::load_model(scratch / "run/ckpt-00000002/ema.safetensors", Process{Cosine{}}, read), FileError);
}

TEST_CASE("models: a network that no process trains is described too, and compared when it is loaded") {
  const Scratch scratch("models");
  const auto file = scratch / "w.safetensors";
  const Scale net(1);
  io::save_model(file, net, {.metadata = {{"accuracy", "0.9"}}});
  Scale read(2);
  CHECK(read.weights() != net.weights());
  CHECK(io::load_model(file, read).at("accuracy") == "0.9");
  CHECK(read.weights() == net.weights());
  CHECK(io::read_config<ScaleConfig>(file).slope == .1);
  CHECK(code_of(io::read_model(file)->process) == "none");
  Scale steeper(3, {.slope = .2});
  const auto before = steeper.weights();
  CHECK(thrown::message([&] { io::load_model(file, steeper); }) ==
        to_text(file.string(), ": ", another, "network.config.slope is 0.1 in the file, 0.2 here"));
  CHECK(steeper.weights() == before);
  io::load_model(file, steeper, {.may_differ = {"network.config"}});
  CHECK(steeper.weights() == net.weights());
  // Neither is taken for the other: weights of a diffusion model, and a model of no process.
  CHECK(thrown::message([&] {
          io::load_model(file, tiny::process, read);
        }).find("process is none in the file, Process{") != std::string::npos);
  io::save_model(file, tiny::process, tiny::net());
  CHECK(thrown::message([&] {
          io::load_model(file, read);
        }).find(" in the file, none here; network is AttentionUnet{") != std::string::npos);
  io::save_weights(file, net);
  CHECK(thrown::message([&] { io::load_model(file, read); }).find("plain_weights = true") != std::string::npos);
  io::load_model(file, read, {.plain_weights = true});
  CHECK_THROWS_AS(io::save_model(file, net, {.metadata = {{"hush", ""}}}), std::invalid_argument);
}
