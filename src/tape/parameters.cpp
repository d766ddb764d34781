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

const double* Parameters::grad() const { return mutable_grad(); }

double* Parameters::mutable_grad() const {
  const detail::Cell* const first = first_cell(values_);
  return first == nullptr ? nullptr : &first->core->grad[first->node];
}

double* Parameters::mutable_data() {
  const detail::Cell* const first = first_cell(values_);
  if (first == nullptr) return nullptr;
  for (std::size_t i = 0; i < size(); ++i) first->core->leaf_changed(first->node + static_cast<detail::Index>(i));
  return &first->core->data[first->node];
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
