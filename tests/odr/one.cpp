// Two units of one program include everything; what they share must be one thing, and neither may define it twice.
#include <hush/hush.hpp>
#include <hush/io/gif.hpp>

#include <cstdio>

const void* version_of_two();

int main() {
  const bool one = version_of_two() == static_cast<const void*>(&hush::version);
  std::puts(one ? "one definition" : "two definitions of hush::version");
  return one ? 0 : 1;
}
