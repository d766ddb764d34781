// Files as a whole, and what to say when the system refuses one.
#pragma once

#include <string>

namespace smolgrad::io {

/// All bytes of a file, of whatever kind. Throws Error: io with the system's reason, or out_of_memory.
std::string read_file(const std::string& path);

/// Throws Error: "cannot <action> <path>: " and the system's words for `error`, an errno. Code io, or out_of_memory.
[[noreturn]] void throw_system_error(const char* action, const std::string& path, int error);

}  // namespace smolgrad::io
