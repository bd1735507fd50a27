#pragma once
#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <hush/cuda/conv2d_key.hpp>
#include <hush/cuda/cudnn/device.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

/// One of cuDNN's ways to run a graph: its number, and the settings ("knobs") that it is asked to run with.
struct CudnnEngine {
  std::int64_t index = 0;
  std::vector<std::pair<int, std::int64_t>> knobs;

  bool operator==(const CudnnEngine&) const = default;
  /// "12 2=31 14=4": what a file of choices holds.
  std::string text() const {
    std::string line = to_text(index);
    for (const auto& [knob, value] : knobs) line += to_text(" ", knob, "=", value);
    return line;
  }
};

/// What cuDNN notes about an engine.
struct CudnnNotes {
  std::vector<cudnnBackendNumericalNote_t> numerical;
  std::vector<cudnnBackendBehaviorNote_t> behaviour;

  bool has(cudnnBackendNumericalNote_t note) const {
    return std::find(numerical.begin(), numerical.end(), note) != numerical.end();
  }
  bool has(cudnnBackendBehaviorNote_t note) const {
    return std::find(behaviour.begin(), behaviour.end(), note) != behaviour.end();
  }
};

/// Whether an engine may run the convolution: it is compiled already, its sums come in the same order each time (unless
/// the key is `fast`), and true floats stay floats: no tensor cores, no transforms that lose digits.
inline bool allowed(const CudnnNotes& notes, const Conv2dKey& key) {
  if (notes.has(CUDNN_BEHAVIOR_NOTE_RUNTIME_COMPILATION)) return false;
  if (notes.has(CUDNN_BEHAVIOR_NOTE_REQUIRES_FILTER_INT8x32_REORDER)) return false;
  if (notes.has(CUDNN_BEHAVIOR_NOTE_REQUIRES_BIAS_INT8x32_REORDER)) return false;
  if (!key.fast && notes.has(CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC)) return false;
  if (notes.has(CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION)) return false;
  if (key.precision != Conv2dPrecision::fp32) return true;
  for (const auto note : {CUDNN_NUMERICAL_NOTE_TENSOR_CORE, CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS,
                          CUDNN_NUMERICAL_NOTE_FFT, CUDNN_NUMERICAL_NOTE_WINOGRAD})
    if (notes.has(note)) return false;
  return true;
}

/// The configurations of engines that cuDNN's heuristics propose for a graph, best first, as one mode sees it. None,
/// where the mode has nothing to say.
inline std::vector<CudnnDescriptor> cudnn_proposals(const CudnnDevice& device, const CudnnDescriptor& graph,
                                                    cudnnBackendHeurMode_t mode) {
  CudnnDescriptor heuristics(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR, graph.about());
  heuristics.set(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph).set(CUDNN_ATTR_ENGINEHEUR_MODE, mode);
  device.tell_properties(heuristics, CUDNN_ATTR_ENGINEHEUR_DEVICEPROP);
  if (!heuristics.can_finalise()) return {};
  return heuristics.get_all(CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
}

/// What a configuration asks for.
inline CudnnEngine engine_of(const CudnnDescriptor& configuration) {
  const auto engine = configuration.get(CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_BACKEND_ENGINE_DESCRIPTOR);
  CudnnEngine chosen{.index = engine.get<std::int64_t>(CUDNN_ATTR_ENGINE_GLOBAL_INDEX), .knobs = {}};
  for (const auto& knob : configuration.get_all(CUDNN_ATTR_ENGINECFG_KNOB_CHOICES, CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR,
                                                CUDNN_KNOB_TYPE_COUNTS))
    chosen.knobs.emplace_back(int(knob.get<cudnnBackendKnobType_t>(CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE)),
                              knob.get<std::int64_t>(CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE));
  std::sort(chosen.knobs.begin(), chosen.knobs.end());
  return chosen;
}

/// What cuDNN notes about a configuration's engine.
inline CudnnNotes notes_of(const CudnnDescriptor& configuration) {
  const auto engine = configuration.get(CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_BACKEND_ENGINE_DESCRIPTOR);
  return {
      engine.get_all<cudnnBackendNumericalNote_t>(CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, CUDNN_NUMERICAL_NOTE_TYPE_COUNT),
      engine.get_all<cudnnBackendBehaviorNote_t>(CUDNN_ATTR_ENGINE_BEHAVIOR_NOTE, CUDNN_BEHAVIOR_NOTE_TYPE_COUNT)};
}

/// The configuration that a choice names. Throws CudaError if this cuDNN has no such engine for the graph.
inline CudnnDescriptor configured(const CudnnDevice& device, const CudnnDescriptor& graph, const CudnnEngine& choice) {
  CudnnDescriptor engine(CUDNN_BACKEND_ENGINE_DESCRIPTOR, graph.about());
  engine.set(CUDNN_ATTR_ENGINE_OPERATION_GRAPH, graph).set(CUDNN_ATTR_ENGINE_GLOBAL_INDEX, choice.index);
  device.tell_properties(engine, CUDNN_ATTR_ENGINE_DEVICEPROP);
  engine.finalise();
  std::vector<CudnnDescriptor> knobs;
  for (const auto& [type, value] : choice.knobs) {
    auto& knob = knobs.emplace_back(CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR, graph.about());
    knob.set(CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE, cudnnBackendKnobType_t(type));
    knob.set(CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE, value);
    knob.finalise();
  }
  CudnnDescriptor configuration(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR, graph.about());
  configuration.set(CUDNN_ATTR_ENGINECFG_ENGINE, engine);
  if (!knobs.empty()) configuration.set(CUDNN_ATTR_ENGINECFG_KNOB_CHOICES, knobs);
  configuration.finalise();
  return configuration;
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
