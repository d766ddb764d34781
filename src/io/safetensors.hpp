// safetensors: named arrays in a file, with a description in JSON before them and strings to describe the whole; the
// format of github.com/huggingface/safetensors. What is read is believed in nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace smolgrad::io {

/// What the format calls a type of numbers.
template <class T>
constexpr const char* dtype_name = nullptr;
template <>
inline constexpr const char* dtype_name<float> = "F32";
template <>
inline constexpr const char* dtype_name<double> = "F64";
template <>
inline constexpr const char* dtype_name<std::int64_t> = "I64";
template <>
inline constexpr const char* dtype_name<std::uint64_t> = "U64";

/// A named array. The numbers are elsewhere: the caller's in writing, those of Safetensors in reading.
struct Tensor {
  std::string name;
  std::string dtype;               ///< as in the file; in others' files it may be one that has no C++ type above
  std::vector<std::size_t> shape;  ///< row-major; empty is a single number
  const void* data = nullptr;
  std::size_t bytes = 0;   ///< this and
  std::size_t offset = 0;  ///< where they begin, behind the header, are known in reading, and not looked at in writing
};

/// For writing. `data` must live until then.
template <class T>
Tensor tensor(std::string name, std::vector<std::size_t> shape, const T* data) {
  static_assert(dtype_name<T> != nullptr, "no such type in a file");
  return {std::move(name), dtype_name<T>, std::move(shape), data};
}

using Metadata = std::map<std::string, std::string>;

/// What was in a file. It owns the numbers, once, as the file had them; moving it moves none.
class Safetensors {
 public:
  const Metadata& metadata() const noexcept { return metadata_; }
  /// In the order of the file's description.
  const std::vector<Tensor>& tensors() const noexcept { return tensors_; }
  /// Null if there is none.
  const Tensor* find(std::string_view name) const noexcept;
  /// The numbers of a tensor that has to be there, of this type and shape, aligned for T; ErrorCode::format if it is
  /// not. T is one of the types above.
  template <class T>
  const T* numbers(std::string_view name, const std::vector<std::size_t>& shape) const {
    return static_cast<const T*>(required(name, dtype_name<T>, shape));
  }

 private:
  friend Safetensors parse_safetensors(std::string bytes, const std::string& name);
  const void* required(std::string_view name, std::string_view dtype, const std::vector<std::size_t>& shape) const;

  std::string name_;
  Metadata metadata_;
  std::vector<Tensor> tensors_;
  std::unique_ptr<const std::string> bytes_;
  std::vector<std::vector<std::uint64_t>> aligned_;  // copies of what lies crookedly in others' files
};

/// Throws Error: io, out_of_memory, or format for a file that does not follow the format to the letter, saying why.
/// Types that are not among those above are no reason, only asking for their numbers is.
Safetensors read_safetensors(const std::string& path);

/// The same from memory. `name` stands for the file's in messages.
Safetensors parse_safetensors(std::string bytes, const std::string& name);

/// Writes a file or replaces it, as a whole or not at all (atomic_file.hpp). Wide numbers come first in it, so that all
/// are aligned. Throws Error: io, out_of_memory; invalid_argument for what could not be read again, such as a name
/// given twice or one that is not UTF-8; unsupported where numbers are not little-endian.
void write_safetensors(const std::string& path, const Metadata& metadata, const std::vector<Tensor>& tensors);

}  // namespace smolgrad::io
