#pragma once
// All of hush for the CPU.

#include <hush/core.hpp>
#include <hush/data.hpp>
#include <hush/io.hpp>

#include <hush/memory_report.hpp>
