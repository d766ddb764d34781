#include <smolgrad/error.hpp>

namespace smolgrad {

Error::Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
Error::Error(const Error&) noexcept = default;
Error::~Error() = default;

}  // namespace smolgrad
