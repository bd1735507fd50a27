#include <hush/data/in_memory.hpp>
#include <hush/data/shapes.hpp>
#include <hush/io/file_plan.hpp>
#include <hush/io/numbered_pngs.hpp>
#include <iostream>

#include "recipe.hpp"

namespace iclevr {

int draw(const DrawArguments& a) {
  io::FilePlan files;
  files.reads("--labels", a.labels);
  files.writes_folder("--out", a.out);
  files.check();
  const data::Shapes scenes(label_lists(a.labels), a.side, a.side, a.seed);
  io::write_pngs(a.out, data::in_memory(scenes).pictures());
  std::cout << scenes.size() << " scenes in " << a.out.string() << std::endl;
  return 0;
}

}  // namespace iclevr
