#pragma once
// Data sets: host images, no tensors.

#include <hush/data/brush.hpp>
#include <hush/data/fashion_mnist.hpp>
#include <hush/data/folder_pictures.hpp>
#include <hush/data/gzip.hpp>
#include <hush/data/idx.hpp>
#include <hush/data/image_folder.hpp>
#include <hush/data/image_set.hpp>
#include <hush/data/jpeg_pairs.hpp>
#include <hush/data/lab.hpp>
#include <hush/data/lab_bytes.hpp>
#include <hush/data/lab_pairs.hpp>
#include <hush/data/lab_planes.hpp>
#include <hush/data/mask_file.hpp>
#include <hush/data/masks.hpp>
#include <hush/data/packed_images.hpp>
#include <hush/data/picture_files.hpp>
#include <hush/data/pil_resize.hpp>
#include <hush/data/pixels.hpp>
#include <hush/data/resize.hpp>
#include <hush/data/shuffle.hpp>
#include <hush/data/stroke_masks.hpp>
#include <hush/data/with_holes.hpp>
#include <hush/data/workers.hpp>
