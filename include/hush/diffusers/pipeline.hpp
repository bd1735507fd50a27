#pragma once
#include <concepts>
#include <filesystem>
#include <string>
#include <string_view>

#include <hush/diffusers/scheduler_writer.hpp>
#include <hush/io/diffusers_unet2d.hpp>
#include <hush/io/json.hpp>

namespace hush::diffusers {

/// Where the parts of a pipeline's folder lie that hush reads.
struct Pipeline {
  std::string class_name;           // "DDPMPipeline"
  std::filesystem::path unet;       // folder, for io::load_diffusers; its config.json is for io::unet2d_config_of
  std::filesystem::path scheduler;  // file, for read_scheduler
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
  if (part.package != "diffusers")
    throw FileError(
        file, to_text("wants a class of diffusers as its ", name, ", for instance \"", name, "\": [\"diffusers\", \"",
                      name == std::string("unet") ? "UNet2DModel" : "DDPMScheduler", "\"]"));
  return part.class_name;
}

/// The only scheduler that a pipeline runs whatever its file says, empty for one that takes any. Throws FileError for
/// pipelines that hush does not know.
inline std::string_view scheduler_of(const std::string& pipeline, const std::filesystem::path& file) {
  if (pipeline == "DDPMPipeline") return "";
  if (pipeline == "DDIMPipeline") return "DDIMScheduler";
  if (pipeline == "PNDMPipeline") return "PNDMScheduler";
  throw FileError(file, to_text("describes a ", io::in_quotes(pipeline),
                                ": hush knows DDPMPipeline, DDIMPipeline and PNDMPipeline, and reads the parts of "
                                "others by io::load_diffusers and read_scheduler"));
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

/// Reads model_index.json in the folder of a pipeline of diffusers: which classes its network and scheduler are. Throws
/// FileError for one with other parts (an autoencoder, a text encoder), for other pipelines than DDPM, DDIM and PNDM,
/// and where diffusers would run other classes than the parts' own files describe, of which it says nothing.
inline Pipeline read_pipeline(const std::filesystem::path& folder) {
  const auto index = folder / "model_index.json";
  if (!std::filesystem::exists(index))
    throw FileError(index, "is not there: the folder of a pipeline has it beside unet and scheduler");
  const io::Json content = io::read_json(index);
  const Pipeline found{io::text_of(io::member(content, "_class_name", index), "_class_name", index),
                       detail::part_folder(folder, "unet"),
                       detail::part_folder(folder, "scheduler") / "scheduler_config.json"};
  for (const auto& [name, value] : content.items())
    if (const detail::Part part(value); !part.class_name.empty() && name != "unet" && name != "scheduler")
      throw FileError(index,
                      to_text("has a part ", io::in_quotes(name), ": ", part.class_name, " of ", part.package,
                              "; here a pipeline is a unet and a scheduler, nothing else. io::load_diffusers reads "
                              "a vae alone, and Latent runs a process on its latents"));
  const std::string_view only = detail::scheduler_of(found.class_name, index);
  for (const char* name : {"unet", "scheduler"}) {
    const bool is_unet = name == std::string("unet");
    const std::string listed = detail::needed_class(content, name, index);
    const io::DiffusersConfig own(is_unet ? found.unet / "config.json" : found.scheduler);
    if (own.class_name() != listed)
      throw FileError(index, to_text("names ", listed, " as its ", name, ", and ", own.file().string(), " describes ",
                                     own.class_name()));
    if (!is_unet && !only.empty() && listed != only)
      throw FileError(index, to_text("is a ", found.class_name, " with ", listed, ", and runs it as ", only));
  }
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
