#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <hush/data/image_folder.hpp>
#include <hush/data/label_names.hpp>
#include <hush/errors.hpp>

namespace hush::data {

/// The classes of pictures, by their names and by their numbers.
struct FolderClasses {
  LabelNames names;
  std::vector<std::int32_t> classes;  // of each picture
};

/// The classes of a folder's pictures by the folders in it, as torchvision's ImageFolder has them: each folder is a
/// class, whatever depth its pictures lie at; numbers follow the names sorted as bytes. A picture's file may be
/// cats/1.png. Throws FileError for a picture that lies in none.
inline FolderClasses folder_classes(const ImageFolder& pictures) {
  std::vector<std::string> of_items, names;
  for (std::int64_t item = 0; item < pictures.size(); ++item) {
    const std::string& name = pictures.name(item);
    const std::size_t slash = name.find('/');
    if (slash == name.npos)
      throw FileError(pictures.path(item),
                      "has no class: it lies in no folder below that of the pictures, which the class is called by");
    of_items.push_back(name.substr(0, slash));
  }
  names = of_items;
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  FolderClasses found{LabelNames(std::move(names)), {}};
  for (const std::string& name : of_items) found.classes.push_back(found.names(name));
  return found;
}

}  // namespace hush::data
