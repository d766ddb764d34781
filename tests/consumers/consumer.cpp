// The least a C++ program does with smolgrad: a derivative, a function and a network. Prints the numbers, which must be
// exact.
#include <cstring>
#include <iostream>
#include <smolgrad/smolgrad.hpp>
#include <vector>

namespace {

int failures = 0;

void expect(const char* what, double is, double should_be) {
  std::cout << what << " = " << is << '\n';
  const bool both_nan = is != is && should_be != should_be;
  if (is != should_be && !both_nan) {
    std::cout << "  expected " << should_be << '\n';
    ++failures;
  }
}

}  // namespace

int main() {
  using smolgrad::Value;

  Value a(2.0, "a");
  Value b(-3.0, "b");
  Value c(10.0, "c");
  Value d = a * b + c;
  d.backward();
  std::cout << d << '\n';
  expect("d = a b + c", d.data(), 4.0);
  expect("dd/da", a.grad(), -3.0);
  expect("dd/db", b.grad(), 2.0);
  expect("dd/dc", c.grad(), 1.0);

  const smolgrad::Function f({a, b}, {}, {d});
  const std::vector<float> rows = {2.0F, 5.0F, -1.0F, 7.0F};
  std::vector<float> results(2);
  bool refused = false;
  try {
    f.evaluate(2, rows.data(), static_cast<const float*>(nullptr), results.data());
  } catch (const smolgrad::Error&) {
    refused = true;
  }
  expect("float refused by float64", refused, 1.0);
  const std::vector<double> inputs(rows.begin(), rows.end());
  std::vector<double> derivatives(4);
  f.gradient<double>(2, inputs.data(), nullptr, nullptr, derivatives.data(), nullptr);
  expect("its derivative by a", derivatives[2], 7.0);

  // Every operator is there to be linked, and says what its definition says.
  const volatile double at = 0.75;  // or the compiler would evaluate the definitions itself, rounding otherwise
  const double left = at;
  const double right = at + 1.0;
  const Value x = left;
  const Value y = right;
#define UNARY(Definition, name) expect(#name, name(y).data(), smolgrad::ops::Definition::value(right));
#define BINARY(Definition, name)                                                   \
  expect(#name, name(x, y).data(), smolgrad::ops::Definition::value(left, right)); \
  expect(#name, name(x, right).data(), name(left, y).data());
  SMOLGRAD_UNARY_OPERATORS(UNARY)
  SMOLGRAD_BINARY_OPERATORS(BINARY)

  const std::vector<double> parameters = {0.5, -1.0, 1.5, 2.0, 0.25, -0.5, 2.0, -1.0, 0.125};
  smolgrad::MLP mlp(2, {2, 1});
  mlp.parameters().set_data(parameters.data());
  const Value output = mlp({3.0, 1.0})[0];
  output.backward();
  expect("mlp(3, 1)", output.data(), -4.375);
  expect("its derivative by w[6]", mlp.parameters().grad()[6], 0.75);

  // An exception is recognised on this side of the library's border.
  bool caught = false;
  try {
    d.set_data(1.0);
  } catch (const smolgrad::Error& error) {
    caught = error.code() == smolgrad::ErrorCode::invalid_argument && std::strlen(error.what()) > 0;
  }
  expect("error caught", caught, 1.0);
  return failures != 0;
}
