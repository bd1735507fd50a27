#include "pictures.hpp"

#include <hush/data.hpp>
#include <map>
#include <memory>
#include <string>

namespace iclevr {

namespace {

/// A set behind `LabelledPictures`, which keeps it.
template <class Set>
LabelledPictures kept(std::shared_ptr<const Set> set) {
  return {set->size(),
          [set](std::span<const std::int64_t> items, std::int64_t epoch) { return batch_of(*set, items, epoch); },
          data::fingerprint_of(*set)};
}

/// Pictures in memory, mirrored at random or not, with their labels. It keeps what it stands on in its own place.
class FromFolder {
 public:
  FromFolder(data::ImageFolder folder, Sets labels, std::uint64_t seed, bool flip)
      : folder_(std::move(folder)), mirrored_(folder_, seed, flip ? .5 : 0), pairs_(mirrored_, std::move(labels)) {}
  FromFolder(const FromFolder&) = delete;
  std::int64_t size() const { return pairs_.size(); }
  Examples<LabelSets> batch(std::span<const std::int64_t> items, std::int64_t epoch) const {
    return pairs_.batch(items, epoch);
  }
  std::string fingerprint() const { return data::fingerprint_of(pairs_); }

 private:
  data::ImageFolder folder_;
  data::HorizontalFlip<data::ImageFolder> mirrored_;
  data::WithLabels<data::HorizontalFlip<data::ImageFolder>> pairs_;
};

/// The numbers of a list's files among the pictures of a folder.
std::vector<std::int64_t> numbers_in(const data::ImageFolder& folder, const std::vector<data::LabelledFile>& files,
                                     const TrainArguments& a) {
  std::map<std::string, std::int64_t> number;
  for (std::int64_t i = 0; i < folder.size(); ++i) number[folder.name(i)] = i;
  std::vector<std::int64_t> numbers;
  for (const data::LabelledFile& file : files) {
    const auto found = number.find(file.file);
    if (found == number.end())
      throw FileError(a.pictures / file.file, to_text("is not there, but ", a.labels.string(),
                                                      " has its labels: give its folder as --pictures"));
    numbers.push_back(found->second);
  }
  return numbers;
}

std::pair<LabelledPictures, LabelledPictures> from_folder(const TrainArguments& a, const ImageSize& size) {
  const auto files = data::read_labelled_files(a.labels, data::LabelNames(data::shape_names()));
  const auto folder =
      data::image_folder(a.pictures, {.size = {size.height, size.width}, .in_memory = true});  // squeezed, not cropped
  const std::vector<std::int64_t> numbers = numbers_in(folder, files, a);
  const std::size_t training = data::iclevr_training_count(files.size());
  const auto part = [&](std::size_t begin, std::size_t end, bool flip) {
    Sets labels;
    for (std::size_t i = begin; i < end; ++i) labels.push_back(files[i].labels);
    return kept(std::make_shared<const FromFolder>(folder.part(std::span(numbers).subspan(begin, end - begin)),
                                                   std::move(labels), a.seed, flip));
  };
  const std::size_t held = a.validate ? std::min(files.size(), training + std::size_t(a.validate)) : files.size();
  return {part(0, training, !a.no_flip), part(training, held, false)};
}

}  // namespace

std::pair<LabelledPictures, LabelledPictures> pictures_of(const TrainArguments& a, std::int64_t scenes,
                                                          const ImageSize& size) {
  check(a.pictures.empty() == a.labels.empty(), "train", "--pictures and --labels go together");
  if (!a.pictures.empty()) return from_folder(a, size);
  const auto held = std::make_shared<const data::RandomShapes>(
      std::max<std::int64_t>(a.validate, 1), size.height, size.width, a.seed + 1, a.where.threads);  // other scenes
  LabelledPictures validation = kept(held);
  validation.count = a.validate;
  return {kept(std::make_shared<const data::RandomShapes>(scenes, size.height, size.width, a.seed, a.where.threads)),
          std::move(validation)};
}

}  // namespace iclevr
