#include <smolgrad.h>  // and what cgo cannot say to C by itself: static, as cgo includes it twice

typedef smolgrad_value* binary(const smolgrad_value*, const smolgrad_value*);

static smolgrad_value* apply(smolgrad_value* (*f)(const smolgrad_value*), const smolgrad_value* x) { return f(x); }
static smolgrad_value* combine(binary* f, const smolgrad_value* a, const smolgrad_value* b) { return f(a, b); }
static smolgrad_value* combine_number(binary* f, const smolgrad_value* a, smolgrad_tape* tape, double b) {
  smolgrad_value *constant = smolgrad_constant(tape, b), *result = f(a, constant);
  smolgrad_value_release(constant);
  return result;
}
static void release_later(smolgrad_value* const values[], size_t count) {
  while (count > 0) smolgrad_value_release_later(values[--count]);
}
// For void*, cgo would look at all of the object that an array of double is part of.
static int32_t gradient(const smolgrad_function* f, size_t rows, const double* x, const double* shared, double* y,
                        double* dx, double* d_shared) {
  return dx == NULL && d_shared == NULL ? smolgrad_function_evaluate(f, rows, x, shared, y, NULL)
                                        : smolgrad_function_gradient(f, rows, x, shared, y, dx, d_shared, NULL);
}
int32_t smolgradProgress(size_t epoch, size_t epochs, double loss, double validation_loss, double validation_accuracy,
                         double seconds, void* options);
