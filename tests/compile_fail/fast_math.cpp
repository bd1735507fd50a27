// expect: hush must see NaN and infinity, which -ffast-math and -Ofast hide: add -fno-finite-math-only behind them
// flags: -O2 -ffast-math | -O2 -ffast-math -fno-finite-math-only
#include <hush/check.hpp>

void use(double rate) { hush::check(rate < 1, "here", "is ", rate); }
