#include <doctest/doctest.h>

#include <hush/cuda/team/vec.hpp>
#include <hush/tensor/bf16.hpp>

#include <vector>

using hush::aligned_for_vec8, hush::bf16, hush::Vec, hush::Vec8;

static_assert(sizeof(Vec8) == 32 && alignof(Vec8) == 16 && sizeof(Vec<8, bf16>) == 16 && alignof(Vec<8, bf16>) == 16);
static_assert(sizeof(Vec<1>) == sizeof(float) && alignof(Vec<1>) == alignof(float) && sizeof(Vec<1, bf16>) == 2);
static_assert(alignof(Vec<8, unsigned char>) == 8);

TEST_CASE("vec: eight numbers are read as floats and written rounded") {
  alignas(16) bf16 x[16];
  for (int i = 0; i < 16; ++i) x[i] = bf16(float(i) / 4);
  const Vec8 v = Vec8::load(x + 8);
  for (int k = 0; k < 8; ++k) CHECK(v.v[k] == float(8 + k) / 4);
  alignas(16) bf16 y[8];
  Vec8 third;
  for (float& one : third.v) one = 1.f / 3;
  third.store(y);
  for (const bf16 one : y) CHECK(float(one) == float(bf16(1.f / 3)));
}

TEST_CASE("vec: a tail, or an array that is not aligned, is read and written number by number") {
  std::vector<float> room(24, -1);
  float* x = room.data();
  while (!aligned_for_vec8(x)) ++x;
  for (int first : {0, 1})
    for (int left : {-1, 0, 3, 8, 20}) {
      CAPTURE(first);
      CAPTURE(left);
      for (int i = 0; i < 12; ++i) x[i] = float(i + 1);
      CHECK(aligned_for_vec8(x + first) == (first == 0));
      const Vec8 v = Vec8::load(x + first, left);
      for (int k = 0; k < 8; ++k) CHECK(v.v[k] == (k < left ? float(first + k + 1) : 0));
      Vec8 twice = v;
      for (float& one : twice.v) one = 100;
      twice.store(x + first, left);
      for (int i = 0; i < 12; ++i)
        CHECK(x[i] == (i >= first && i - first < left && i - first < 8 ? 100 : float(i + 1)));
    }
}

TEST_CASE("vec: one number at a time") {
  const bf16 x[3] = {bf16(1.f), bf16(2.f), bf16(3.f)};
  float y[3] = {};
  for (int i = 0; i < 3; ++i) Vec<1>::load(x + i).store(y + i);
  CHECK((y[0] == 1 && y[1] == 2 && y[2] == 3));
  const Vec<8, int> whole{{1, 2, 3, 4, 5, 6, 7, 1 << 30}};
  alignas(16) int z[8];
  whole.store(z);
  CHECK(Vec<8, int>::load(z).v[7] == 1 << 30);  // not by way of float
}
