#include <hush/hush.hpp>
#include <iostream>

#include "../shared/fashion_files.hpp"
#include "recipe.hpp"

namespace fashion {

int export_pictures(const ExportArguments& a) {
  io::FilePlan files;
  examples::tell_fashion_mnist(files, a.data), files.writes_folder("--out", a.out);
  files.check();
  io::left_of_earlier_pngs(a.out, a.count);  // refuses a folder of other pictures
  const auto split = a.split == "train" ? data::Split::train : data::Split::test;
  const auto set = data::fashion_mnist(a.data, {.split = split, .size = 28, .limit = a.count});
  io::write_pngs(a.out, data::to_bytes(set.images));
  std::cout << set.size() << " pictures in " << a.out.string() << std::endl;
  return 0;
}

}  // namespace fashion
