#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <hush/io/checksum.hpp>
#include <hush/io/descriptions.hpp>
#include <hush/io/json.hpp>
#include <hush/training/run_description.hpp>
#include <hush/training/training.hpp>

namespace hush::io {

namespace detail {

using hush::detail::describe_run, hush::detail::HasCritic;

/// A number in JSON, which has no infinity and no NaN.
inline Json numeral(double value) { return std::isfinite(value) ? Json(value) : Json(to_text(value)); }

/// What a process is given with its images, for a checksum; nothing of kinds that are not known here.
inline void add_given(Crc32&, const auto&) {}
inline void add_given(Crc32& sum, const Images<float>& given) { sum.add(std::as_bytes(std::span(given.pixels))); }
template <class T>
void add_given(Crc32& sum, const std::vector<T>& given) {
  sum.add(std::as_bytes(std::span(given)));
}
inline void add_given(Crc32& sum, const MaskedImages& given) {
  add_given(sum, given.picture);
  add_given(sum, given.hole);
}
inline void add_given(Crc32& sum, const LabelSets& given) {
  for (const std::vector<std::int32_t>& set : given.sets) {
    const std::uint64_t labels = set.size();
    sum.add(std::as_bytes(std::span(&labels, 1)));
    add_given(sum, set);
  }
}
template <class Given>
requires requires(const Given& given) {
  given.first;
  given.second;
}
void add_given(Crc32& sum, const Given& given) {  // of Both
  add_given(sum, given.first);
  add_given(sum, given.second);
}

/// Size of a data set and a checksum of its first, middle and last item: other pictures, or another order of them, are
/// told apart without all being read. `given` is a checksum of what comes with the same items, null for nothing.
struct DataIdentity {
  Json images = nullptr, given = nullptr;
};
template <class Data>
DataIdentity identity_of_data(const Data& data) {
  const std::int64_t size = data.size();
  if (size == 0) return {{{"items", 0}}, nullptr};
  Crc32 sum, given;
  for (const std::int64_t item : {std::int64_t(0), size / 2, size - 1}) {
    const auto examples = examples_of(data, {&item, 1});
    add_given(sum, examples.images);
    add_given(given, examples.given);
  }
  return {{{"items", size}, {"checksum", hexadecimal(sum.value)}},
          given.value == Crc32{}.value ? Json(nullptr) : Json(hexadecimal(given.value))};
}

/// What a data set and the sets that it stands on say of all their items (`fingerprint`).
template <class Data>
void add_fingerprints(const Data& data, Json& into) {
  if constexpr (requires { data.fingerprint(); }) into.push_back(data.fingerprint());
  if constexpr (requires { data.pictures().size(); }) add_fingerprints(data.pictures(), into);
}

/// A training of diffusion: its loss has a process, and options that say which levels are drawn.
template <class T>
concept DrawsLevels = requires(const T& training) {
  training.loss.process;
  training.loss.options.level_distribution;
};

/// What noise, prediction and weighting are, by what they give at levels that the training's own rule draws.
template <class T>
void describe_levels(const T& training, Json& identity) {
  const auto& o = training.loss.options;
  const auto& process = training.loss.process;
  Json times = Json::array(), levels = Json::array(), scalings = Json::array(), weights = Json::array();
  for (std::uint32_t image = 0; image < 3; ++image) {
    Uniform uniform{Stream{o.seed, image, 0, purpose("level", 0)}, 0, 0, std::uint32_t(o.batch)};
    const double time = o.level_distribution(process.schedule, uniform);
    const auto at = process.schedule(time);
    const Scalings s = process.parameterization(at);
    const Target target = process.parameterization.target(at);
    times.push_back(numeral(time));
    levels.push_back({numeral(at.signal), numeral(at.noise)});
    scalings.push_back({numeral(s.in), numeral(s.c_noise), numeral(target.x0), numeral(target.eps)});
    if (o.weighting) weights.push_back(numeral(o.weighting(at, scalings_of(process.parameterization, at))));
  }
  identity["drawn times"] = times;
  identity["levels at these times"] = levels;
  identity["scalings and targets at these times"] = scalings;
  identity["weights at these times"] = o.weighting ? weights : Json(nullptr);
}

}  // namespace detail

/// What must not change between two parts of one run, lest the second be another training: options, data, process and
/// optimizer, as JSON. `words` are the user's own.
template <class T>
Json run_identity(const T& training, const std::string& words) {
  const auto& o = training.options;
  const detail::DataIdentity data = detail::identity_of_data(training.data);
  Json identity{{"batch", o.batch},
                {"epochs", o.epochs},
                {"seed", o.seed},
                {"images", training.data.size()},
                {"run", words},
                {"parameters", training.weights.size()},
                {"data", data.images},
                {"given with the data", data.given},
                {"fields", json_of(detail::describe_run(training))}};
  Json all = Json::array();
  detail::add_fingerprints(training.data, all);
  identity["files and labels of the data"] = all;
  Json factors = Json::array();
  for (const std::int64_t part : {1, 2, 3}) factors.push_back(detail::numeral(o.rate(part, training.total_steps())));
  identity["factors of the rate in steps 1 to 3"] = factors;
  if constexpr (detail::DrawsLevels<T>) {
    const auto& held_out = training.loss.options.validation;
    identity["validation data"] = held_out ? detail::identity_of_data(*held_out).images : Json(nullptr);
    Json held = Json::array();
    if (held_out) detail::add_fingerprints(*held_out, held);
    identity["files and labels of the validation data"] = held;
    detail::describe_levels(training, identity);
  }
  if constexpr (detail::HasCritic<T>) {  // its fields are among those of the whole
    const Json critic = run_identity(training.critic, words);
    for (const auto& [name, value] : critic.items())
      if (name != "run" && name != "fields") identity["critic: " + name] = value;
  }
  return identity;
}

namespace detail {

/// Throws FileError, naming the first field that differs and both values.
inline void check_fields(const Description& mine, const Json& theirs, const std::filesystem::path& file) {
  const auto fields = theirs.find("fields");
  if (fields == theirs.end()) return;
  const Description was = description_of(text_of(*fields, "fields", file), file, "the run's fields:");
  const std::vector<Difference> found = differences(was, mine);
  if (!found.empty())
    throw FileError(file, to_text("the run was started with ", found[0].path, " = ", found[0].theirs,
                                  ", it cannot go on with ", found[0].mine));
}

}  // namespace detail

/// Throws FileError, naming what differs and both values, unless a run of `mine` may go on from a checkpoint of
/// `theirs`; `fields` are those of the run in hand, as `describe_run` lists them. More epochs may follow a run;
/// checkpoints of earlier versions know only the first five entries.
inline void check_identity(const Json& mine, const Json& theirs, const std::filesystem::path& file,
                           const Description& fields) {
  constexpr std::array<std::string_view, 5> always_known{"batch", "epochs", "seed", "images", "run"};
  // The user's own words, and fields, say more than the checksums and values that follow from them.
  std::vector<std::string> names{"run", "fields"};
  for (const auto& [name, value] : mine.items())
    if (name != "run" && name != "fields") names.push_back(name);
  for (const std::string& name : names) {
    if (name == "fields") {
      detail::check_fields(fields, theirs, file);
      continue;
    }
    const Json& value = mine.at(name);
    const bool always = std::ranges::find(always_known, name) != always_known.end();
    if (!theirs.contains(name) && !always) continue;
    if (theirs.contains(name) && theirs.at(name) == value) continue;
    // Earlier versions knew the items of fewer sets.
    if (name.find("files and labels") != name.npos && theirs.at(name).empty()) continue;
    const auto epochs = theirs.find("epochs");
    const bool more =
        epochs != theirs.end() && epochs->is_number() && epochs->get<double>() < mine.at("epochs").get<double>();
    const std::string_view of = std::string_view(name).substr(name.starts_with("critic: ") ? 8 : 0);
    if (more && (of == "epochs" || of.starts_with("factors of the rate"))) continue;
    throw FileError(file,
                    to_text("the run was started with ", name, " = ",
                            theirs.contains(name) ? theirs.at(name).dump() : "nothing", ", it cannot go on with ",
                            value.dump(), name == "epochs" ? ": a run may go on for more epochs, not for fewer" : ""));
  }
}

}  // namespace hush::io
