#pragma once
#include <algorithm>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <hush/diffusers/scheduler_writer.hpp>
#include <hush/io/diffusers_unet2d.hpp>
#include <hush/io/json.hpp>

namespace hush::diffusers {

/// Where the parts of a pipeline's folder lie that hush reads; empty for a part that the pipeline has not.
struct Pipeline {
  std::string class_name;           // "DDPMPipeline"
  std::filesystem::path unet;       // folder, for io::load_diffusers; its config.json is for io::unet2d_config_of
  std::filesystem::path scheduler;  // file, for read_scheduler
  std::filesystem::path transformer = {};  // of a DiTPipeline: folder, its config.json is for io::dit_config_of
  std::filesystem::path vae = {};          // of a DiTPipeline: folder, its config.json for io::autoencoder_kl_config_of
  std::map<std::int32_t, std::string> labels =
      {};  // of a DiTPipeline: the names of its classes, where the file has them
};

namespace detail {

/// Package and class of a part, which model_index.json gives as "name": ["library", "Class"]. Both are empty for a part
/// that the pipeline does without ([null, null]), and for an option.
struct Part {
  std::string package, class_name;
  explicit Part(const io::Json& value) {
    if (!value.is_array() || value.size() != 2 || !value[0].is_string() || !value[1].is_string()) return;
    value[0].get_to(package);
    value[1].get_to(class_name);
  }
};

/// The class of a part that the pipeline must have, one of diffusers'.
inline std::string needed_class(const io::Json& index, const char* name, const std::filesystem::path& file) {
  const Part part(io::member(index, name, file));
  const std::map<std::string_view, const char*> usual{{"unet", "UNet2DModel"},
                                                      {"scheduler", "DDPMScheduler"},
                                                      {"transformer", "DiTTransformer2DModel"},
                                                      {"vae", "AutoencoderKL"}};
  if (part.package != "diffusers")
    throw FileError(file, to_text("wants a class of diffusers as its ", name, ", for instance \"", name,
                                  "\": [\"diffusers\", \"", usual.at(name), "\"]"));
  return part.class_name;
}

/// The only scheduler that a pipeline runs whatever its file says, empty for one that takes any. Throws FileError for
/// pipelines that hush does not know.
inline std::string_view scheduler_of(const std::string& pipeline, const std::filesystem::path& file) {
  if (pipeline == "DDPMPipeline" || pipeline == "DiTPipeline") return "";
  if (pipeline == "DDIMPipeline") return "DDIMScheduler";
  if (pipeline == "PNDMPipeline") return "PNDMScheduler";
  throw FileError(file, to_text("describes a ", io::in_quotes(pipeline),
                                ": hush knows DDPMPipeline, DDIMPipeline, PNDMPipeline and DiTPipeline, and reads "
                                "the parts of others by io::load_diffusers and read_scheduler"));
}

/// The pipeline that runs a scheduler on a network that is given an image and a time, empty if none does it right:
/// DDPMPipeline takes any, but the step of most does not take its arguments, and it never scales the input of Euler's.
inline std::string_view pipeline_of(std::string_view scheduler) {
  if (scheduler == "DDIMScheduler") return "DDIMPipeline";
  return scheduler == "DDPMScheduler" || scheduler == "DPMSolverMultistepScheduler" ? "DDPMPipeline" : "";
}

/// A part's folder, or that of the pipeline, where diffusers looks too.
inline std::filesystem::path part_folder(const std::filesystem::path& folder, const char* name) {
  return std::filesystem::is_directory(folder / name) ? folder / name : folder;
}

/// Throws std::invalid_argument for a process and a network that no pipeline of diffusers runs.
template <class P, class Net>
void check_pipeline(const P& process, const Net& net) {
  constexpr const char *where = "save_pipeline", *parts = "; write its parts by io::save_diffusers and write_scheduler";
  check_ports(where, net.ports(), process.ports());
  check((std::same_as<typename P::Given, Nothing>), where, "no pipeline of diffusers has a condition", parts);
  check(!io::detail::is_conditional(net.config()), where, "no pipeline of diffusers runs a UNet2DConditionModel",
        parts);
  const Unet2dConfig& c = net.config();
  check(c.outputs == 0 || c.outputs == c.image.channels, where, "the network gives ", c.outputs,
        " channels for images of ", c.image.channels, ", which no pipeline of diffusers takes", parts);
}

}  // namespace detail

namespace detail {

/// The names of classes in id2label, {"0": "tench, Tinca tinca", ...}.
inline std::map<std::int32_t, std::string> labels_of(const io::Json& index, const std::filesystem::path& file) {
  std::map<std::int32_t, std::string> labels;
  const auto all = index.find("id2label");
  if (all == index.end() || all->is_null()) return labels;
  const auto refuse = [&](const std::string& name) {
    throw FileError(file, to_text("has id2label with an entry ", io::in_quotes(name),
                                  ", which must be a number of a class and a text"));
  };
  if (!all->is_object()) throw FileError(file, "has an id2label that is no object");
  for (const auto& [name, text] : all->items()) {
    const bool digits = !name.empty() && name.size() < 10 && name.find_first_not_of("0123456789") == std::string::npos;
    if (!digits || !text.is_string()) refuse(name);
    labels[std::int32_t(std::stol(name))] = text.get<std::string>();
  }
  return labels;
}

/// Throws FileError unless the file of a part describes the class that the index names.
inline std::string checked_class(const io::Json& content, const char* name, const std::filesystem::path& own_file,
                                 const std::filesystem::path& index) {
  const std::string listed = needed_class(content, name, index);
  const io::DiffusersConfig own(own_file);
  if (own.class_name() != listed)
    throw FileError(index, to_text("names ", listed, " as its ", name, ", and ", own_file.string(), " describes ",
                                   own.class_name()));
  return listed;
}

}  // namespace detail

/// Reads model_index.json in the folder of a pipeline of diffusers: which classes its networks and scheduler are. A
/// DiTPipeline has a transformer, an autoencoder and a scheduler, the others a unet and a scheduler. Throws FileError
/// for one with other parts (a text encoder), for other pipelines than DDPM, DDIM, PNDM and DiT, and where diffusers
/// would run other classes than the parts' own files describe, of which it says nothing.
inline Pipeline read_pipeline(const std::filesystem::path& folder) {
  const auto index = folder / "model_index.json";
  if (!std::filesystem::exists(index))
    throw FileError(index, "is not there: the folder of a pipeline has it beside unet and scheduler");
  const io::Json content = io::read_json(index);
  Pipeline found;
  found.class_name = io::text_of(io::member(content, "_class_name", index), "_class_name", index);
  found.scheduler = detail::part_folder(folder, "scheduler") / "scheduler_config.json";
  const bool is_dit = found.class_name == "DiTPipeline";
  const std::vector<const char*> networks = is_dit ? std::vector{"transformer", "vae"} : std::vector{"unet"};
  for (const auto& [name, value] : content.items()) {
    const detail::Part part(value);
    if (part.class_name.empty() || name == "scheduler" || std::ranges::find(networks, name) != networks.end()) continue;
    throw FileError(index, to_text("has a part ", io::in_quotes(name), ": ", part.class_name, " of ", part.package,
                                   is_dit ? "; here a DiTPipeline is a transformer, a vae and a scheduler"
                                          : "; here a pipeline is a unet and a scheduler, nothing else. "
                                            "io::load_diffusers reads a vae alone, and Latent runs a process on its "
                                            "latents"));
  }
  const std::string_view only = detail::scheduler_of(found.class_name, index);
  for (const char* name : networks) {
    auto& place = is_dit ? (name == std::string_view("vae") ? found.vae : found.transformer) : found.unet;
    place = detail::part_folder(folder, name);
    detail::checked_class(content, name, place / "config.json", index);
  }
  const std::string scheduler = detail::checked_class(content, "scheduler", found.scheduler, index);
  if (!only.empty() && scheduler != only)
    throw FileError(index, to_text("is a ", found.class_name, " with ", scheduler, ", and runs it as ", only));
  if (is_dit) found.labels = detail::labels_of(content, index);
  return found;
}

/// Writes the folder of a pipeline that diffusers' from_pretrained reads and runs: model_index.json, unet/ and
/// scheduler/. For a network that is given an image and a time, and a sampler that is a DDPM, DDIM or DPM-Solver
/// multistep scheduler there; others can be written by io::save_diffusers and write_scheduler, and run by a loop. The
/// number of steps is not in the files. What cannot be is refused before anything is written: FileError,
/// std::invalid_argument. A writing that ends midway leaves no model_index.json.
template <class P, hush::detail::NetworkBackend N, Sampler S, Backend B>
void save_pipeline(const std::filesystem::path& folder, const P& process, const Unet2d<N>& net, const S& sampler,
                   const SampleOptions<B>& options, const io::WeightFile& as = {}) {
  detail::check_pipeline(process, net);
  const auto index = folder / "model_index.json";
  const std::string name = detail::config_of(process, sampler, options).at("_class_name").template get<std::string>();
  const std::string_view class_name = detail::pipeline_of(name);
  check(!class_name.empty(), "save_pipeline", "no pipeline of diffusers runs ", name,
        " on a UNet2DModel; write its parts by io::save_diffusers and write_scheduler");
  const auto scheduler_file = folder / "scheduler" / "scheduler_config.json";
  const io::Json scheduler = detail::checked_config(scheduler_file, process, sampler, options);
  (void)io::weights_of(net, as);  // refuses what is not finite
  io::detail::check_unsharded(folder / "unet");
  std::filesystem::remove(index);
  io::save_diffusers(folder / "unet", net, as);
  io::write_file(scheduler_file, scheduler.dump(2) + "\n");
  const io::Json content{{"_class_name", class_name},
                         {"_diffusers_version", "0.42.1"},
                         {"scheduler", {"diffusers", name}},
                         {"unet", {"diffusers", "UNet2DModel"}}};
  io::write_file(index, content.dump(2) + "\n");
}

}  // namespace hush::diffusers
