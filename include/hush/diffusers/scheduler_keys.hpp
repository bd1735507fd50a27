#pragma once
#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <utility>

#include <hush/io/diffusers_config.hpp>
#include <hush/io/json.hpp>

namespace hush::diffusers::detail {

/// The keys of one scheduler_config.json: which class wrote it, which classes and options hush has a counterpart of.
class SchedulerKeys {
 public:
  explicit SchedulerKeys(io::DiffusersConfig config) : config_(std::move(config)), name_(config_.class_name()) {}

 protected:
  bool is(const char* name) const { return name_ == std::string(name) + "Scheduler"; }
  [[noreturn]] void refuse_class(const char* why) const {
    throw FileError(config_.file(),
                    to_text("describes a ", io::in_quotes(name_), ", ", why, " (docs/from-diffusers.md)"));
  }
  void refuse_unmatched() const {
    for (const char* other : {"DDIMInverse", "RePaint", "ScoreSdeVe"})
      if (is(other)) refuse_class("which wants more than noise to start from: name its sampler in the program");
    if (is("FlowMatchHeunDiscrete"))
      refuse_class("whose second-order correction is made in t, that of hush's Heun in noise / signal");
    if (is("DPMSolverSinglestep"))
      refuse_class("whose levels within a step are those of its grid; hush's singlestep solvers take their own");
    for (const char* known :
         {"DDPM", "DDPMParallel", "DDIM", "DDIMParallel", "PNDM", "EulerDiscrete", "EulerAncestralDiscrete",
          "LMSDiscrete", "HeunDiscrete", "KDPM2Discrete", "KDPM2AncestralDiscrete", "DPMSolverMultistep",
          "UniPCMultistep", "DEISMultistep", "SASolver", "EDMEuler", "EDMDPMSolverMultistep", "FlowMatchEulerDiscrete"})
      if (is(known)) return;
    refuse_class("which has no counterpart");
  }
  /// Options of other classes stay in a file that was made from theirs; this class does not look at them.
  void ignore_other_classes() {
    config_.ignore({"skip_prk_steps",     "set_alpha_to_one",   "clip_sample",
                    "clip_sample_range",  "thresholding",       "dynamic_thresholding_ratio",
                    "sample_max_value",   "variance_type",      "timestep_spacing",
                    "steps_offset",       "interpolation_type", "timestep_type",
                    "solver_order",       "solver_type",        "solver_p",
                    "algorithm_type",     "lower_order_final",  "disable_corrector",
                    "predict_x0",         "flow_shift",         "time_shift_type",
                    "lambda_min_clipped", "final_sigmas_type",  "sigma_min",
                    "sigma_max",          "base_shift",         "max_shift",
                    "base_image_seq_len", "max_image_seq_len",  "snr_shift_scale"});
    config_.ignore({"use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas", "use_lu_lambdas",
                    "use_flow_sigmas", "use_dynamic_shifting"});
  }
  void must_be_off(std::initializer_list<const char*> keys) {
    for (const char* key : keys)
      config_.demand(!config_.flag(key, false), key, "hush has no counterpart; write it as false");
  }
  /// The place of a key's word among those that hush has.
  std::size_t one_of(const char* key, const char* usual, std::initializer_list<const char*> words) {
    const std::string word = config_.text(key, usual);
    const auto found = std::find(words.begin(), words.end(), word);
    if (found == words.end()) {
      std::string list;
      for (const char* one : words) list += (list.empty() ? "" : ", ") + std::string(one);
      config_.refuse(key, "hush has ", list);
    }
    return std::size_t(found - words.begin());
  }

  io::DiffusersConfig config_;
  std::string name_;
};

}  // namespace hush::diffusers::detail
