/* The header and the library as a C99 program sees them: the example of the header's first lines, a model trained for a
 * few steps, and an error. Returns how many checks failed. */
#include <math.h>
#include <smolgrad.h>
#include <stdio.h>
#include <string.h>

static int failures = 0;

static void check(int condition, const char* what) {
  if (condition) return;
  fprintf(stderr, "failed: %s\n", what);
  ++failures;
}

#define CHECK(condition) check((condition), #condition)

static void test_expression(void) {
  smolgrad_tape* t = smolgrad_tape_create();
  smolgrad_value *a = smolgrad_value_create(t, 2.0), *b = smolgrad_value_create(t, -3.0);
  smolgrad_value* d = smolgrad_add(smolgrad_mul(a, b), smolgrad_value_create(t, 10.0));
  char buffer[64];
  size_t needed = 0;
  CHECK(smolgrad_value_data(d) == 4.0);
  CHECK(smolgrad_backward(d) == SMOLGRAD_OK);
  CHECK(smolgrad_value_grad(a) == -3.0);
  CHECK(smolgrad_value_grad(b) == 2.0);
  CHECK(smolgrad_value_to_string(d, buffer, sizeof buffer, &needed) == SMOLGRAD_OK);
  CHECK(strcmp(buffer, "Value(data=4, grad=1)") == 0);
  CHECK(needed == strlen(buffer) + 1);
  CHECK(smolgrad_tape_error_code(t) == SMOLGRAD_OK);
  smolgrad_tape_destroy(t);
}

static void test_error(void) {
  smolgrad_tape *t = smolgrad_tape_create(), *other = smolgrad_tape_create();
  smolgrad_value *a = smolgrad_value_create(t, 1.0), *foreign = smolgrad_value_create(other, 1.0);
  CHECK(smolgrad_exp(smolgrad_mul(a, smolgrad_add(a, foreign))) == NULL);
  CHECK(smolgrad_tape_error_code(t) == SMOLGRAD_ERROR_WRONG_TAPE);
  CHECK(strcmp(smolgrad_status_name(smolgrad_tape_error_code(t)), "SMOLGRAD_ERROR_WRONG_TAPE") == 0);
  CHECK(strlen(smolgrad_tape_error_message(t)) > 0);
  smolgrad_tape_clear_error(t);
  CHECK(smolgrad_tape_error_code(t) == SMOLGRAD_OK);
  CHECK(isnan(smolgrad_value_data(NULL)));
  smolgrad_tape_destroy(t);
  smolgrad_tape_destroy(other);
}

/* Arrays of handles are passed without casts, whether or not they are const. */
static void test_arrays(void) {
  smolgrad_tape* t = smolgrad_tape_create();
  const double data[] = {1.0, 2.0, 3.0};
  smolgrad_value *values[3], *probabilities[3];
  smolgrad_value* total;
  size_t scope = smolgrad_tape_scope_open(t);
  CHECK(scope != 0);
  CHECK(smolgrad_value_create_array(t, data, 3, values) == SMOLGRAD_OK);
  CHECK(smolgrad_softmax(values, 3, probabilities) == SMOLGRAD_OK);
  total = smolgrad_sum(probabilities, 3);
  CHECK(fabs(smolgrad_value_data(total) - 1.0) < 1e-15);
  CHECK(smolgrad_value_data(smolgrad_dot(values, values, 3)) == 14.0);
  CHECK(smolgrad_tape_scope_close(t, scope) == SMOLGRAD_OK);
  CHECK(smolgrad_tape_node_count(t) == 0);
  smolgrad_tape_close(t);
}

/* y = 3 x, by a model of one weight. */
static void test_model(void) {
  smolgrad_tape* t = smolgrad_tape_create();
  smolgrad_mlp_options* options = smolgrad_mlp_options_create();
  const size_t layers[] = {1};
  smolgrad_mlp* mlp;
  double weight = 0.0, gradient = 0.0, x = 2.0, y = 0.0;
  int step;
  CHECK(smolgrad_mlp_options_set_bias(options, 0) == SMOLGRAD_OK);
  CHECK(smolgrad_mlp_options_set_init(options, SMOLGRAD_INIT_XAVIER) == SMOLGRAD_OK);
  mlp = smolgrad_mlp_create(t, 1, layers, 1, options);
  smolgrad_mlp_options_destroy(options);
  CHECK(smolgrad_mlp_parameter_count(mlp) == 1);
  for (step = 0; step < 100; ++step) {
    const size_t scope = smolgrad_tape_scope_open(t);
    smolgrad_value *input = smolgrad_constant(t, x), *output, *loss;
    CHECK(smolgrad_mlp_forward(mlp, &input, 1, &output, 1) == SMOLGRAD_OK);
    loss = smolgrad_square(smolgrad_sub(output, smolgrad_constant(t, 3.0 * x)));
    CHECK(smolgrad_mlp_zero_grad(mlp) == SMOLGRAD_OK);
    CHECK(smolgrad_backward(loss) == SMOLGRAD_OK);
    CHECK(smolgrad_mlp_get_parameters(mlp, &weight, 1) == SMOLGRAD_OK);
    CHECK(smolgrad_mlp_get_gradients(mlp, &gradient, 1) == SMOLGRAD_OK);
    weight -= 0.05 * gradient;
    CHECK(smolgrad_mlp_set_parameters(mlp, &weight, 1) == SMOLGRAD_OK);
    CHECK(smolgrad_tape_scope_close(t, scope) == SMOLGRAD_OK);
  }
  CHECK(fabs(weight - 3.0) < 1e-9);
  CHECK(smolgrad_mlp_predict(mlp, &x, 1, &y) == SMOLGRAD_OK);
  CHECK(fabs(y - 6.0) < 1e-9);
  smolgrad_mlp_destroy(mlp);
  smolgrad_tape_destroy(t);
}

int main(void) {
  CHECK(smolgrad_version() ==
        SMOLGRAD_VERSION_MAJOR * 1000000 + SMOLGRAD_VERSION_MINOR * 1000 + SMOLGRAD_VERSION_PATCH);
  CHECK(smolgrad_has_feature("value") && smolgrad_has_feature("mlp") && !smolgrad_has_feature("magic"));
  test_expression();
  test_error();
  test_arrays();
  test_model();
  return failures;
}
