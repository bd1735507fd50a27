#pragma once
// The one place where the version is written; the build reads it from here.
#include <compare>

/// 10000 * major + 100 * minor + patch, for the preprocessor.
#define HUSH_VERSION 100

namespace hush {

/// Semantic version; while major is 0, a new minor may change interfaces.
struct Version {
  int major_part = 0, minor_part = 0, patch_part = 0;
  friend constexpr auto operator<=>(const Version&, const Version&) = default;
};

/// The version of the headers that were included.
inline constexpr Version version{HUSH_VERSION / 10000, HUSH_VERSION / 100 % 100, HUSH_VERSION % 100};

}  // namespace hush
