// What scheduler files say of spacings of sigmas, of SA-Solver and of flow matching: the numbers are diffusers
// 0.42.1's.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <hush/diffusers/grids.hpp>
#include <hush/diffusers/scheduler_keys.hpp>
#include <hush/diffusers/scheduler_reader.hpp>

#include "io/scratch.hpp"

using namespace hush;

namespace {

using List = std::vector<double>;

diffusers::Sampling read(const std::string& name, const std::string& members, std::int64_t tokens = 0) {
  const Scratch scratch("scheduler_keys");
  const auto file = scratch / "scheduler_config.json";
  put(file, "{\"_class_name\": \"" + name + "Scheduler\", \"_diffusers_version\": \"0.42.1\"" +
                (members.empty() ? "" : ", " + members) + "}");
  return diffusers::read_scheduler(file, {.image_seq_len = tokens});
}
std::string said(const std::string& name, const std::string& members) {
  try {
    read(name, members);
  } catch (const FileError& error) { return error.rule; }
  return "";
}

/// Times that the network is told, and sigmas, where the steps of a run begin.
std::pair<List, List> of_run(const diffusers::Sampling& file, int n) {
  const auto& process = std::get<diffusers::BetaProcess>(file.process);
  List times, sigmas;
  for (const double time : file.grid(process.schedule, n)) {
    times.push_back(process.parameterization(process.schedule(time)).c_noise);
    sigmas.push_back(sigma_of(process.schedule(time)));
  }
  return {times, sigmas};
}
void near(const List& found, const List& wanted, double within) {
  REQUIRE(found.size() == wanted.size());
  for (std::size_t i = 0; i < found.size(); ++i) CHECK(std::abs(found[i] - wanted[i]) < within * (1 + wanted[i]));
}

const List beta_sigmas{157.40727, 138.05972, 100.31913, 57.098148, 19.35755, .01000133};

}  // namespace

TEST_CASE("scheduler files: sigmas by the beta distribution") {
  const auto [euler_times, euler] = of_run(read("EulerDiscrete", "\"use_beta_sigmas\": true"), 6);
  near(euler, beta_sigmas, 1e-6);
  near(euler_times, {999, 985.9379, 953.3832, 893.0325, 764.0493, 0}, 1e-5);
  const auto [dpm_times, dpm] = of_run(read("DPMSolverMultistep", "\"use_beta_sigmas\": true"), 6);
  near(dpm, beta_sigmas, 1e-6);
  near(dpm_times, {999, 985, 953, 893, 764, 0}, 1e-9);
  // The last step of a run that ends at a noisy level would go nowhere.
  const List without(beta_sigmas.begin(), beta_sigmas.end() - 1);
  for (const char* name : {"UniPCMultistep", "SASolver"})
    near(of_run(read(name, "\"use_beta_sigmas\": true, \"final_sigmas_type\": \"sigma_min\""), 6).second, without,
         1e-6);
}

TEST_CASE("scheduler files: SA-Solver, its times and sigmas, and where its noise comes in") {
  const diffusers::Sampling plain = read("SASolver", "");
  const auto [times, sigmas] = of_run(plain, 6);
  near(times, {999, 832, 666, 500, 333, 166}, 1e-9);
  near(sigmas, {157.40727, 33.521931, 9.4889212, 3.4429674, 1.462357, .58364064}, 1e-6);
  const auto& schedule = std::get<diffusers::BetaProcess>(plain.process).schedule;
  CHECK(sigma_of(schedule(schedule.clean())) == doctest::Approx(.01000133).epsilon(1e-6));
  const SaSolver solver = std::get<SaSolver>(plain.sampler);
  CHECK(solver ==
        SaSolver{.noise_min = sigma_of(schedule(200)), .noise_max = sigma_of(schedule(800)), .leading_terms = true});

  const diffusers::Sampling karras =
      read("SASolver",
           "\"use_karras_sigmas\": true, \"predictor_order\": 3, \"corrector_order\": 4, \"tau_func\": null, "
           "\"lower_order_final\": false");
  near(of_run(karras, 6).first, {999, 880, 711, 434, 77}, 1e-9);
  near(of_run(karras, 6).second, {157.40727, 50.580917, 13.037985, 2.4228885, .26313809},
       3e-5);  // its smallest is of float tables
  const SaSolver other = std::get<SaSolver>(karras.sampler);
  CHECK(other.predictor_order == 3);
  CHECK(other.corrector_order == 4);
  CHECK(!other.lower_order_final);
  CHECK(other.noise_min < solver.noise_min);  // times that are rounded to 200
  CHECK(std::get<SaSolver>(read("SASolver", "\"num_train_timesteps\": 100").sampler).tau == 0);
  CHECK(std::isinf(std::get<SaSolver>(read("SASolver", "\"num_train_timesteps\": 500").sampler).noise_max));
}

