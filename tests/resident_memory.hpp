// How much memory the process really uses.
#pragma once

#include <cstddef>
#include <cstdio>

#include <unistd.h>

namespace smolgrad::test {

/// Resident bytes, 0 where the system does not say.
inline std::size_t resident_bytes() {
  std::FILE* const file = std::fopen("/proc/self/statm", "r");
  if (file == nullptr) return 0;
  unsigned long total = 0;
  unsigned long resident = 0;
  const int read = std::fscanf(file, "%lu %lu", &total, &resident);
  std::fclose(file);
  return read == 2 ? resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) : 0;
}

}  // namespace smolgrad::test
