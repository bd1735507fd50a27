#include <hush/random/torch_random.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <vector>

using namespace hush;

// The numbers in this file are what PyTorch 2.15 prints.
namespace {

std::vector<float> randn(TorchRandom& random, std::size_t n) {
  std::vector<float> x(n);
  random.randn(x);
  return x;
}

void agree(const std::vector<float>& x, const std::vector<float>& expected, float tolerance) {
  REQUIRE(x.size() == expected.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    CAPTURE(i);
    CHECK(std::abs(x[i] - expected[i]) <= tolerance);
  }
}

}  // namespace

TEST_CASE("torch_random: the words are those of MT19937") {
  TorchRandom random;
  for (int i = 0; i < 9999; ++i) random.word();
  CHECK(random.word() == 4123659995u);  // the C++ standard, [rand.predef]
}

TEST_CASE("torch_random: fewer than sixteen normals come one after the other") {
  TorchRandom random{0};
  agree(randn(random, 15),
        {1.5409960746765137f, -0.293428897857666f, -2.1787893772125244f, 0.5684312582015991f, -1.0845223665237427f,
         -1.3985954523086548f, 0.40334683656692505f, 0.8380263447761536f, -0.7192575931549072f, -0.40334352850914f,
         -0.5966353416442871f, 0.18203648924827576f, -0.8566746115684509f, 1.1006041765213013f, -1.0711873769760132f},
        0);
}

TEST_CASE("torch_random: sixteen come in a block, and an incomplete last block is drawn once more") {
  TorchRandom whole{0}, tail{0};
  agree(randn(whole, 16),
        {-1.1258398294448853f, -1.152360200881958f, -0.2505785822868347f, -0.4338788092136383f, 0.8487103581428528f,
         0.6920091509819031f, -0.31601276993751526f, -2.1152193546295166f, 0.32227492332458496f, -1.2633347511291504f,
         0.34998318552970886f, 0.30813392996788025f, 0.11984150856733322f, 1.237657904624939f, 1.1167771816253662f,
         -0.2472781538963318f},
        1e-6f);
  agree(randn(tail, 20),
        {-1.1258398294448853f, -1.152360200881958f,  -0.2505785822868347f, -0.4338788092136383f, 0.5988394618034363f,
         -1.5550950765609741f, -0.3413603901863098f, 1.85300612449646f,    0.46809640526771545f, -0.1577124446630478f,
         1.4436601400375366f,  0.26604941487312317f, 1.3893661499023438f,  1.586334228515625f,   0.946298360824585f,
         -0.843676745891571f,  0.9318265914916992f,  1.2590092420578003f,  2.0049805641174316f,  0.05373690277338028f},
        1e-6f);
}

TEST_CASE("torch_random: calls of all kinds follow each other, and the spare normal of a pair waits") {
  TorchRandom random{123};
  agree(randn(random, 3), {-0.11146711558103561f, 0.12036294490098953f, -0.3696345090866089f}, 0);
  const std::vector<float> block = randn(random, 17);
  CHECK(std::abs(block[0] - 0.4688628911972046f) < 1e-6f);
  CHECK(std::abs(block[16] - 0.8805443048477173f) < 1e-6f);
  agree(randn(random, 2), {-0.2404179722070694f, 1.0774654150009155f}, 0);
  CHECK(random.uniform24() == 0.5158750414848328f);
  CHECK(random.uniform24() == 0.42201972007751465f);
  CHECK(random.uniform53() == 0.6288283931939049);
  CHECK(random.uniform53() == 0.4459716429514452);
}

TEST_CASE("torch_random: only the lower half of a seed counts, as in PyTorch") {
  TorchRandom random{(std::uint64_t(1) << 40) + 7};
  agree(randn(random, 4), {-0.1467950940132141f, 0.7861412763595581f, 0.9468216300010681f, -1.1143440008163452f}, 0);
  CHECK(random.uniform24() == 0.36531615257263184f);
}

TEST_CASE("torch_random: images are filled channel by channel") {
  TorchRandom random{0}, again{0};
  std::vector<float> x(24);
  random(x, Shape{2, 2, 2, 3});
  // torch.randn(2, 3, 2, 2).permute(0, 2, 3, 1)
  agree({x.begin(), x.begin() + 6},
        {-1.1258398294448853f, 0.8487103581428528f, 0.46809640526771545f, -1.152360200881958f, 0.6920091509819031f,
         -0.1577124446630478f},
        1e-6f);
  CHECK(std::abs(x[23] - -2.316041946411133f) < 1e-6f);
  CHECK_THROWS_WITH_AS(again(x, Shape{2, 3}), "[TorchRandom] wants images [N, H, W, C], got [2, 3] for 24 values",
                       std::invalid_argument);
  CHECK_THROWS_AS(again(x, Shape{2, 2, 2, 4}), std::invalid_argument);
}
