#include <doctest/doctest.h>

#include <span>
#include <sstream>
#include <string>
#include <tuple>

#include <hush/core.hpp>
#include <hush/data/stroke_masks.hpp>
#include <hush/fields.hpp>
#include <hush/samplers/ddim_inversion.hpp>
#include <hush/samplers/repaint.hpp>
#include <hush/training/training.hpp>

using namespace hush;

namespace {

/// Whether a text, compiled here, and its value's description are the same.
#define PRINTS_AS_WRITTEN(...) CHECK(code_of(describe(__VA_ARGS__)) == #__VA_ARGS__)

template <class... T>
constexpr bool all_list_all_fields(std::type_identity<std::tuple<T...>>) {
  return (lists_all_fields<T> && ...);
}
using Schedules = std::tuple<Betas, ConstantBeta, Cosine, Exponential, Geometric, InterpolatedSigma<Cosine>, Jsd,
                             Karras, Laplace, LinearBeta, LinearSigma, OneBased<Cosine>, RectifiedFlow, ScaledLinear,
                             Sigmas, Sigmoid, SigmoidBeta, VeSde, VpSde, ZeroTerminalSnr<Cosine>>;
using Says =
    std::tuple<ConsistencyPreconditioning<>, ScaledLogSigma, EdmPreconditioning<>, LearnedVariance<PredictNoise<>>,
               PredictFlow<>, PredictNoise<>, PredictScore<>, PredictVelocity<>, PredictX0<>, VePreconditioning<>,
               VpPreconditioning<>, Time, Gamma, Sigma, LogSigma, QuarterLogSigma, LogHalfSigma, VpSdeTime>;
using Conditions =
    std::tuple<Unconditional, Mask, Lightness, ConcatImage, Replacement, Both<Mask, Lightness>, MultiHot, ClassLabel>;
using GuidanceRules = std::tuple<ClassifierFree, RescaledGuidance, CfgZeroStar, GuidanceInterval<CfgZeroStar>>;
using Training =
    std::tuple<Unweighted, Snr, MinSnr, TruncatedSnr, SigmaSquared, EdmWeighting, BetweenNeighbours, ContinuousUniform,
               DiscreteUniform, LogNormal, Stratified<LogNormal>, Antithetic<Stratified<LogNormal>>, Adam, AdamW, Ema,
               learning_rates::Constant, learning_rates::Cosine, learning_rates::CosineRestarts, learning_rates::Linear,
               learning_rates::Polynomial>;
using Samplers = std::tuple<AnnealedLangevin, Ddim, DdimInversion, Ddpm, Deis, Dpm2, Dpm2Ancestral,
                            DpmMultistep<detail::DataPrediction>, DpmSolverSde, DpmSinglestep<detail::NoisePrediction>,
                            ErSde, Euler, EulerAncestral, GradientEstimation, Heun, LearnedRange, Lms,
                            MultistepConsistency, Pndm, PredictorCorrector, RePaint<Ddpm>, ResMultistep, SaSolver,
                            Seeds2, UnifiedPredictorCorrector<detail::DataPrediction>>;
using Grids = std::tuple<AlignYourSteps, BetaSigmas, DdimQuadratic, DdimUniform, KarrasSigmas, KlOptimal, Leading,
                         Linspace, Sections, Times, Trailing, UniformLogSnr, SigmaRange>;
using Options =
    std::tuple<TrainerOptions, DiffusionLossOptions<int>, TrainOptions<int>, SampleOptions<Cpu<float>>, FromUniform,
               FromImages, FromLatents, DynamicThreshold, GanLossOptions, ConsistencyLossOptions, GenerateOptions>;
using Configs = std::tuple<ImageSize, PixelRange, AttentionUnetConfig, SimpleUnetConfig, BroadcastUnetConfig, AdmConfig,
                           AttentionAt, AdmEmbedding, LabelChannelsConfig, LabelTokensConfig, Ports, Unet2dConfig,
                           DcganGeneratorConfig, DcganCriticConfig, VaeConfig, AutoencoderKlConfig,
                           AutoencoderTinyConfig, LatentScaling, DitConfig>;
namespace masks = data::masks;
using Masks = std::tuple<masks::Centre, masks::OuterFrame, masks::Corners, masks::Half, masks::RandomBox,
                         masks::RandomPixels, masks::Irregular, masks::FreeForm, masks::Hybrid>;
static_assert(all_list_all_fields(std::type_identity<Schedules>{}));
static_assert(all_list_all_fields(std::type_identity<Says>{}));
static_assert(all_list_all_fields(std::type_identity<Conditions>{}));
static_assert(all_list_all_fields(std::type_identity<GuidanceRules>{}));
static_assert(all_list_all_fields(std::type_identity<Training>{}));
static_assert(all_list_all_fields(std::type_identity<Samplers>{}));
static_assert(all_list_all_fields(std::type_identity<Grids>{}));
static_assert(all_list_all_fields(std::type_identity<Options>{}));
static_assert(all_list_all_fields(std::type_identity<Configs>{}));
static_assert(all_list_all_fields(std::type_identity<Masks>{}));

struct Forgetful {
  double first = 0;
  std::vector<int> second = {};
  static constexpr void fields(auto& self, auto&& f) { f("first", self.first); }
};
struct Unlisted {
  int number = 0;
};
static_assert(detail::count_fields<Forgetful>() == 2 && detail::count_listed<Forgetful>() == 1);
static_assert(!lists_all_fields<Forgetful> && !lists_all_fields<Unlisted>);
static_assert(detail::count_fields<AdmConfig>() == detail::count_listed<AdmConfig>() &&
              detail::count_listed<AdmConfig>() >= 15);
static_assert(detail::count_fields<PredictScore<Gamma>>() == 1 && detail::count_listed<PredictScore<Gamma>>() == 1);

struct Nested {
  std::vector<Unlisted> items = {};
  static constexpr void fields(auto& self, auto&& f) { f("items", self.items); }
};
class Private {
 public:
  explicit Private(int number) : number_(number) {}
  int number() const { return number_; }

