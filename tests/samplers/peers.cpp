#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <map>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <hush/grids/karras_sigmas.hpp>
#include <hush/grids/leading.hpp>
#include <hush/grids/linspace.hpp>
#include <hush/grids/trailing.hpp>
#include <hush/grids/uniform_log_snr.hpp>
#include <hush/parameterizations/edm_preconditioning.hpp>
#include <hush/parameterizations/predict_flow.hpp>
#include <hush/parameterizations/predict_noise.hpp>
#include <hush/parameterizations/predict_velocity.hpp>
#include <hush/parameterizations/predict_x0.hpp>
#include <hush/random/torch_random.hpp>
#include <hush/samplers/ddim.hpp>
#include <hush/samplers/ddim_inversion.hpp>
#include <hush/samplers/ddpm.hpp>
#include <hush/samplers/deis.hpp>
#include <hush/samplers/dpm2.hpp>
#include <hush/samplers/dpm2_ancestral.hpp>
#include <hush/samplers/dpm_solver.hpp>
#include <hush/samplers/dpm_solver_sde.hpp>
#include <hush/samplers/dpm_solver_singlestep.hpp>
#include <hush/samplers/euler.hpp>
#include <hush/samplers/euler_ancestral.hpp>
#include <hush/samplers/heun.hpp>
#include <hush/samplers/lms.hpp>
#include <hush/samplers/pndm.hpp>
#include <hush/samplers/predictor_corrector.hpp>
#include <hush/samplers/repaint.hpp>
#include <hush/samplers/unipc.hpp>
#include <hush/sampling/trajectory.hpp>
#include <hush/schedules/betas.hpp>
#include <hush/schedules/cosine.hpp>
#include <hush/schedules/geometric.hpp>
#include <hush/schedules/interpolated_sigma.hpp>
#include <hush/schedules/karras.hpp>
#include <hush/schedules/linear_beta.hpp>
#include <hush/schedules/scaled_linear.hpp>
#include <hush/schedules/shared/from_sigmas.hpp>
#include <hush/schedules/shared/inverse.hpp>
#include <hush/schedules/sigmoid_beta.hpp>
#include <hush/schedules/zero_terminal_snr.hpp>

#include "samplers/k_diffusion.hpp"
#include "samplers/pixels.hpp"

// tests/goldens/schedulers.json holds what the schedulers of diffusers make of the dummy sample and the dummy network
// of its tests (tools/make_scheduler_goldens.py). Each row is run here by hush's sampler of that name, eagerly and as a
// plan, and must give the same numbers; and where a test of diffusers has a number, that one too.

using namespace samplers;
using nlohmann::json;

namespace {

/// Where hush does something else on purpose: rows of `scheduler` whose text holds `mark` must give other numbers.
struct Difference {
  const char *scheduler, *mark, *why;
};
constexpr Difference differences[] = {
    {"DDIM", "linspace", "diffusers steps to t - T/n, whatever the list of times; hush to the next time of the list"},
    {"DDPM", R"("timestep_spacing":"trailing","variance_type":"fixed_large")",
     "diffusers adds noise in the last step too unless it begins at t = 0; hush ends without noise"},
    {"DDIMInverse", "v_prediction", "diffusers makes x0 of v with the signal of the level before; hush with its own"},
    {"PNDM", "v_prediction", "diffusers mixes v of several levels and then makes eps of them; hush mixes eps"},
    {"DPMSolverSinglestep", R"("solver_order":3,"solver_type":"midpoint")",
     "diffusers goes to the second of the levels within by the midpoint rule; hush as algorithm 2 of the paper has it"},
    {"DPMSolverSinglestep", R"({"lower_order_final":true,"solver_order":2})",
     "the levels within a step are those of diffusers' grid; hush's are even in ln(sigma), as in the paper"},
};

/// A row of the table: what was run, and what came out.
struct Row {
  const json& at;

