#include <hush/hush.hpp>
#include <hush/io/gif.hpp>

#include <cstdio>

int main() {
  std::printf("hush %d.%d.%d\n", hush::version.major_part, hush::version.minor_part, hush::version.patch_part);
  return hush::Images<float>(2, 3, 4, 1).pixels.size() == 24 ? 0 : 1;
}
