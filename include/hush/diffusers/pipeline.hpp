#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <type_traits>

#include <hush/diffusers/scheduler_writer.hpp>
#include <hush/io/diffusers_unet2d.hpp>
#include <hush/io/json.hpp>

namespace hush::diffusers {

/// Where the parts of a pipeline's folder lie that hush reads.
struct Pipeline {
  std::string class_name;           // "DDPMPipeline"
  std::filesystem::path unet;       // folder, for io::unet2d_config_of and io::load_diffusers
  std::filesystem::path scheduler;  // file, for read_scheduler
};

namespace detail {

/// The class that model_index.json names for a part: "name": ["library", "Class"]. Empty for one that the pipeline does
/// without ([null, null]), and for what is no part but an option.
inline std::string part_class(const std::string& name, const io::Json& part, const std::filesystem::path& index) {
  if (!part.is_array() || part.size() != 2 || (part[0].is_null() && part[1].is_null())) return {};
  const std::string& library = io::text_of(part[0], "the library of a part", index);
  const std::string& class_name = io::text_of(part[1], "the class of a part", index);
  if (library != "diffusers")
    throw FileError(index, to_text("takes ", io::in_quotes(name), ", a ", io::in_quotes(class_name), ", from ",
                                   io::in_quotes(library), ": hush knows parts of diffusers alone"));
  return class_name;
}

/// The pipeline that runs a scheduler on a network that is given an image and a time, empty if none does it right:
/// DDPMPipeline takes any scheduler, but most refuse its arguments, and Euler's want their input scaled first.
inline std::string_view pipeline_class(std::string_view scheduler) {
  if (scheduler == "DDIMScheduler") return "DDIMPipeline";
  return scheduler == "DDPMScheduler" || scheduler == "DPMSolverMultistepScheduler" ? "DDPMPipeline" : "";
}

}  // namespace detail

/// Reads model_index.json in the folder of a pipeline of diffusers: which classes its network and scheduler are. Throws
/// FileError for one with other parts (an autoencoder, a text encoder), for another network than UNet2DModel and
/// UNet2DConditionModel, for a part whose own file is missing or of another class (diffusers follows the index there,
/// without a word).
inline Pipeline read_pipeline(const std::filesystem::path& folder) {
  const auto index = folder / "model_index.json";
  const io::Json content = io::read_json(index);
  Pipeline found{io::text_of(io::member(content, "_class_name", index), "_class_name", index), folder / "unet",
                 folder / "scheduler" / "scheduler_config.json"};
  for (const auto& [name, part] : content.items()) {
    const std::string class_name = detail::part_class(name, part, index);
    if (class_name.empty()) continue;
    if (name != "unet" && name != "scheduler")
      throw FileError(index, to_text("has a part ", io::in_quotes(name), ", a ", io::in_quotes(class_name),
                                     ": hush has networks of pixels, a unet and a scheduler, nothing else"));
    if (name == "unet" && class_name != "UNet2DModel" && class_name != "UNet2DConditionModel")
      throw FileError(index, to_text("has a ", io::in_quotes(class_name),
                                     " as its unet: hush reads UNet2DModel and UNet2DConditionModel"));
  }
  for (const char* name : {"unet", "scheduler"}) {
    const std::string listed = detail::part_class(name, io::member(content, name, index), index);
    if (listed.empty()) throw FileError(index, to_text("names no class for ", io::in_quotes(name)));
    const io::DiffusersConfig own(name == std::string("unet") ? found.unet / "config.json" : found.scheduler);
    if (own.class_name() != listed)
      throw FileError(index, to_text("names a ", io::in_quotes(listed), " as its ", name, ", and ", own.file().string(),
                                     " describes a ", io::in_quotes(own.class_name())));
  }
  return found;
}

/// Writes the folder of a pipeline that diffusers' from_pretrained reads and runs: model_index.json, unet/ and
/// scheduler/. For a network that is given an image and a time, and Ddpm, Ddim or DpmSolverPp; others can be written by
/// io::save_diffusers and write_scheduler, and run by a loop. Throws FileError, and std::invalid_argument for what no
/// pipeline of diffusers runs; model_index.json is written last.
template <class P, hush::detail::NetworkBackend N, Sampler S, Backend B>
void save_pipeline(const std::filesystem::path& folder, const P& process, const Unet2d<N>& net, const S& sampler,
                   const SampleOptions<B>& options, const io::WeightFile& as = {}) {
  check(net.ports() == Ports{} && !io::detail::is_conditional(net.config()), "save_pipeline",
        "no pipeline of diffusers runs a network that is more than a UNet2DModel given an image and a time: write its "
        "parts by io::save_diffusers and write_scheduler");
  const io::Json scheduler = detail::config_of(process, sampler, options);
  const std::string name = scheduler.at("_class_name").template get<std::string>();
  const std::string_view class_name = detail::pipeline_class(name);
  check(!class_name.empty(), "save_pipeline", "no pipeline of diffusers runs a ", name,
        " on a UNet2DModel: write the parts by io::save_diffusers and write_scheduler");
  write_scheduler(folder / "scheduler", process, sampler, options);
  io::save_diffusers(folder / "unet", net, as);
  const io::Json index{{"_class_name", class_name},
                       {"_diffusers_version", "0.42.1"},
                       {"scheduler", {"diffusers", name}},
                       {"unet", {"diffusers", "UNet2DModel"}}};
  io::write_file(folder / "model_index.json", index.dump(2) + "\n");
}

}  // namespace hush::diffusers
