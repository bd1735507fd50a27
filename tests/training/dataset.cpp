#include <hush/training/dataset.hpp>

#include <doctest/doctest.h>

using namespace hush;

namespace {

struct Plain {
  std::int64_t size() const { return 1; }
  Images<float> batch(std::span<const std::int64_t> items) const { return {std::int64_t(items.size()), 1, 1, 1}; }
};
struct Labelled {
  std::int64_t size() const { return 1; }
  Examples<std::vector<int>> batch(std::span<const std::int64_t>, std::int64_t) const { return {}; }
};
struct OfBytes {
  std::int64_t size() const { return 1; }
  Images<std::uint8_t> batch(std::span<const std::int64_t>) const { return {}; }
};

static_assert(Dataset<Plain> && Dataset<Labelled> && !Dataset<OfBytes> && !Dataset<int>);
static_assert(std::same_as<GivenOf<Plain>, Nothing> && std::same_as<GivenOf<Labelled>, std::vector<int>>);

}  // namespace

TEST_CASE("dataset: one that is kept elsewhere is there, or is not") {
  const Plain set;
  const KeptElsewhere<Plain> none, by_address = &set, by_name = set;
  CHECK_FALSE(bool(none));
  CHECK(&*by_address == &set);
  CHECK(&*by_name == &set);
  CHECK(by_name->size() == 1);
}
