#pragma once
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <hush/io/descriptions.hpp>
#include <hush/io/weights.hpp>

namespace hush::io {

/// What a model file says of itself: the process that its weights were trained with (`none` for a network that is no
/// diffusion model, a classifier say), and the network.
struct ModelDescription {
  Description process, network;
};

/// How `load_model` compares: fields that may differ, by their paths (`process.schedule`, `network.config.image`), and
/// whether files of `save_weights`, which do not say what they are of, are taken too, compared by shapes alone.
struct LoadModel {
  std::vector<std::string> may_differ = {};
  bool plain_weights = false;
};

namespace detail {

inline constexpr const char* model_entry = "hush";  // of the metadata
inline constexpr int model_format = 1;

inline std::string model_json(const ModelDescription& model) {
  return to_text("{\"format\":", model_format, ",\"process\":", json_of(model.process),
                 ",\"network\":", json_of(model.network), '}');
}

inline ModelDescription described(std::optional<ModelDescription> model, const std::filesystem::path& file) {
  if (!model)
    throw FileError(file,
                    "does not say what model its weights are of (save_weights wrote it, or another program): load "
                    "it with LoadModel{.plain_weights = true} or load_weights, which compare shapes alone, and "
                    "write it anew with save_model");
  return *std::move(model);
}

/// Throws FileError unless a file is of this model, but for what may differ.
inline void check_model(const ModelDescription& theirs, const ModelDescription& mine,
                        const std::vector<std::string>& may_differ, const std::filesystem::path& file) {
  const auto whole = [](const ModelDescription& model) {
    return Description{Description::Kind::object, "", {{"process", model.process}, {"network", model.network}}};
  };
  check_same(file, "holds the weights of another model", whole(theirs), whole(mine), may_differ);
}

template <class T>
constexpr void check_listed() {
  static_assert(
      hush::detail::is_described_wholly<T>(),
      "save_model: a part of the process or the network's config has fields and no list of all of them. Write: "
      "static constexpr void fields(auto& self, auto&& f) { f(\"name\", self.name), ...; }");
}

/// A network that no process trains, its config proven to list its fields.
template <class Net>
ModelDescription model_of(const Net& net) {
  if constexpr (requires { net.config(); }) check_listed<std::remove_cvref_t<decltype(net.config())>>();
  return {{}, describe_network(net)};
}
/// What is in hand, its parts proven to list their fields.
template <class Proc, class Net>
ModelDescription model_of(const Proc& process, const Net& net) {
  check_listed<std::remove_cvref_t<decltype(process.schedule)>>();
  check_listed<std::remove_cvref_t<decltype(process.parameterization)>>();
  check_listed<std::remove_cvref_t<decltype(process.conditioning)>>();
  return {describe(process), model_of(net).network};
}

template <class Net>
void save_described(const std::filesystem::path& file, const ModelDescription& model, const Net& net, WeightFile as) {
  check(!as.metadata.count(model_entry), "save_model", "the entry \"", model_entry, "\" of the metadata is taken");
  as.metadata[model_entry] = model_json(model);
  save_weights(file, net, as);
}

}  // namespace detail

/// What the metadata of a file say of the model that its weights are of; nothing where they do not say. Throws
/// FileError.
inline std::optional<ModelDescription> read_model(const std::map<std::string, std::string>& metadata,
                                                  const std::filesystem::path& file) {
  const auto found = metadata.find(detail::model_entry);
  if (found == metadata.end()) return {};
  const std::string where = to_text("the entry \"", detail::model_entry, "\" of its metadata:");
  const Description about = description_of(found->second, file, where);
  const Description *const format = about.find("format"), *const process = about.find("process"),
                           *const network = about.find("network");
  if (format && *format != describe(detail::model_format))
    throw FileError(file,
                    to_text(where, " is in format ", hush::detail::short_code(*format), ", this version of hush reads ",
                            detail::model_format, ": a newer one wrote it. load_weights reads the weights alone"));
  if (!format || !process || !network)
    throw FileError(file, to_text(where, " lacks the member \"",
                                  !format    ? "format"
                                  : !process ? "process"
                                             : "network",
                                  '"'));
  return ModelDescription{*process, *network};
}
/// The same of a file.
inline std::optional<ModelDescription> read_model(const std::filesystem::path& file) {
  return read_model(read_safetensors(file).metadata, file);
}

/// Writes a network's weights as safetensors, and in the entry "hush" of the file's metadata, as JSON, what they are
/// of: the fields of the process (schedule, parameterization, conditioning), the network's type and the fields of its
/// config. Whole or not at all. Throws what `save_weights` throws, and std::invalid_argument for metadata that have
/// that entry already.
template <class Proc, class Net>
void save_model(const std::filesystem::path& file, const Proc& process, const Net& net, WeightFile as = {}) {
  detail::save_described(file, detail::model_of(process, net), net, std::move(as));
}
/// The same of a network that no process trains, such as a classifier.
template <class Net>
void save_model(const std::filesystem::path& file, const Net& net, WeightFile as = {}) {
  detail::save_described(file, detail::model_of(net), net, std::move(as));
}

namespace detail {

template <class Net>
std::map<std::string, std::string> load_described(const std::filesystem::path& file, const ModelDescription& model,
                                                  Net& net, const LoadModel& how) {
  const Arrays arrays = read_safetensors(file);
  auto found = read_model(arrays.metadata, file);
  if (found || !how.plain_weights) check_model(described(std::move(found), file), model, how.may_differ, file);
  return load_arrays(arrays, file, net);
}

}  // namespace detail

/// Reads a model's weights into a network. Throws FileError, and leaves the network as it was, unless the file is of
/// this process and this network; the message names each field that differs, and both values. Returns the metadata.
template <class Proc, class Net>
std::map<std::string, std::string> load_model(const std::filesystem::path& file, const Proc& process, Net& net,
                                              const LoadModel& how = {}) {
  return detail::load_described(file, detail::model_of(process, net), net, how);
}
/// The same of a network that no process trains.
template <class Net>
std::map<std::string, std::string> load_model(const std::filesystem::path& file, Net& net, const LoadModel& how = {}) {
  return detail::load_described(file, detail::model_of(net), net, how);
}

/// The config of the network that a file describes. Throws FileError if it does not say, or if it is another type of
/// config.
template <class Config>
Config read_config(const ModelDescription& model, const std::filesystem::path& file) {
  const Description* const found = model.network.find("config");
  if (!found)
    throw FileError(file, "does not say the config of its network, " + hush::detail::short_code(model.network));
  Config config;
  read_description(config, *found, "network.config", file);
  return config;
}
/// The same of a file: `AttentionUnet<B> net(read_config<AttentionUnetConfig>(file), ...)`.
template <class Config>
Config read_config(const std::filesystem::path& file) {
  return read_config<Config>(detail::described(read_model(file), file), file);
}

/// The process that the weights of a file were trained with, of a type that is known: `read_process<Process<LinearBeta,
/// PredictNoise<>>>(file)`. Throws FileError if the file does not say, or if it is of another type.
template <class Proc>
std::remove_const_t<Proc> read_process(const std::filesystem::path& file) {
  std::remove_const_t<Proc> process;
  read_description(process, detail::described(read_model(file), file).process, "process", file);
  return process;
}

}  // namespace hush::io
