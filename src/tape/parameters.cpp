// Parameters: the contiguous view of leaves made together. Leaves keep their order when the tape collects, and each of
// these is held, so they stay side by side.
#include <smolgrad/parameters.hpp>

#include <algorithm>

namespace smolgrad {

namespace {

detail::Cell* first_cell(const std::vector<Value>& values) {
  return values.empty() ? nullptr : detail::ValueAccess::cell(values.front());
}

}  // namespace

Parameters::Parameters(Tape& tape, const std::vector<double>& data) : values_(tape.values(data)) {}

const double* Parameters::data() const {
  const detail::Cell* const first = first_cell(values_);
  return first == nullptr ? nullptr : &first->core->data[first->node];
}

std::uint64_t Parameters::version() const noexcept {
  const detail::Cell* const first = first_cell(values_);
  return first == nullptr ? 0 : first->core->changes;
}

const double* Parameters::grad() const { return mutable_grad(); }

double* Parameters::mutable_grad() const {
  const detail::Cell* const first = first_cell(values_);
  return first == nullptr ? nullptr : &first->core->grad[first->node];
}

double* Parameters::mutable_data() {
  const detail::Cell* const first = first_cell(values_);
  if (first == nullptr) return nullptr;
  detail::TapeCore& core = *first->core;
  // As long as nothing is recorded in between, once is enough.
  const bool is_known = changed_at_ == core.clock && core.eras.back().first >= core.size;
  core.leaves_changed(first->node, is_known ? 0 : size());
  changed_at_ = core.clock;
  return &core.data[first->node];
}

void Parameters::set_data(const double* data) {
  if (data == nullptr && size() > 0) throw Error(ErrorCode::invalid_argument, "set_data: no numbers");
  std::copy(data, data + size(), mutable_data());
}

void Parameters::zero_grad() {
  double* const grads = mutable_grad();
  std::fill(grads, grads + size(), 0.0);
}

}  // namespace smolgrad
