#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

#include "where.hpp"

namespace examples {

/// What every `train` takes on its command line besides its data; 0 epochs, batch or rate: the preset's, 0
/// accumulate: one micro-batch for each rank.
struct RunArguments {
  std::filesystem::path run, weights, from;
  std::string preset = "small";
  bool fresh = false;
  std::int64_t epochs = 0, batch = 0, save_every = 0, sample_every = 0, accumulate = 0;
  double rate = 0, minutes = 0, time_limit = 600;
  std::uint64_t seed = 0;
  Where where;
};

}  // namespace examples
