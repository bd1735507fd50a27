#pragma once
#include <filesystem>
#include <system_error>

#include <hush/io/file_plan.hpp>

namespace examples {

/// The official files in the folder --data, as far as they exist; reading a missing one throws FileError.
inline void tell_fashion_mnist(hush::io::FilePlan& files, const std::filesystem::path& data) {
  std::error_code ignored;
  for (const char* name :
       {"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"})
    for (const char* ending : {"", ".gz"})
      if (const auto file = data / hush::to_text(name, ending); std::filesystem::is_regular_file(file, ignored))
        files.reads("--data", file);
}

}  // namespace examples
