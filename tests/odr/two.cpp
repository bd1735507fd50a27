#include <hush/hush.hpp>
#include <hush/io/gif.hpp>

const void* version_of_two();
const void* version_of_two() { return &hush::version; }
