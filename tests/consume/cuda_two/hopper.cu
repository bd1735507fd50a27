#include "../silu.cuh"

Answer ask_hopper() { return answer<float>(); }
