#pragma once
// Schedulers of the Python library diffusers, from their files.

#include <hush/diffusers/check_sampling.hpp>
#include <hush/diffusers/grids.hpp>
#include <hush/diffusers/pipeline.hpp>
#include <hush/diffusers/process.hpp>
#include <hush/diffusers/sampling.hpp>
#include <hush/diffusers/scheduler_keys.hpp>
#include <hush/diffusers/scheduler_reader.hpp>
#include <hush/diffusers/scheduler_writer.hpp>
