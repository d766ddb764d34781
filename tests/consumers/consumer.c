/* The least a C program does with smolgrad: a derivative, a function and a network. Prints the numbers, which must be
 * exact. */
#include <smolgrad.h>
#include <stdio.h>
#include <string.h>

static int failures = 0;

static void expect(const char* what, double is, double should_be) {
  printf("%s = %g\n", what, is);
  if (is != should_be) {
    printf("  expected %g\n", should_be);
    ++failures;
  }
}

int main(void) {
  const double parameters[] = {0.5, -1.0, 1.5, 2.0, 0.25, -0.5, 2.0, -1.0, 0.125};
  const size_t layer_sizes[] = {2, 1};
  const double numbers[] = {3.0, 1.0};
  smolgrad_value *x[2], *y[1];
  const double rows[2][2] = {{2.0, 5.0}, {-1.0, 7.0}};
  double results[2], derivatives[2][2];
  smolgrad_mlp* mlp;
  smolgrad_function* f;
  char version[32];

  smolgrad_tape* tape = smolgrad_tape_create();
  smolgrad_value* a = smolgrad_value_create(tape, 2.0);
  smolgrad_value* b = smolgrad_value_create(tape, -3.0);
  smolgrad_value* c = smolgrad_value_create(tape, 10.0);
  smolgrad_value* d = smolgrad_add(smolgrad_mul(a, b), c);
  smolgrad_backward(d);
  expect("d = a b + c", smolgrad_value_data(d), 4.0);
  expect("dd/da", smolgrad_value_grad(a), -3.0);
  expect("dd/db", smolgrad_value_grad(b), 2.0);
  expect("dd/dc", smolgrad_value_grad(c), 1.0);

  x[0] = a;
  x[1] = b;
  f = smolgrad_function_compile(tape, x, 2, NULL, 0, &d, 1, NULL);
  expect("function", smolgrad_function_gradient(f, 2, rows, NULL, results, derivatives, NULL, NULL), SMOLGRAD_OK);
  expect("f(-1, 7)", results[1], 3.0);
  expect("its derivative by a", derivatives[1][0], 7.0);
  smolgrad_function_destroy(f);

  mlp = smolgrad_mlp_create(tape, 2, layer_sizes, 2, NULL);
  expect("parameters set", smolgrad_mlp_set_parameters(mlp, parameters, 9), SMOLGRAD_OK);
  smolgrad_value_create_array(tape, numbers, 2, x);
  expect("forward", smolgrad_mlp_forward(mlp, x, 2, y, 1), SMOLGRAD_OK);
  smolgrad_backward(y[0]);
  expect("mlp(3, 1)", smolgrad_value_data(y[0]), -4.375);
  expect("its derivative by w[6]", smolgrad_value_grad(smolgrad_mlp_parameter(mlp, 6)), 0.75);
  expect("errors", smolgrad_tape_error_code(tape), SMOLGRAD_OK);

  expect("an error", smolgrad_value_set_data(d, 1.0), SMOLGRAD_ERROR_INVALID_ARGUMENT);
  smolgrad_tape_destroy(tape);

  sprintf(version, "%d.%d.%d", SMOLGRAD_VERSION_MAJOR, SMOLGRAD_VERSION_MINOR, SMOLGRAD_VERSION_PATCH);
  printf("version %s\n", smolgrad_version_string());
  expect("header and library differ", strcmp(version, smolgrad_version_string()) != 0, 0.0);
  return failures != 0;
}