 private:
  int number_;
};
static_assert(lists_all_fields<Nested> && !detail::is_described_wholly<Nested>());
static_assert(!detail::is_described_wholly<Unlisted>() && !detail::is_described_wholly<Private>());
static_assert(detail::is_described_wholly<AdmConfig>() && detail::is_described_wholly<Antithetic<LogNormal>>() &&
              detail::is_described_wholly<Process<InterpolatedSigma<Cosine>, PredictNoise<Gamma>, Replacement>>());

struct Repeats {
  double first = 0, second = 0;
  static constexpr void fields(auto& self, auto&& f) { f("first", self.first), f("first", self.second); }
};
struct NamesAType {
  std::string type = "";
  static constexpr void fields(auto& self, auto&& f) { f("type", self.type); }
};
static_assert(!detail::names_are_distinct<Repeats>() && !detail::names_are_distinct<NamesAType>());
static_assert(detail::names_are_distinct<AdmConfig>());

struct Grouped {
  Cosine schedule{};
  Decay decay = Decay::absolute;
  std::string text = "";
  bool yes = true;
  static constexpr void fields(auto& self, auto&& f) {
    f("schedule", self.schedule), f("decay", self.decay), f("text", self.text), f("yes", self.yes);
  }
};

}  // namespace

TEST_CASE("fields: what is printed is the C++ that makes the same thing") {
  PRINTS_AS_WRITTEN(LinearBeta{.first = 0.0001, .last = 0.02, .steps = 500, .points = 501});
  PRINTS_AS_WRITTEN(OneBased{LinearBeta{.first = 1e-06, .last = 0.01, .steps = 2000, .points = 0}});
  PRINTS_AS_WRITTEN(InterpolatedSigma{ZeroTerminalSnr{Cosine{.steps = 1000, .offset = 0.008, .cap = 0.999}}, true});
  PRINTS_AS_WRITTEN(Ddpm{.variance = Variance::fixed_large});
  PRINTS_AS_WRITTEN(RePaint{Ddim{.eta = 1}, 10, 5});
  PRINTS_AS_WRITTEN(DpmSolverPp{.order = 3, .variant = DpmVariant::heun, .lower_order_final = true, .curvature = 1});
  PRINTS_AS_WRITTEN(UniPcNoise{.order = 3, .variant = UniPcVariant::bh1, .corrector = true, .lower_order_final = true});
  PRINTS_AS_WRITTEN(Heun{.churn = 40, .churn_min = 0.05, .churn_max = INFINITY, .noise = 1.003});
  PRINTS_AS_WRITTEN(ErSde{.order = 2, .phi = ErSdePhi::sde});
  PRINTS_AS_WRITTEN(AlignYourSteps{.table = AysTable::sdxl});
  PRINTS_AS_WRITTEN(KarrasSigmas{.range = {.smallest = 0.1, .largest = 10, .lowest = 0.001}, .rho = 7});
  PRINTS_AS_WRITTEN(Sections{.counts = {10, 15, 20}});
  PRINTS_AS_WRITTEN(Betas{.values = {0.1, 0.25, 1}});
  PRINTS_AS_WRITTEN(RectifiedFlow{});
  PRINTS_AS_WRITTEN(PredictNoise<Gamma>{});
  PRINTS_AS_WRITTEN(LearnedVariance{PredictVelocity<Time>{}, 0.001});
  PRINTS_AS_WRITTEN(PredictScore<LogSigma>{.divided = true});
  PRINTS_AS_WRITTEN(Mask{.channels = 3, .filling = HoleFilling::start, .range = {.low = -1, .high = 1}});
  PRINTS_AS_WRITTEN(GuidanceInterval{0.28, 2.9, RescaledGuidance{.phi = 0.7}});
  PRINTS_AS_WRITTEN(Stratified{LogNormal{.mean = -1.2, .deviation = 1.2}});
  PRINTS_AS_WRITTEN(MinSnr{.gamma = INFINITY});
  PRINTS_AS_WRITTEN(
      AdamW{.rate = 0.001, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-08, .decay = 0.01, .decay_is = Decay::times_rate});
  PRINTS_AS_WRITTEN(learning_rates::Cosine{.warm_up = 200, .cycles = 0.5});
  PRINTS_AS_WRITTEN(
      Ema{.decay = 0.9999, .warm_up = Ema::WarmUp::power, .inverse_gamma = 1, .power = 0.75, .after = 10});
  PRINTS_AS_WRITTEN(
      SimpleUnetConfig{.image = {.height = 8, .width = 16, .channels = 3}, .widths = {8, 16}, .embedding = 32});
  PRINTS_AS_WRITTEN(Process{VpSde{.beta_min = 0.1, .beta_max = 20}, PredictVelocity<Time>{}, Unconditional{}});
  const std::string text = "a \"word\" and a \\";
  CHECK(code_of(describe(text)) == R"("a \"word\" and a \\")");
  CHECK(code_of(describe(std::string("\x1b[31m\n\x7f"))) == R"("\033[31m\n\177")");
}

TEST_CASE("fields: a policy prints in a message and in a stream") {
  CHECK(to_text("with ", Exponential{.rate = 10}) == "with Exponential{.steps = 1000, .rate = 10, .cap = 0.999}");
  CHECK(to_text(learning_rates::Linear{.warm_up = 3}) == "learning_rates::Linear{.warm_up = 3}");
  std::ostringstream out;
  out << MinSnr{} << ImageSize{};
  CHECK(out.str() == "MinSnr{.gamma = 5}32x32x1");
}

TEST_CASE("fields: doubles are written so that they read back as the same bits") {
  for (const double value : {.1, 1 / 3., 1e-5, .02, 0x1.fffffffffffffp-1, 5e-324, 1.7976931348623157e308, -0.0, 1e22}) {
    const std::string text = describe(value).text;
    CAPTURE(text);
    const double back = std::strtod(text.c_str(), nullptr);
    CHECK(back == value);
    CHECK(std::signbit(back) == std::signbit(value));
  }
}

TEST_CASE("fields: types without a list are known by their name, lambdas not at all") {
  CHECK(describe(Snr{}) == Description{Description::Kind::object, "Snr"});
  CHECK(describe(Unlisted{3}).text == "Unlisted");
  const auto lambda = [](double) { return 1.; };
  CHECK(code_of(describe(lambda)) == "unnamed");
  double (*const function)(double) = [](double x) { return x; };
  CHECK(code_of(describe(function)) == "unnamed");
  CHECK(detail::type_name<std::vector<int>>() == "");
  struct Local {};
  CHECK(detail::type_name<Local>() == "Local");
  CHECK(detail::type_name<AttentionUnet<Cpu<float>>>() == "AttentionUnet");
  CHECK(detail::type_name<Ema::WarmUp>() == "Ema::WarmUp");
}

TEST_CASE("fields: a field with its default value is marked as usual, one that changes no result as aside") {
  const Description about = describe(AttentionUnetConfig{.heads = 2, .checkpoint = true});
  for (const Description::Field& field : about.fields) {
    CAPTURE(field.name);
    CHECK(field.usual == (field.name != "heads" && field.name != "checkpoint"));
    CHECK(field.aside == (field.name == "checkpoint"));
  }
  const Description nested = describe(Grouped{.schedule = {.offset = .01}});
  CHECK_FALSE(nested.fields[0].usual);
  CHECK_FALSE(nested.fields[0].value.fields[1].usual);
  CHECK(nested.fields[0].value.fields[0].usual);
}

TEST_CASE(
    "fields: options of a run say where they start and what stops them, and two of them compare by what they say") {
  using Sampling = SampleOptions<Cpu<float>>;
  CHECK(to_text(Sampling{}) ==
        "SampleOptions{50, 1, 16, 0, 0, 1, none, Trailing{}, FromNoise{}, none, Execution::planned, true}");
  const Sampling options{.clip = 0,
                         .threshold = DynamicThreshold{.ratio = .9},
                         .start = FromUniform{.high = .5},
                         .noise = [](std::span<float>, const Shape&) {},
                         .execution = Execution::eager};
  const Description about = describe(options);
  CHECK(code_of(*about.find("threshold")) == "DynamicThreshold{.ratio = 0.9, .largest = INFINITY}");
  CHECK(code_of(*about.find("start")) == "FromUniform{.low = 0, .high = 0.5}");
  CHECK(code_of(*about.find("noise")) == "unnamed");
  CHECK(describe(options) == describe(Sampling(options)));
  CHECK(differences(describe(Sampling{}), describe(Sampling{.steps = 10, .batch = 2, .record = false})).size() == 1);
  const Images<float> image(1, 1, 2, 1, {.5, 0});
  CHECK(FromImages{image, .5} == FromImages{image, .5});
  CHECK_FALSE(FromLatents{image, .5} == FromLatents{image});
  const Description training = describe(TrainOptions<int>{.ema = {.decay = .5}, .stop = [] { return true; }});
  CHECK(code_of(*training.find("ema")).find("0.5") != std::string::npos);
  CHECK(code_of(*training.find("stop")) == "unnamed");
  CHECK(code_of(*describe(TrainOptions<int>{}).find("stop")) == "none");
  CHECK(differences(training, describe(TrainOptions<int>{.pixel_range = {0, 1}})).size() == 1);
}

TEST_CASE("fields: equality is that of all fields") {
  CHECK(Adam{} == Adam{});
  CHECK_FALSE(Adam{} == Adam{.l2 = 1});
  CHECK(learning_rates::Polynomial{} == learning_rates::Polynomial{});
  CHECK_FALSE(learning_rates::Polynomial{} == learning_rates::Polynomial{.last = .1});
  CHECK(Ema{} == Ema{});
  CHECK_FALSE(Ema{} == Ema{.warm_up = Ema::WarmUp::power});
  CHECK(AdmConfig{} == AdmConfig{});
  CHECK_FALSE(AdmConfig{} == AdmConfig{.attention = {.factors = {4}}});
  CHECK(Process{Cosine{}, PredictX0{}} == Process{Cosine{}, PredictX0{}});
  CHECK_FALSE(Process{Cosine{}, PredictX0{}} == Process{Cosine{.cap = .99}, PredictX0{}});
}
