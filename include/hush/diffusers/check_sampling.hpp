#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <utility>
#include <variant>

#include <hush/description.hpp>
#include <hush/diffusers/scheduler_reader.hpp>
#include <hush/errors.hpp>
#include <hush/sampler.hpp>
#include <hush/sampling/options.hpp>

namespace hush::diffusers {

/// Throws FileError unless a sampler and the options of a run (steps, grid, clip, threshold) are those that a
/// scheduler_config.json of diffusers means: the message says what the file means, and what is given. Only the types
/// that the program names are compiled. `check_scheduler` does the same for a process.
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
