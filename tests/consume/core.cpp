#include <hush/core.hpp>

#include <cstdio>

int main() {
  std::printf("hush %d.%d.%d\n", hush::version.major_part, hush::version.minor_part, hush::version.patch_part);
  return hush::Shape{2, 3}.size() == 6 ? 0 : 1;
}
