#include "../silu.cuh"

Answer in_float() { return answer<float>(); }
Answer in_bf16() { return answer<hush::bf16>(); }
