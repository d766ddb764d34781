#include "atomic_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>

#include <fcntl.h>
#include <sys/stat.h>
#ifdef _WIN32
#include <io.h>
#include <process.h>
#include <windows.h>
#else
#include <unistd.h>
#endif

#include "file.hpp"
#include "message.hpp"

namespace smolgrad::io {

namespace {

/// What differs between systems. Functions return a negative number on failure, with the reason in errno.
namespace system {

#ifdef _WIN32

constexpr const char* separators = "/\\";
std::size_t process() { return static_cast<std::size_t>(_getpid()); }
std::string resolve(const std::string& path) { return path; }
int create(const std::string& path) {
  return _open(path.c_str(), _O_WRONLY | _O_CREAT | _O_EXCL | _O_BINARY, _S_IREAD | _S_IWRITE);
}
int copy_permissions(int, const std::string&) { return 0; }
long long write(int file, const char* data, std::size_t size) {
  return _write(file, data, static_cast<unsigned>(std::min<std::size_t>(size, 1 << 30)));
}
int sync(int file) { return _commit(file); }
int close(int file) { return _close(file); }
int replace(const std::string& from, const std::string& to) {
  if (MoveFileExA(from.c_str(), to.c_str(), MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH)) return 0;
  errno = EACCES;
  return -1;
}
void sync_directory(const std::string&) {}

#else

constexpr const char* separators = "/";
std::size_t process() { return static_cast<std::size_t>(getpid()); }

/// Where a symbolic link leads; the path itself if there is nothing yet.
std::string resolve(const std::string& path) {
  const std::unique_ptr<char, void (*)(void*)> real(realpath(path.c_str(), nullptr), std::free);
  if (real == nullptr && errno == ENOMEM) throw std::bad_alloc();
  return real == nullptr ? path : real.get();
}

int create(const std::string& path) { return open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666); }

int copy_permissions(int file, const std::string& path) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0) return errno == ENOENT ? 0 : -1;
  if (!S_ISREG(status.st_mode)) {
    errno = S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
    return -1;
  }
  return fchmod(file, status.st_mode & 07777);
}

long long write(int file, const char* data, std::size_t size) { return ::write(file, data, size); }
int sync(int file) { return fsync(file); }
int close(int file) { return ::close(file); }
int replace(const std::string& from, const std::string& to) { return std::rename(from.c_str(), to.c_str()); }

/// Makes the renaming last. Some file systems cannot, and nothing is to be done about that.
void sync_directory(const std::string& directory) {
  const int opened = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (opened < 0) return;
  fsync(opened);
  ::close(opened);
}

#endif

}  // namespace system

/// With the separator at its end; empty for the current one.
std::string directory_of(const std::string& path) { return path.substr(0, path.find_last_of(system::separators) + 1); }

}  // namespace

AtomicFile::AtomicFile(const std::string& path) try : path_(system::resolve(path)) {
  // Others may be writing here too, or have been killed doing so.
  for (std::size_t attempt = 0;; ++attempt) {
    temporary_ = message({directory_of(path_), ".smolgrad-", system::process(), "-", attempt});
    file_ = system::create(temporary_);
    exists_ = file_ >= 0;
    if (exists_) break;
    if (errno != EEXIST || attempt == 9999) throw_system_error("write", path_, errno);
  }
  if (system::copy_permissions(file_, path_) < 0) fail(errno);
} catch (const std::bad_alloc&) {
  throw_out_of_memory(path);
}

AtomicFile::~AtomicFile() { remove(); }

void AtomicFile::write(const void* data, std::size_t size) {
  const char* bytes = static_cast<const char*>(data);
  while (size > 0) {
    const long long written = system::write(file_, bytes, size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) fail(written < 0 ? errno : EIO);
    bytes += written;
    size -= static_cast<std::size_t>(written);
  }
}

void AtomicFile::commit() {
  const std::string directory = directory_of(path_) + '.';  // after renaming nothing may fail
  while (system::sync(file_) < 0) {
    if (errno != EINTR) fail(errno);
  }
  const int file = file_;
  file_ = -1;
  if (system::close(file) < 0) fail(errno);
  if (system::replace(temporary_, path_) < 0) fail(errno);
  exists_ = false;
  system::sync_directory(directory);
}

void AtomicFile::fail(int error) {
  remove();
  throw_system_error("write", path_, error);
}

void AtomicFile::remove() noexcept {
  if (file_ >= 0) system::close(file_);
  file_ = -1;
  if (exists_) std::remove(temporary_.c_str());
  exists_ = false;
}

}  // namespace smolgrad::io
