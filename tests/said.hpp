#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <hush/warning.hpp>

/// What is warned of while it lives.
struct Said {
  std::vector<std::string> lines;
  std::function<void(std::string_view)> before = hush::warning_sink();
  Said() {
    hush::warning_sink() = [this](std::string_view line) { lines.emplace_back(line); };
  }
  ~Said() { hush::warning_sink() = before; }
};
