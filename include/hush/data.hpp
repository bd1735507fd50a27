#pragma once
// Data sets: host images, no tensors.

#include <hush/data/fashion_mnist.hpp>
#include <hush/data/gzip.hpp>
#include <hush/data/idx.hpp>
#include <hush/data/image_set.hpp>
#include <hush/data/pixels.hpp>
#include <hush/data/resize.hpp>
#include <hush/data/shuffle.hpp>
