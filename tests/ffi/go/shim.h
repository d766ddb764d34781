#include <smolgrad.h>  // and what cgo cannot say to C by itself: static, as cgo includes it twice
typedef const smolgrad_value* in;
static smolgrad_value* apply(smolgrad_value* (*f)(in), in x) { return f(x); }
static smolgrad_value* combine(smolgrad_value* (*f)(in, in), in a, in b) { return f(a, b); }
static smolgrad_value* right(smolgrad_value* (*f)(in, double), in a, double b) { return f(a, b); }
static smolgrad_value* left(smolgrad_value* (*f)(double, in), double a, in b) { return f(a, b); }
static void release_later(smolgrad_value* const v[], size_t n) {
  while (n > 0) smolgrad_value_release_later(v[--n]);
}
// For void*, cgo would look at all of the object that an array of double is part of.
static int32_t gradient(const smolgrad_function* f, size_t rows, const double* x, const double* shared, double* y,
                        double* dx, double* d_shared) {
  return dx == NULL && d_shared == NULL ? smolgrad_function_evaluate(f, rows, x, shared, y, NULL)
                                        : smolgrad_function_gradient(f, rows, x, shared, y, dx, d_shared, NULL);
}
int32_t smolgradProgress(size_t epoch, size_t epochs, double loss, double vl, double va, double seconds, void* options);
