#pragma once
#include <filesystem>
#include <string>
#include <string_view>

#include <hush/errors.hpp>

namespace hush::io {

/// The ending of a file's name in small letters, with its dot: ".png". Empty where there is none; what begins with a
/// digit (the .5 of run-0.5) is none.
inline std::string ending_of(const std::filesystem::path& file) {
  std::string ending = file.extension().string();
  for (char& letter : ending)
    if (letter >= 'A' && letter <= 'Z') letter = char(letter - 'A' + 'a');
  return ending.size() >= 2 && (ending[1] < '0' || ending[1] > '9') ? ending : "";
}

/// Throws FileError where a file's name says that it holds something else than what is written into it; a name without
/// an ending says nothing. The writers of pictures ask it themselves; who works long for a picture asks it first.
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

/// The same for weights. They may have a name of any ending but those by which other programs know other formats.
inline void check_weights_name(const std::filesystem::path& file) {
  const std::string found = ending_of(file);
  for (const auto* other : {".pt", ".pth", ".bin", ".ckpt", ".pkl", ".npz", ".npy", ".h5", ".onnx", ".gguf"})
    if (found == other) check_ending(file, "a safetensors file", ".safetensors");
}

}  // namespace hush::io
