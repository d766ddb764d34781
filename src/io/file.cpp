#include "file.hpp"

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <new>
#include <system_error>

#include <smolgrad/error.hpp>

#include "message.hpp"

namespace smolgrad::io {

namespace {

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

/// One more than it has, so that the end is met without asking for more memory; something for what has no size.
std::size_t expected_size(const std::string& path) {
  std::error_code unknown;
  const std::uintmax_t size = std::filesystem::file_size(path, unknown);
  constexpr std::size_t least = 4096;
  if (unknown || size < least) return least;
  if (size >= PTRDIFF_MAX) throw std::bad_alloc();
  return static_cast<std::size_t>(size) + 1;
}

}  // namespace

std::string read_file(const std::string& path) try {
  errno = 0;
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "rb"));
  if (file == nullptr) throw_system_error("read", path, errno);
  std::string bytes(expected_size(path), '\0');
  std::size_t size = 0;
  for (;;) {
    size += std::fread(bytes.data() + size, 1, bytes.size() - size, file.get());
    if (std::ferror(file.get()) != 0) throw_system_error("read", path, errno);
    if (size < bytes.size()) break;
    bytes.resize(2 * bytes.size());
  }
  bytes.resize(size);
  return bytes;
} catch (const std::bad_alloc&) {
  throw_out_of_memory(path);
}

void throw_system_error(const char* action, const std::string& path, int error) {
  const ErrorCode code = error == ENOMEM ? ErrorCode::out_of_memory : ErrorCode::io;
  throw Error(code, message({"cannot ", action, " ", path, ": ", std::generic_category().message(error)}));
}

}  // namespace smolgrad::io