TEST_CASE("scheduler files: flow matching that ends at a given time") {
  const auto times = [](const std::string& members, int n) {
    const diffusers::Sampling file = read("FlowMatchEulerDiscrete", members);
    return file.grid(std::get<diffusers::FlowProcess>(file.process).schedule, n);
  };
  near(times("\"shift\": 3.0", 5), {1, .90035909, .7511211, .50298506, .0089285718}, 1e-6);
  near(times("\"shift\": 3.0, \"shift_terminal\": 0.1", 5), {1, .90951526, .77399105, .5486567, .1}, 1e-6);
  near(times("\"shift_terminal\": 0.02", 4), {1, .67333335, .34666666, .02}, 1e-6);
}

TEST_CASE("scheduler files: a shift by the size of the image") {
  const auto times = [](const std::string& members, std::int64_t tokens) {
    const diffusers::Sampling file = read("FlowMatchEulerDiscrete", members, tokens);
    return file.grid(std::get<diffusers::FlowProcess>(file.process).schedule, 5);
  };
  // set_timesteps(5, mu=calculate_shift(1024, ...)), that function being the one of FluxPipeline
  near(times("\"use_dynamic_shifting\": true, \"shift\": 3.0", 1024),
       {1, .849405527, .652942836, .385891289, .00187596434}, 1e-6);
  near(
      times("\"use_dynamic_shifting\": true, \"time_shift_type\": \"linear\", \"base_shift\": 0.7, \"max_shift\": 2.5, "
            "\"shift_terminal\": 0.1, \"num_train_timesteps\": 500",
            1024),
      {1, .78466934, .563079834, .33495453, .100000001}, 1e-6);
}

TEST_CASE("scheduler files: what is refused by key and value") {
  CHECK(said("EulerDiscrete", "\"use_beta_sigmas\": true, \"use_karras_sigmas\": true") ==
        "use_beta_sigmas is true: another spacing of sigmas is on too");
  CHECK(said("SASolver", "\"algorithm_type\": \"noise_prediction\"") ==
        "algorithm_type is \"noise_prediction\": hush has data_prediction");
  CHECK(said("SASolver", "\"predictor_order\": 5") == "predictor_order is 5: must be 1 to 4");
  CHECK(said("SASolver", "\"tau_func\": 1") == "tau_func is 1: a file cannot hold a function; write null");
  CHECK(said("FlowMatchEulerDiscrete", "\"shift_terminal\": 1.5") ==
        "shift_terminal is 1.5: must be null or in 0 .. 1");
  CHECK(said("FlowMatchEulerDiscrete", "\"stochastic_sampling\": true") ==
        "stochastic_sampling is true: hush has no counterpart; write it as false");
  CHECK(said("FlowMatchEulerDiscrete", "\"use_dynamic_shifting\": true") ==
        "use_dynamic_shifting is true: the times depend on the size of the image; say it: read_scheduler(file, "
        "{.image_seq_len = tokens})");
  CHECK(said("FlowMatchEulerDiscrete", "\"use_dynamic_shifting\": true, \"max_image_seq_len\": 256") ==
        "max_image_seq_len is 256: must differ from base_image_seq_len");
}
