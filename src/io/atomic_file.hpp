// A file that appears as a whole or not at all: written beside the one that it replaces, and then renamed.
#pragma once

#include <cstddef>
#include <string>

namespace smolgrad::io {

/// Until commit() has returned, what was at the path is as it was, also after a crash or a loss of power; should the
/// process be killed, a temporary file named .smolgrad-... stays behind. What is written is on the disk before it is
/// renamed. The replaced file's permissions are kept, and a symbolic link leads to the new file. Something that is not
/// a regular file is not replaced. Throws Error: io with the path and the system's reason.
class AtomicFile {
 public:
  explicit AtomicFile(const std::string& path);
  /// Without commit() the temporary file is removed.
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(const void* data, std::size_t size);
  /// To be called once, at the end.
  void commit();

 private:
  [[noreturn]] void fail(int error);
  void remove() noexcept;

  std::string path_;
  std::string temporary_;
  int file_ = -1;
  bool exists_ = false;  // the temporary file
};

}  // namespace smolgrad::io
