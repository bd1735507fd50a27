#pragma once
// Pictures, weights and checkpoints in files.

#include <hush/io/arrays.hpp>
#include <hush/io/atomic_file.hpp>
#include <hush/io/checkpoint_files.hpp>
#include <hush/io/checkpoints.hpp>
#include <hush/io/checksum.hpp>
#include <hush/io/disk.hpp>
#include <hush/io/half.hpp>
#include <hush/io/json.hpp>
#include <hush/io/logs.hpp>
#include <hush/io/observers.hpp>
#include <hush/io/pixels.hpp>
#include <hush/io/plot.hpp>
#include <hush/io/png.hpp>
#include <hush/io/progress.hpp>
#include <hush/io/safetensors.hpp>
#include <hush/io/tile.hpp>
#include <hush/io/weights.hpp>
