#include "safetensors_header.hpp"

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <utility>

#include <smolgrad/error.hpp>

// In a namespace that no other unit sees the compiler drops most of it, and a program that links the static library may
// have any version of its own.
#define JSON_NO_IO
// Or debug builds would insist on what strtod makes of a fraction, which depends on the locale and is not looked at.
#define JSON_ASSERT(condition)
#define NLOHMANN_JSON_NAMESPACE nlohmann
#define NLOHMANN_JSON_NAMESPACE_BEGIN \
  namespace nlohmann {                \
  inline namespace {
#define NLOHMANN_JSON_NAMESPACE_END \
  }                                 \
  }
namespace nlohmann {
inline namespace {
namespace detail {

/// The parser finds this one before the C library's, which is not for threads: JSON has points, whatever the locale.
[[maybe_unused]] inline const auto* localeconv() {
  static constexpr struct { const char* decimal_point = "."; } points;
  return &points;
}

}  // namespace detail
}  // namespace
}  // namespace nlohmann
#include <nlohmann/json.hpp>

#include "message.hpp"
#include "shape.hpp"

namespace smolgrad::io {

namespace {

constexpr std::string_view metadata_key = "__metadata__";

class Failure {
 public:
  explicit Failure(const std::string& path) : path_(path) {}

  [[noreturn]] void header(std::initializer_list<Part> what) const {
    throw_format({path_, ": the safetensors header ", message(what)});
  }
  [[noreturn]] void tensor(const std::string& name, std::initializer_list<Part> what) const {
    throw_format({path_, ": the tensor ", in_quotes(name), " ", message(what)});
  }

 private:
  const std::string& path_;
};

/// Takes the parser's events. The format has one shape only, so what may come next depends on where we are alone, and
/// nothing can be nested deeper than that.
class Reader {
 public:
  Reader(Header& header, std::size_t available, const Failure& failure)
      : header_(header), available_(available), failure_(failure) {}

  bool start_object(std::size_t) {
    if (place_ == Place::start) return go(Place::root);
    if (place_ != Place::root) unexpected("an object");
    if (key_ == metadata_key) {
      if (std::exchange(has_metadata_, true)) failure_.header({"has two of ", key_});
      return go(Place::metadata);
    }
    header_.tensors.emplace_back();
    header_.tensors.back().name = key_;
    offsets_.clear();
    has_dtype_ = has_shape_ = has_offsets_ = false;
    return go(Place::tensor);
  }

  bool end_object() {
    if (place_ == Place::tensor) finish_tensor();
    return go(place_ == Place::root ? Place::start : Place::root);
  }

  bool start_array(std::size_t) {
    if (place_ == Place::tensor && key_ == "shape" && !std::exchange(has_shape_, true)) return go(Place::shape);
    if (place_ == Place::tensor && key_ == "data_offsets" && !std::exchange(has_offsets_, true))
      return go(Place::offsets);
    unexpected("an array");
  }

  bool end_array() { return go(Place::tensor); }

  bool key(std::string& key) {
    key_ = std::move(key);
    return true;
  }

  bool string(std::string& value) {
    if (place_ == Place::metadata) {
      if (!header_.metadata.emplace(key_, std::move(value)).second)
        failure_.header({"has two of ", in_quotes(key_), " in __metadata__"});
      return true;
    }
    if (place_ != Place::tensor || key_ != "dtype" || std::exchange(has_dtype_, true)) unexpected("a string");
    header_.tensors.back().dtype = std::move(value);
    return true;
  }

  bool number_unsigned(std::uint64_t number) {
    if (number > SIZE_MAX) unexpected(message({"the number ", std::to_string(number)}));
    if (place_ == Place::shape) {
      header_.tensors.back().shape.push_back(static_cast<std::size_t>(number));
    } else if (place_ == Place::offsets && offsets_.size() < 2) {
      offsets_.push_back(static_cast<std::size_t>(number));
    } else {
      unexpected(message({"the number ", std::to_string(number)}));
    }
    return true;
  }

  bool number_integer(std::int64_t number) { unexpected(message({"the number ", std::to_string(number)})); }
  bool number_float(double, const std::string& text) { unexpected(message({"the number ", in_quotes(text)})); }
  bool null() { unexpected("null"); }
  bool boolean(bool) { unexpected("a boolean"); }
  bool binary(nlohmann::json::binary_t&) { unexpected("bytes"); }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception&) {
    failure_.header({"is not JSON at its byte ", position});
  }

 private:
  enum class Place { start, root, metadata, tensor, shape, offsets };

  bool go(Place place) {
    place_ = place;
    return true;
  }

  void finish_tensor() {
    Tensor& tensor = header_.tensors.back();
    if (!has_dtype_ || !has_shape_ || offsets_.size() != 2)
      failure_.tensor(tensor.name, {"lacks one of dtype, shape and two data_offsets"});
    if (offsets_[0] > offsets_[1] || offsets_[1] > available_)
      failure_.tensor(tensor.name, {"has the bytes from ", offsets_[0], " to ", offsets_[1], " of ", available_});
    tensor.offset = offsets_[0];
    tensor.bytes = offsets_[1] - offsets_[0];
  }

