#pragma once
// The headers of the programs, precompiled once: see CMakeLists.txt.
#include <CLI/CLI.hpp>

#include <hush/compiled.hpp>
