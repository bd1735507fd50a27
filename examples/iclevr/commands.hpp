#pragma once
#include "generator.hpp"
#include "recipe.hpp"

namespace iclevr {

/// What a GPU does.
struct Commands {
  int (*train)(const TrainArguments& arguments);
  Generator (*generator)(const SamplingArguments& arguments);
};

}  // namespace iclevr