  std::string scheduler() const { return at["scheduler"]; }
  std::size_t steps() const { return at["steps"]; }
  int order() const { return config("solver_order", 2); }
  bool is_solver() const { return scheduler().find("step") != std::string::npos && !is_edm(); }
  template <class T>
  T config(const char* name, T otherwise) const {
    return at["config"].value(name, otherwise);
  }
  std::string config(const char* name, const char* otherwise) const {
    return at["config"].value(name, std::string(otherwise));
  }
  template <class T>
  T call(const char* name, T otherwise) const {
    return at.contains("call") ? at["call"].value(name, otherwise) : otherwise;
  }
  std::vector<double> list(const char* name) const { return at.value(name, std::vector<double>{}); }
  bool is_edm() const { return scheduler().starts_with("EDM"); }
  bool is_flow() const { return scheduler().starts_with("Flow"); }
  bool shrinks() const { return at.value("shrinks", false); }
  const Difference* difference() const {
    for (const Difference& d : differences)
      if (scheduler() == d.scheduler && at["config"].dump().find(d.mark) != std::string::npos) return &d;
    return nullptr;
  }
};

/// The schedule of a row.
Betas schedule(const Row& row) {
  const auto of = [](const auto& named) {
    Betas list;
    for (int i = 0; i < named.steps(); ++i) list.values.push_back(named.beta(i));
    return list;
  };
  const std::string rule = row.config("beta_schedule", "linear");
  if (row.config("rescale_betas_zero_snr", false)) return of(ZeroTerminalSnr{LinearBeta{}});
  if (rule == "squaredcos_cap_v2") return of(Cosine{});
  if (rule == "scaled_linear") return of(ScaledLinear{1e-4, .02});
  if (rule == "sigmoid") return of(SigmoidBeta{});
  REQUIRE(rule == "linear");
  return of(LinearBeta{row.config("beta_start", 1e-4), .02, row.config("num_train_timesteps", 1000)});
}

/// Every level that diffusers names, in the order in which it names them. A step of a method of second order names two.
std::vector<Level> named_levels(const Row& row) {
  std::vector<Level> levels;
  const std::vector<double> times = row.list("times"), sigmas = row.list("sigmas");
  for (std::size_t i = 0; i < times.size(); ++i) {
    if (row.is_edm() || row.shrinks())
      levels.push_back({times[i], 1, sigmas[i]});
    else if (row.is_flow())
      levels.push_back({times[i], 1 - sigmas[i], sigmas[i]});
    else
      levels.push_back(preserving_level(times[i], sigmas[i]));
  }
  const double last = sigmas.back();
  if (last == 0)
    levels.push_back({-1, 1, 0});
  else if (last < sigmas[times.size() - 1])  // otherwise the last step goes nowhere
    levels.push_back(preserving_level(0, last));
  return levels;
}

/// The levels of hush's steps: of all that are named every second or third, if a step has as many network calls.
std::vector<Level> levels(const Row& row) {
  const Betas betas = schedule(row);
  if (row.at.contains("sigmas")) {
    const std::vector<Level> named = named_levels(row);
    const std::size_t calls = row.scheduler() == "DPMSolverSinglestep" ? std::size_t(row.order())
                              : row.list("times").size() > row.steps() ? 2
                                                                       : 1;
    std::vector<Level> all;
    for (std::size_t i = 0; i < named.size(); i += calls) all.push_back(named[i]);
    if (all.back() != named.back()) all.push_back(named.back());
    return all;
  }
  const bool leading = row.scheduler() == "PNDM" || !row.at.contains("times");
  std::vector<double> times = leading ? Leading{}(betas, int(row.steps())) : row.list("times");
  std::sort(times.rbegin(), times.rend());  // an inversion names them the other way
  std::vector<Level> all = levels_at(betas, times);
  if (!row.config("set_alpha_to_one", row.scheduler() != "PNDM")) all.back() = betas(0);
  return all;
}

/// The trajectory of a row. Levels that are asked for besides are those that the row names, or those of its schedule
/// with ln(sigma) linear in between, as in k-diffusion.
template <class S>
Trajectory trajectory(const Row& row, const S& sampler) {
  const Betas betas = schedule(row);
  std::vector<Level> named;
  if (row.at.contains("sigmas")) named = named_levels(row);
  const auto pick = [named](auto matches) {
    const auto found = std::find_if(named.begin(), named.end(), matches);
    return found == named.end() ? nullptr : &*found;
  };
  Trajectory way{route_of(sampler, levels(row))};
  way.at_time = [=](double time) {
    const auto found = std::find_if(named.begin(), named.end(), [&](Level at) { return at.time == time; });
    return found != named.end() ? *found : InterpolatedSigma{betas, true}(time);
  };
  way.time_of = [=](double sigma) {
    const auto same = [&](Level at) { return std::abs(at.noise - sigma * at.signal) < 1e-9 * at.noise; };
    const auto found = std::find_if(named.begin(), named.end(), same);
    return found != named.end() ? found->time : time_of_sigma(InterpolatedSigma{betas, true}, sigma);
  };
  return way;
}

/// What diffusers draws, by name: the same name is the same noise, and new names come in the order in which it draws.
struct PeerNoise {
  TorchRandom random{0};
  std::map<std::pair<int, int>, Pixels<double>> drawn = {};
  Pixels<double> operator()(int step, int ordinal) {
    const auto [at, fresh] = drawn.try_emplace({step, ordinal});
    if (fresh) {
      std::vector<float> z(768);
      random.randn(z);
      at->second.values.assign(z.begin(), z.end());
    }
    return at->second;
  }
};

/// x0 estimates of the four images, each cut off and divided as Imagen does it.
Pixels<double> thresholded(Pixels<double> x0, double ratio, double largest) {
  for (auto image = x0.values.begin(); image != x0.values.end(); image += 192) {
    std::vector<double> sizes;
    for (auto value = image; value != image + 192; ++value) sizes.push_back(std::abs(*value));
    std::sort(sizes.begin(), sizes.end());
    const double place = ratio * 191;
    const std::size_t i = std::size_t(place);
    const double quantile = sizes[i] + (place - double(i)) * (sizes[i + 1] - sizes[i]);
    const double s = std::fmin(std::fmax(quantile, 1), largest);
    for (auto value = image; value != image + 192; ++value) *value = std::fmax(-s, std::fmin(s, *value)) / s;
  }
  return x0;
}

/// Runs a row both ways, and returns the result of the one that reads like the paper.
template <class S, class P>
Pixels<double> run_as(const Row& row, const S& sampler, const P& parameterization) {
  const bool clips = row.config("clip_sample", row.scheduler() == "DDIM" || row.scheduler() == "DDPM");
  const auto plain = denoiser(parameterization, peer_model, clips ? row.config("clip_sample_range", 1.) : 0.);
  const auto denoise = [&](const Pixels<double>& x, Level at) {
    Denoised<Pixels<double>> answer = plain(x, at);
    if (row.config("thresholding", false))
      answer.x0 = thresholded(std::move(answer.x0), row.config("dynamic_thresholding_ratio", .995),
                              row.config("sample_max_value", 1.));
    return answer;
  };
  Trajectory way = trajectory(row, sampler);
  way.levels.erase(way.levels.begin(), way.levels.begin() + row.at.value("noised_at", 0));
  const Level first = way.levels[0];
  // diffusers' sample of a schedule of sigmas is x / signal
  const double scale = row.at.contains("start") ? row.at["start"].get<double>() * first.signal : 1;
  const auto start = row.at.contains("noised_at")
                         ? first.signal * peer_sample<double>() + first.noise * peer_sample<double>(true)
                         : scale * peer_sample<double>();
  const auto eager = run_eagerly(sampler, way, start, denoise, PeerNoise{});
  const auto planned = run(trace(sampler, way), start, denoise, PeerNoise{});
  CHECK(magnitude(planned - eager) < 1e-9 * magnitude(eager));
  return eager;
}
template <class S>
Pixels<double> run_as(const Row& row, const S& sampler) {
  const std::string says = row.config("prediction_type", "epsilon");
  if (row.is_edm()) return run_as(row, sampler, EdmPreconditioning<>{});
  if (row.is_flow()) return run_as(row, sampler, PredictFlow<>{});
  if (says == "v_prediction") return run_as(row, sampler, PredictVelocity<>{});
  if (says == "sample") return run_as(row, sampler, PredictX0<>{});
  REQUIRE(says == "epsilon");
  return run_as(row, sampler, PredictNoise<>{});
}

Pixels<double> run_dpm(const Row& row) {
  const DpmVariant variant = row.config("solver_type", "midpoint") == "heun" ? DpmVariant::heun : DpmVariant::midpoint;
  const std::string algorithm = row.config("algorithm_type", "dpmsolver++");
  const bool low_end = row.config("lower_order_final", true);
  if (row.scheduler() == "DPMSolverSinglestep") {
    if (algorithm == "dpmsolver") return run_as(row, DpmSolverSinglestep{row.order(), variant});
    return run_as(row, DpmSolverPpSinglestep{row.order(), variant});
  }
  if (algorithm == "sde-dpmsolver++") return run_as(row, DpmSolverSde{row.order(), variant, 1, low_end});
  // Order 3 in diffusers, as in its authors' program: half of the parabola's curvature.
  if (algorithm == "dpmsolver") return run_as(row, DpmSolver{row.order(), variant, low_end, .5});
  REQUIRE(algorithm == "dpmsolver++");
  return run_as(row, DpmSolverPp{row.order(), variant, low_end, .5});
}

template <class S>
Pixels<double> run_unipc(const Row& row) {
  return run_as(row, S{row.order(), row.config("solver_type", "bh2") == "bh1" ? UniPcVariant::bh1 : UniPcVariant::bh2,
                       !row.at["config"].contains("disable_corrector"), row.config("lower_order_final", true)});
}

/// The same by the name of the scheduler.
Pixels<double> run_row(const Row& row) {
  const std::string name = row.scheduler();
  if (name == "DDIM") return run_as(row, Ddim{row.call("eta", 0.)});
  if (name == "DDIMInverse") return run_as(row, DdimInversion{});
  if (name == "DDPM" && row.config("variance_type", "") == "fixed_large")
    return run_as(row, Ddpm{Variance::fixed_large});
  if (name == "DDPM") return run_as(row, Ddpm{});
  if (name == "PNDM") return run_as(row, Pndm{!row.config("skip_prk_steps", false)});
  if (row.shrinks()) return name == "HeunDiscrete" ? run_as(row, Shrinking<Heun>{}) : run_as(row, Shrinking<Euler>{});
  if (name == "EulerDiscrete" || name == "EDMEuler" || row.is_flow()) return run_as(row, Euler{});
  if (name == "EulerAncestralDiscrete") return run_as(row, EulerAncestral{});
  if (name == "HeunDiscrete") return run_as(row, Heun{});
  if (name == "KDPM2Discrete") return run_as(row, Dpm2{});
  if (name == "KDPM2AncestralDiscrete") return run_as(row, Dpm2Ancestral{});
  if (name == "LMSDiscrete") return run_as(row, Lms{row.call("order", 4)});
  if (name == "DEISMultistep") return run_as(row, Deis{row.order(), row.config("lower_order_final", true)});
  if (name == "UniPCMultistep")
    return row.config("predict_x0", true) ? run_unipc<UniPc>(row) : run_unipc<UniPcNoise>(row);
  REQUIRE(name.find("DPMSolver") != std::string::npos);
  return run_dpm(row);
}

/// torch's noise is float32, and hush's copy of it equal to about 1e-6.
double tolerance(const Row& row) { return row.at.contains("draws") ? 1e-5 : 1e-9; }

void check_result(const Row& row, const Pixels<double>& x) {
  const double sum = row.at["sum"], allowed = tolerance(row) * sum;
  if (const Difference* difference = row.difference()) {
    CAPTURE(difference->why);
    CHECK(std::abs(magnitude(x) - sum) > 1e-3 * sum);
    return;
  }
  CHECK(std::abs(magnitude(x) - sum) < allowed);
  CHECK(std::abs(magnitude(x) / 768 - row.at["mean"].get<double>()) < allowed / 768);
  // Those are float32 sums of another machine, printed to a few digits; their own tests allow as much.
  if (const json numbers = row.at.value("published", json::object()); !numbers.empty()) {
    if (numbers.contains("sum")) CHECK(std::abs(magnitude(x) - numbers["sum"].get<double>()) < 1e-2);
    CHECK(std::abs(magnitude(x) / 768 - numbers["mean"].get<double>()) < 1e-3);
  }
  for (std::size_t i = 0; i < 4; ++i) CHECK(std::abs(x.values[i] - row.at["first"][i].get<double>()) < allowed / 768);
}

json table() {
  std::ifstream file(HUSH_ROOT "/tests/goldens/schedulers.json");
  REQUIRE(file);
  return json::parse(file);
}

/// The grid that is a row's rule for times or sigmas; none for even spacing without rounding.
AnyGrid grid(const Row& row) {
  const bool leads = row.scheduler().starts_with("DD") || row.scheduler() == "PNDM";
  const std::string spacing = row.config("timestep_spacing", leads ? "leading" : "linspace");
  if (row.config("use_karras_sigmas", false)) return KarrasSigmas{};
  if (row.config("use_exponential_sigmas", false) || row.config("use_lu_lambdas", false)) return UniformLogSnr{};
  if (spacing == "trailing") return Trailing{};
  if (row.is_solver()) return spacing == "leading" ? nullptr : AnyGrid(Linspace{.closed = false});
  if (leads && spacing == "linspace") return Linspace{};
  return spacing == "leading" ? AnyGrid(Leading{}) : nullptr;
}

void check_near(const std::vector<double>& mine, const std::vector<double>& theirs, double off = 0) {
  REQUIRE(mine.size() <= theirs.size());  // theirs may end with the last sigma
  for (std::size_t i = 0; i < mine.size(); ++i) CHECK(std::abs(mine[i] - theirs[i]) < off + 1e-9 * (1 + theirs[i]));
}

std::vector<double> sigmas_at(const auto& schedule, const std::vector<double>& times) {
  std::vector<double> sigmas;
  for (const double time : times) sigmas.push_back(sigma_of(schedule(time)));
  return sigmas;
}

/// A batch whose norms are averaged over its images, as in diffusers.
struct Batch {
  Pixels<double> x;

