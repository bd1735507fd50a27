#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <hush/images.hpp>
#include <hush/io/png.hpp>

#include "recipe.hpp"

// Which files the commands read and write; each is checked before anything is computed.
namespace palette {

/// A picture to restore, and the PNG file of its result.
struct Job {
  std::filesystem::path picture, target;
};
/// The pictures of --image, one or all of a folder with all folders in it, and their targets in --out: the name with
/// the extension .png; if two pictures of a folder differ in the extension only, the whole name and .png (a.jpg.png).
/// Throws FileError where a target is an input, another target or cannot be written.
std::vector<Job> restorations(const RestoreArguments& arguments, const std::string& mask);

/// Makes each picture by `make(job, its number, what to call after each of the steps)` and writes it. One that cannot
/// be made is named on standard error and the others go on, unless --stop-at-error; the last line counts those that
/// were made. The exit code: 1 if any failed, 128 + its number after a signal, which ends the work between two
/// pictures. A target that cannot be written ends it with FileError.
int restore_each(
    const RestoreArguments& arguments, const std::vector<Job>& jobs, std::int64_t steps,
    const std::function<Images<std::uint8_t>(const Job&, std::int64_t, const std::function<void()>&)>& make,
    const io::PictureText& text);

/// Checks the files of the two others. Throws FileError.
void check_files(const TrainArguments& arguments);
void check_files(const EvaluateArguments& arguments, const std::string& mask);

/// Whether the argument of --mask names a file: it has an extension.
bool is_mask_file(const std::string& mask);

}  // namespace palette
