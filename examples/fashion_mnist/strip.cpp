#include <hush/hush.hpp>
#include <iostream>

#include "../shared/fashion_files.hpp"
#include "recipe.hpp"

namespace fashion {

int strip(const StripArguments& a) {
  io::FilePlan files;
  examples::tell_fashion_mnist(files, a.data), files.writes("--out", a.out, ".png");
  files.check();
  const auto set = data::fashion_mnist(a.data);
  check(a.image >= 0 && a.image < set.size(), "strip", "there is no image ", a.image, ": the set has ", set.size());
  const Diffusion process = fashion::process();
  const auto item = set.batch({&a.image, 1});
  const Tensor<Cpu<float>> x0 = upload(Cpu<float>{}, item);
  Images<float> panels(0, item.height, item.width, item.channels);
  for (int t = 0; t <= 500; t += 50) {
    const Level level = process.schedule(t);
    const std::uint32_t panel = std::uint32_t(t / 50);
    const auto eps =
        normal_images(x0.on(), x0.shape(), Stream{.seed = a.seed, .purpose = purpose("strip")}, {&panel, 1});
    const auto xt = download<float>(blended_images<Cpu<float>>({&level.signal, 1}, x0, {&level.noise, 1}, eps));
    panels.pixels.insert(panels.pixels.end(), xt.begin(), xt.end());
    ++panels.count;
  }
  io::write_grid(a.out, panels, {.columns = panels.count, .scale = a.scale});
  std::cout << "image " << a.image << " at t = 0, 50, ..., 500 in " << a.out.string() << std::endl;
  return 0;
}

}  // namespace fashion
