#pragma once
#include <filesystem>
#include <string>
#include <string_view>

#include <hush/errors.hpp>

namespace hush::io {

/// The extension of a file's name in lower case, with its dot: ".png". Empty if there is none or it begins with a digit
/// (the .5 of run-0.5).
inline std::string ending_of(const std::filesystem::path& file) {
  std::string ending = file.extension().string();
  for (char& letter : ending)
    if (letter >= 'A' && letter <= 'Z') letter = char(letter - 'A' + 'a');
  return ending.size() >= 2 && (ending[1] < '0' || ending[1] > '9') ? ending : "";
}

/// Throws FileError if the extension of a file's name is not that of the format to be written; a name without one
/// passes. The writers of pictures call it; call it before long work, too.
inline void check_ending(const std::filesystem::path& file, std::string_view kind, std::string_view ending) {
  const std::string found = ending_of(file);
  if (found.empty() || found == ending) return;
  auto cure = file.filename();
  throw FileError(file, to_text("would hold ", kind, ", which a name that ends in ", found, " does not say; call it ",
                                cure.replace_extension(ending).string()));
}
inline void check_png_name(const std::filesystem::path& file) { check_ending(file, "a PNG picture", ".png"); }
inline void check_gif_name(const std::filesystem::path& file) { check_ending(file, "a GIF animation", ".gif"); }
inline void check_svg_name(const std::filesystem::path& file) { check_ending(file, "an SVG drawing", ".svg"); }

/// `check_ending` for weights: any extension passes but those of other formats.
inline void check_weights_name(const std::filesystem::path& file) {
  const std::string found = ending_of(file);
  for (const auto* other : {".pt", ".pth", ".bin", ".ckpt", ".pkl", ".npz", ".npy", ".h5", ".onnx", ".gguf"})
    if (found == other) check_ending(file, "a safetensors file", ".safetensors");
}

}  // namespace hush::io
