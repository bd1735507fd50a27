// expect: a number alone is no seed. Write: Seed{7}
#include <hush/core.hpp>

#ifdef HUSH_WRITTEN_RIGHT
hush::AttentionUnet<hush::Cpu<float>> net{{}, {}, hush::Seed{7}};
#else
hush::AttentionUnet<hush::Cpu<float>> net{{}, {}, 7};
#endif
