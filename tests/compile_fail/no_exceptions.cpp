// expect: hush says what is wrong by exceptions: compile without -fno-exceptions
// flags: -fno-exceptions | -fexceptions
#include <hush/check.hpp>

void use(double rate) { hush::check(rate < 1, "here", "is ", rate); }
