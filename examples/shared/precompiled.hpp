#pragma once
// What the programs read, compiled once: see CMakeLists.txt.
#include <CLI/CLI.hpp>

#include <hush/compiled.hpp>