  friend Batch operator*(double factor, Batch b) { return {factor * std::move(b.x)}; }
  friend Batch operator+(Batch a, const Batch& b) { return {std::move(a.x) + b.x}; }
  friend Batch operator-(Batch a, const Batch& b) { return {std::move(a.x) - b.x}; }
  double norm() const {
    double sum = 0;
    for (auto image = x.values.begin(); image != x.values.end(); image += 192)
      sum += std::sqrt(std::inner_product(image, image + 192, image, 0.)) / 4;
    return sum;
  }
  friend Batch by_norms(const auto& f, const Batch& a, const Batch& b, const Batch& x) {
    return f(a.norm(), b.norm()) * x;
  }
};

}  // namespace

TEST_CASE("peers: the schedulers of diffusers, row by row") {
  const json all = table();
  int rows = 0;
  for (const json& at : all["rows"]) {
    const Row row{at};
    if (!at.contains("sum") || row.scheduler() == "ScoreSdeVe") continue;
    INFO(at.dump());
    check_result(row, run_row(row));
    ++rows;
  }
  CHECK(rows == 161);
}

TEST_CASE("peers: the times and sigmas of diffusers, by hush's grids and schedules") {
  const json all = table();
  int by_grid = 0, by_schedule = 0;
  for (const json& at : all["rows"]) {
    const Row row{at};
    std::vector<double> times = row.list("times");
    const std::vector<double> sigmas = row.list("sigmas");
    if (times.size() != row.steps() || row.is_flow() || row.scheduler() == "ScoreSdeVe") continue;
    if (row.scheduler() == "DDIMInverse") std::reverse(times.begin(), times.end());
    INFO(at.dump());
    const int n = int(row.steps());
    if (row.is_edm()) {
      std::vector<double> mine;
      for (int i = n - 1; i >= 0; --i)
        mine.push_back(row.config("sigma_schedule", "karras") == "karras" ? Karras{.steps = n}.sigma(i)
                                                                          : Geometric{.002, 80, n}.sigma(i));
      check_near(mine, sigmas);
      continue;
    }
    const Betas betas = schedule(row);
    if (const AnyGrid rule = grid(row)) {
      const InterpolatedSigma between{betas, true};
      const std::vector<double> mine = rule(between, n);
      if (!sigmas.empty()) check_near(sigmas_at(between, mine), sigmas);
      // The solvers of diffusers tell the network whole times only, where their sigmas are not those of whole ones.
      const bool whole =
          mine.end() == std::find_if(mine.begin(), mine.end(), [](double t) { return t != std::round(t); });
      check_near(mine, times, row.is_solver() && !whole ? 1 : 0);
      ++by_grid;
    } else {
      check_near(sigmas_at(InterpolatedSigma{betas}, times), sigmas);
      ++by_schedule;
    }
  }
  CHECK(by_grid > 80);
  CHECK(by_schedule > 5);
}

