// expect: a network belongs to a machine, not to a type of number. Write AttentionUnet<Cpu<float>>, not AttentionUnet<
#include <hush/core.hpp>

#ifdef HUSH_WRITTEN_RIGHT
hush::AttentionUnet<hush::Cpu<float>> net{{}, {}, hush::Seed{7}};
#else
hush::AttentionUnet<float> net{{}, {}, hush::Seed{7}};
#endif
