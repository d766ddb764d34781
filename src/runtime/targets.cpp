// The choice among what was compiled: kernels.cpp for each name in SMOLGRAD_VECTOR_TARGETS (cmake/vector.cmake).
#include "kernels.hpp"

namespace smolgrad::runtime {

extern const Target target_baseline;
#ifdef SMOLGRAD_X86_TARGETS
extern const Target target_avx2;
extern const Target target_avx512;
#endif

namespace {

class Supported {
 public:
  Supported() noexcept {
#ifdef SMOLGRAD_X86_TARGETS
    __builtin_cpu_init();
    const bool avx2 = __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0 &&
                      __builtin_cpu_supports("bmi") != 0 && __builtin_cpu_supports("bmi2") != 0;
    const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512vl") != 0 &&
                        __builtin_cpu_supports("avx512dq") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
                        __builtin_cpu_supports("avx512cd") != 0;
    if (avx512) add(target_avx512);
    if (avx2) add(target_avx2);
#endif
    add(target_baseline);
  }

  Targets all() const noexcept { return {targets_, count_}; }

 private:
  void add(const Target& target) noexcept { targets_[count_++] = &target; }

  const Target* targets_[3] = {};
  std::size_t count_ = 0;
};

}  // namespace

Targets targets() noexcept {
  static const Supported supported;
  return supported.all();
}

}  // namespace smolgrad::runtime