TEST_CASE("peers: the jumps of RePaint") {
  const json all = table();
  int rows = 0;
  for (const json& at : all["rows"]) {
    if (at["scheduler"] != "RePaint") continue;
    INFO(at.dump());
    const RePaint sampler{Ddim{}, at["jumps"]["jump_length"], at["jumps"]["jump_n_sample"]};
    const LinearBeta schedule;
    const std::vector<Level> way = sampler.route(levels_at(schedule, Leading{}(schedule, at["steps"])));
    std::vector<double> times;
    for (const Level& level : way) times.push_back(level.time);
    times.pop_back();
    CHECK(times == at["times"].get<std::vector<double>>());
    ++rows;
  }
  CHECK(rows == 2);
}

TEST_CASE("peers: predictor and corrector, with norms that are averaged over the batch") {
  const json all = table();
  int rows = 0;
  for (const json& at : all["rows"]) {
    const Row row{at};
    if (row.scheduler() != "ScoreSdeVe") continue;
    INFO(at.dump());
    // The network sees the sigmas of the times, and the steps go over another list.
    const std::vector<double> seen = row.list("sigmas"), rising = row.list("discrete_sigmas");
    Trajectory way;
    for (std::size_t i = 0; i < row.steps(); ++i) way.levels.push_back({seen[i], 1, rising[row.steps() - 1 - i]});
    way.levels.push_back({0, 1, 0});
    const auto score = [](const Batch& b, Level level) {
      Denoised<Batch> answer{b, b};
      for (double& eps : answer.eps.x.values) eps = -level.noise * peer_model(eps, level.time);
      return answer;
    };
    PeerNoise noise;
    const auto draw = [&](int step, int ordinal) { return Batch{noise(step, ordinal)}; };
    const PredictorCorrector sampler{row.config("snr", .15), row.config("correct_steps", 1)};
    const Batch start{at["start"].get<double>() * peer_sample<double>()};
    check_result(row, run_eagerly(sampler, way, start, score, draw).x);
    ++rows;
  }
  CHECK(rows == 2);
}
