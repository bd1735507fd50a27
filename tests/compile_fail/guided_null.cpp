// expect: Guided: this conditioning has no null condition. Write: template <Value V> void set_null(Input<V>&) const
#include <hush/conditionings/concat_image.hpp>
#include <hush/guidance.hpp>

#include "small_training.hpp"

struct Labels : hush::ConcatImage {
#ifdef HUSH_WRITTEN_RIGHT
  template <hush::Value V>
  void set_null(hush::Input<V>&) const {}
#endif
};

int main() { return hush::Guided{Identity{}, Labels{}, 3.}.scale > 1 ? 0 : 1; }
