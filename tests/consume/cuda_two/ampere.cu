#include "../silu.cuh"

Answer ask_ampere() { return answer<float>(); }
