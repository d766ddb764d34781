// What the library says of itself.
#include <cstring>
#include <iterator>

#include "boundary.hpp"

#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)

uint32_t smolgrad_version(void) {
  return SMOLGRAD_VERSION_MAJOR * 1000000 + SMOLGRAD_VERSION_MINOR * 1000 + SMOLGRAD_VERSION_PATCH;
}

const char* smolgrad_version_string(void) {
  return TEXT(SMOLGRAD_VERSION_MAJOR) "." TEXT(SMOLGRAD_VERSION_MINOR) "." TEXT(SMOLGRAD_VERSION_PATCH);
}

int32_t smolgrad_has_feature(const char* name) {
  if (name == nullptr) return 0;
  for (const char* feature : {"value", "function", "float32", "mlp", "training", "checkpoint"}) {
    if (std::strcmp(name, feature) == 0) return 1;
  }
  return 0;
}

const char* smolgrad_status_name(int32_t status) {
  static constexpr const char* names[] = {"SMOLGRAD_OK",
                                          "SMOLGRAD_ERROR_INVALID_ARGUMENT",
                                          "SMOLGRAD_ERROR_OUT_OF_MEMORY",
                                          "SMOLGRAD_ERROR_WRONG_TAPE",
                                          "SMOLGRAD_ERROR_STALE",
                                          "SMOLGRAD_ERROR_IO",
                                          "SMOLGRAD_ERROR_FORMAT",
                                          "SMOLGRAD_ERROR_CANCELLED",
                                          "SMOLGRAD_ERROR_UNSUPPORTED",
                                          "SMOLGRAD_ERROR_INTERNAL"};
  return status >= 0 && static_cast<std::size_t>(status) < std::size(names) ? names[status] : "unknown";
}
