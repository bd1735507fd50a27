#pragma once
#include <cstdint>
#include <memory>

#include <hush/nn/initialise.hpp>

/// A backend of shapes without numbers: networks of any size fit. A test says that there is nothing to draw numbers
/// for:
///   namespace shapes_only { inline void initialise(Adm<Shapes>&, Seed) {} }
namespace shapes_only {

using namespace hush;

struct Shapes {
  using scalar = float;
  using master = float;
  using full = Shapes;
  full in_full() const { return *this; }
  template <class U>
  std::shared_ptr<U[]> allocate(std::int64_t) const {
    return std::make_shared<U[]>(1);
  }
};

}  // namespace shapes_only
