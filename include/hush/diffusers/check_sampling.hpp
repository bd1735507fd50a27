#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <utility>
#include <variant>
#include <vector>

#include <hush/description.hpp>
#include <hush/diffusers/scheduler_reader.hpp>
#include <hush/errors.hpp>
#include <hush/level.hpp>
#include <hush/parameterization.hpp>
#include <hush/sampler.hpp>
#include <hush/sampling/options.hpp>
#include <hush/schedule.hpp>

namespace hush::diffusers {

namespace detail {

/// Throws FileError unless two processes have the same noise / signal at times and where the run ends, tell the network
/// the same there, and read its output as the same.
template <class A, class B>
void check_levels(const std::filesystem::path& file, const A& theirs, const B& ours, const std::vector<double>& times) {
  const auto compare = [&](double a, double b, double unit, const auto&... words) {
    if (a == b || std::abs(a - b) <= 1e-5 * (unit + std::min(std::abs(a), std::abs(b)))) return;
    if (std::isnan(a) && std::isnan(b)) return;
    throw FileError(file, to_text("describes another run: ", words..., a, " there, ", b,
                                  " here; the process that read_scheduler gives does as the file says"));
  };
  for (const double time : times) {
    const Level a = theirs.schedule(time), b = ours.schedule(time);
    compare(sigma_of(a), sigma_of(b), 0, "at time ", time, " noise / signal is ");
    const Scalings x = theirs.parameterization(a), y = ours.parameterization(b);
    compare(x.c_noise, y.c_noise, 1, "at time ", time, " the network is told ");
    compare(x.in, y.in, 1, "at time ", time, " the network's images are scaled by ");
    compare(x.skip, y.skip, 1, "at time ", time, " the estimate of x0 keeps of the image ");
    compare(x.out, y.out, 1, "at time ", time, " the estimate of x0 takes of the output ");
  }
  const double a = sigma_of(theirs.schedule(clean_time(theirs.schedule)));
  compare(a, sigma_of(ours.schedule(clean_time(ours.schedule))), 0,
          "at the end (set_alpha_to_one, final_sigmas_type) noise / signal is ");
}

}  // namespace detail

/// Throws FileError unless a sampler, the options of a run (steps, grid, clip, threshold), and the process at the times
/// where its steps begin and where it ends, are those that a scheduler_config.json of diffusers means: the message says
/// what the file means, and what is given. Only the types that the program names are compiled. `check_scheduler`
/// compares what the network was trained with.
template <class P, Sampler S, Backend B>
void check_sampling(io::DiffusersConfig config, const P& process, const S& sampler, const SampleOptions<B>& options) {
  const std::filesystem::path file = config.file();
  const Sampling theirs = detail::SchedulerReader(std::move(config)).read();
  const auto must = [&](bool same, const auto&... words) {
    if (!same) throw FileError(file, to_text("describes another run: ", words...));
  };
  const Description wanted = std::visit([](const auto& one) { return describe(one); }, theirs.sampler);
  for (const Difference& one : differences(wanted, describe(sampler)))
    must(false, "sampler", one.path.empty() ? "" : ".", one.path, " is ", one.theirs, " there, ", one.mine, " here");
  const auto there = std::visit([&](const auto& p) { return theirs.grid(p.schedule, options.steps); }, theirs.process);
  const auto here = options.grid(process.schedule, options.steps);
  for (std::size_t i = 0; i < std::max(there.size(), here.size()); ++i)
    must(i < there.size() && i < here.size() && std::abs(there[i] - here[i]) <= 1e-6 * (1 + std::abs(here[i])), "of ",
         options.steps, " steps, number ", i, " begins at time ", i < there.size() ? to_text(there[i]) : "none",
         " there, ", i < here.size() ? to_text(here[i]) : "none", " here (.grid = ", code_of(theirs.grid.description()),
         ")");
  std::visit([&](const auto& p) { detail::check_levels(file, p, process, here); }, theirs.process);
  const bool cuts = theirs.threshold.has_value() && options.threshold.has_value();
  must(theirs.threshold.has_value() == options.threshold.has_value(), "threshold is ", theirs.threshold ? "on" : "off",
       " there, ", options.threshold ? "on" : "off", " here");
  must(!cuts || (theirs.threshold->ratio == options.threshold->ratio &&
                 theirs.threshold->largest == options.threshold->largest),
       "threshold is {.ratio = ", cuts ? theirs.threshold->ratio : 0,
       ", .largest = ", cuts ? theirs.threshold->largest : 0, "} there");
  must(theirs.threshold || theirs.clip == options.clip, "clip is ", theirs.clip, " there, ", options.clip, " here");
}

template <class P, Sampler S, Backend B>
void check_sampling(const std::filesystem::path& file, const P& process, const S& sampler,
                    const SampleOptions<B>& options) {
  check_sampling(io::DiffusersConfig(file), process, sampler, options);
}

}  // namespace hush::diffusers
