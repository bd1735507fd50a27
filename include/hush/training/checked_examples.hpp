#pragma once
#include <cstdint>
#include <exception>
#include <span>
#include <stdexcept>
#include <string>

#include <hush/images.hpp>
#include <hush/training/loader.hpp>
#include <hush/warning.hpp>

namespace hush {

/// What the items of a data set must be: images of a size, with pixels in a range. Messages call an item `name`.
struct WantedExamples {
  ImageSize size;
  PixelRange pixels = {};
  const char* name = "item";
};

/// An item in words: its number, and its file where the set has a `path(item)`.
template <class Data>
std::string item_name(const Data& data, std::int64_t item, const char* name = "item") {
  if constexpr (requires { data.path(item); })
    return to_text(name, " ", item, " (", data.path(item).string(), ")");
  else
    return to_text(name, " ", item);
}

/// Throws std::invalid_argument, with the item's number where it is known, unless these are the examples of `items`: as
/// many, of the wanted size, their pixels in range, and with what the conditioning wants.
template <class Condition, class Data>
void check_examples(const Condition& conditioning, const Data& data, std::span<const std::int64_t> items,
                    const Examples<GivenOf<Data>>& examples, const WantedExamples& wanted) {
  const Images<float>& images = examples.images;
  const auto name = [&](std::int64_t i) { return item_name(data, items[std::size_t(i)], wanted.name); };
  if (items.empty()) return;
  const auto all = [&] { return items.size() == 1 ? name(0) : to_text("a batch from ", name(0), " on"); };
  const ImageSize found{images.height, images.width, images.channels};
  // Words are made where something is wrong only.
  if (images.count != std::int64_t(items.size()))
    check(false, "train", all(), ": the data set gave ", images.count, " images for ", items.size());
  if (found != wanted.size) check(false, "train", all(), ": the data are ", found, ", the network makes ", wanted.size);
  check_filled("train", images);
  for (std::int64_t i = 0; i < images.count; ++i) {
    const std::string fault = pixel_fault(images, i, wanted.pixels);
    if (!fault.empty())
      check(false, "train", name(i), " ", fault,
            " (bytes become such by data::to_floats; TrainOptions::pixel_range allows others)");
  }
  try {
    conditioning.fits(examples.given, images.count, found);
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(to_text("[train] ", all(), ": ", error.what()));
  }
}

/// Reads items of a data set in an epoch, and checks them as `check_examples` does. Where a batch does not pass, its
/// items are read one by one, to name the first that does not.
template <class Condition, class Data>
Examples<GivenOf<Data>> checked_examples(const Condition& conditioning, const Data& data,
                                         std::span<const std::int64_t> items, std::int64_t epoch,
                                         const WantedExamples& wanted) {
  Examples<GivenOf<Data>> examples = examples_of(data, items, epoch);
  try {
    check_examples(conditioning, data, items, examples, wanted);
  } catch (const std::invalid_argument&) {
    for (const std::int64_t& item : items)
      check_examples(conditioning, data, {&item, 1}, examples_of(data, {&item, 1}, epoch), wanted);
    throw;
  }
  return examples;
}

/// Warns once where a batch has no value below 0 though pixels go from -1 to 1.
inline void warn_of_unsigned(const Images<float>& images, const PixelRange& range) {
  if (range != PixelRange{} || images.pixels.empty()) return;
  for (const float value : images.pixels)
    if (value < 0) return;
  warn_once("no pixel below 0", 0, [] {
    return "[train] the first batch has no value below 0: are these pixels in [0, 1]? Here they go from -1 to 1 "
           "(data::to_floats makes such of bytes); where [0, 1] is meant, say .pixel_range = {0, 1}.";
  });
}

/// How a training reads its batches: each is checked, the first one for pixels in [0, 1] too. The conditioning and the
/// data set must outlive it.
template <class Condition, class Data>
class CheckedReading {
 public:
  CheckedReading(const Condition& conditioning, const Data& data, const WantedExamples& wanted)
      : conditioning_(&conditioning), data_(&data), wanted_(wanted) {}
  Examples<GivenOf<Data>> operator()(std::span<const std::int64_t> items, std::int64_t epoch) {
    auto examples = checked_examples(*conditioning_, *data_, items, epoch, wanted_);
    if (first_) warn_of_unsigned(examples.images, wanted_.pixels);
    first_ = false;
    return examples;
  }

 private:
  const Condition* conditioning_;
  const Data* data_;
  WantedExamples wanted_;
  bool first_ = true;
};

}  // namespace hush
