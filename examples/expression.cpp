// The classroom examples: what a Value is, and what backward() does.
#include <iostream>

#include <fmt/format.h>
#include <smolgrad/smolgrad.hpp>

using smolgrad::Value;

int main() {
  Value a(2.0, "a"), b(-3.0, "b"), c(10.0, "c");
  Value d = a * b + c;
  std::cout << d << '\n';
  d.backward();
  fmt::print("dd/da = {}, dd/db = {}, dd/dc = {}\n", a.grad(), b.grad(), c.grad());
  d.backward();
  fmt::print("after a second backward: {}, {}, {}\n", a.grad(), b.grad(), c.grad());

  // The expression of micrograd's README.
  Value x = -4.0, y = 2.0;
  Value p = x + y;
  Value q = x * y + pow(y, 3);
  p += p + 1;
  p += 1 + p + (-x);
  q += q * 2 + relu(y + x);
  q += 3 * q + relu(y - x);
  Value e = p - q;
  Value f = pow(e, 2);
  Value g = f / 2.0;
  g += 10.0 / f;
  g.backward();
  fmt::print("g = {:.4f}, dg/dx = {:.4f}, dg/dy = {:.4f}\n", g.data(), x.grad(), y.grad());

  std::cout << to_dot(d);  // for Graphviz: expression | dot -Tsvg
}
