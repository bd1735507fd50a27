// What each library behind hush::hush and hush::gif does, called once, so that it is linked: with no flag for speed.
#include <hush/data/gzip.hpp>
#include <hush/io/gif.hpp>
#include <hush/io/jpeg.hpp>
#include <hush/io/json.hpp>
#include <hush/io/png.hpp>
#include <hush/version.hpp>

#include <cstdio>

int main() {
  std::printf("hush %d.%d.%d\n", hush::version.major_part, hush::version.minor_part, hush::version.patch_part);
  const hush::Images<float> one(1, 8, 8, 1);
  const auto bytes = hush::io::to_bytes(one);
  const bool json = hush::io::parse_json("[1]", "list").size() == 1;
  const bool pictures = !hush::io::encode_png(bytes).empty() && !hush::io::encode_gif(one).empty() &&
                        hush::io::through_jpeg(bytes, 90).width == 8;
  return json && pictures ? 0 : 1;
}