  [[noreturn]] void unexpected(const std::string& what) const {
    if (place_ == Place::start) failure_.header({"is no object but ", what});
    if (place_ == Place::root) failure_.tensor(key_, {"is no object but ", what});
    if (place_ == Place::metadata) failure_.header({"has ", what, " for ", in_quotes(key_), " in __metadata__"});
    failure_.tensor(header_.tensors.back().name, {"cannot have ", what, " for ", in_quotes(key_)});
  }

  Header& header_;
  std::size_t available_;
  const Failure& failure_;
  Place place_ = Place::start;
  std::string key_;
  std::vector<std::size_t> offsets_;
  bool has_metadata_ = false;
  bool has_dtype_ = false;
  bool has_shape_ = false;
  bool has_offsets_ = false;
};

bool by_name(const Tensor* a, const Tensor* b) { return a->name < b->name; }
bool by_place(const Tensor* a, const Tensor* b) {
  return std::pair(a->offset, a->bytes) < std::pair(b->offset, b->bytes);
}

std::vector<const Tensor*> sorted(const Header& header, bool (*less)(const Tensor*, const Tensor*)) {
  std::vector<const Tensor*> order;
  for (const Tensor& tensor : header.tensors) order.push_back(&tensor);
  std::sort(order.begin(), order.end(), less);
  return order;
}

void check_names(const Header& header, const Failure& failure) {
  const std::vector<const Tensor*> order = sorted(header, by_name);
  for (std::size_t i = 1; i < order.size(); ++i) {
    if (order[i]->name == order[i - 1]->name) failure.tensor(order[i]->name, {"is there twice"});
  }
}

/// Each tensor's bytes are as many as its shape takes, and begin where those of another end.
void check_layout(const Header& header, std::size_t available, const Failure& failure) {
  for (const Tensor& tensor : header.tensors) {
    const std::size_t size = dtype_size(tensor.dtype);
    const std::optional<std::size_t> count = element_count(tensor.shape);
    if (!count || (size != 0 && (tensor.bytes % size != 0 || tensor.bytes / size != *count)))
      failure.tensor(tensor.name, {"has ", tensor.bytes, " bytes for ", to_text(tensor.shape), " numbers of type ",
                                   in_quotes(tensor.dtype)});
  }
  std::size_t end = 0;
  for (const Tensor* tensor : sorted(header, by_place)) {
    if (tensor->offset != end)
      failure.tensor(tensor->name,
                     {"begins at byte ", tensor->offset, " and not at ", end, ", where the one before it ends"});
    end += tensor->bytes;
  }
  if (end != available) failure.header({"describes ", end, " bytes, but ", available, " follow"});
}

void append_string(std::string& json, std::string_view text) {
  json += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') json += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      json += {'\\', 'u', '0', '0', "0123456789abcdef"[c >> 4], "0123456789abcdef"[c & 15]};
    } else {
      json += c;
    }
  }
  json += '"';
}

}  // namespace

std::size_t dtype_size(std::string_view dtype) {
  static constexpr std::pair<std::string_view, std::size_t> sizes[] = {
      {"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"F8_E5M2", 1}, {"F8_E4M3", 1}, {"I16", 2}, {"U16", 2}, {"F16", 2},
      {"BF16", 2}, {"I32", 4}, {"U32", 4}, {"F32", 4},     {"I64", 8},     {"U64", 8}, {"F64", 8},
  };
  for (const auto& [name, size] : sizes) {
    if (name == dtype) return size;
  }
  return 0;
}

Header parse_header(std::string_view json, std::size_t available, const std::string& path) {
  const Failure failure(path);
  // The parser would skip blanks before, and take a zero for the end.
  if (json.empty() || json.front() != '{') failure.header({"does not begin with {"});
  if (json.find('\0') != std::string_view::npos) failure.header({"contains a zero byte"});
  Header header;
  Reader reader(header, available, failure);
  nlohmann::json::sax_parse(json.begin(), json.end(), &reader);
  check_names(header, failure);
  check_layout(header, available, failure);
  return header;
}

std::string to_json(const Header& header) {
  std::string json;
  const auto separate = [&] { json += json.empty() || json.back() == '{' ? "" : ","; };
  json += '{';
  if (!header.metadata.empty()) {
    append_string(json, metadata_key);
    json += ":{";
    for (const auto& [key, value] : header.metadata) {
      separate();
      append_string(json, key);
      json += ':';
      append_string(json, value);
    }
    json += '}';
  }
  for (const Tensor& tensor : header.tensors) {
    separate();
    append_string(json, tensor.name);
    json += R"(:{"dtype":)";
    append_string(json, tensor.dtype);
    json += message({R"(,"shape":)", to_text(tensor.shape), R"(,"data_offsets":[)", tensor.offset, ",",
                     tensor.offset + tensor.bytes, "]}"});
  }
  return json + '}';
}

}  // namespace smolgrad::io
