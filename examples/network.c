/* The same network in C. The numbers printed are the same as those of network.cpp. */
#include <smolgrad.h>
#include <stdio.h>
#include <stdlib.h>

static const double inputs[4][3] = {{2.0, 3.0, -1.0}, {3.0, -1.0, 0.5}, {0.5, 1.0, 1.0}, {1.0, 1.0, -1.0}};
static const double targets[4] = {1.0, -1.0, -1.0, 1.0};

/* The sum of squared errors; what it is made of is released, the loss itself survives its scope. */
static smolgrad_value* record_loss(smolgrad_tape* tape, const smolgrad_mlp* mlp) {
  size_t scope = smolgrad_tape_scope_open(tape);
  smolgrad_value* loss = smolgrad_value_create(tape, 0.0);
  for (size_t i = 0; i < 4; ++i) {
    smolgrad_value* x[3];
    smolgrad_value* y[1] = {NULL};
    smolgrad_value_create_array(tape, inputs[i], 3, x);
    smolgrad_mlp_forward(mlp, x, 3, y, 1);
    loss = smolgrad_add(loss, smolgrad_square(smolgrad_sub(y[0], smolgrad_constant(tape, targets[i]))));
  }
  smolgrad_value_retain(loss);
  smolgrad_tape_scope_close(tape, scope);
  return loss;
}

int main(void) {
  smolgrad_tape* tape = smolgrad_tape_create();
  smolgrad_mlp_options* options = smolgrad_mlp_options_create();
  smolgrad_mlp_options_set_activation(options, SMOLGRAD_ACTIVATION_TANH);
  const size_t layer_sizes[] = {4, 1};
  smolgrad_mlp* mlp = smolgrad_mlp_create(tape, 3, layer_sizes, 2, options);
  smolgrad_mlp_options_destroy(options);
  const size_t count = smolgrad_mlp_parameter_count(mlp);
  printf("%zu parameters\n", count);

  double* data = malloc(2 * count * sizeof *data);
  if (data == NULL) return EXIT_FAILURE;
  double* grad = data + count;
  for (int step = 0; step <= 100; ++step) {
    smolgrad_value* loss = record_loss(tape, mlp);
    if (step % 25 == 0) printf("step %3d: loss %.6f\n", step, smolgrad_value_data(loss));
    smolgrad_mlp_zero_grad(mlp);
    smolgrad_backward(loss);
    smolgrad_mlp_get_parameters(mlp, data, count);
    smolgrad_mlp_get_gradients(mlp, grad, count);
    for (size_t k = 0; k < count; ++k) data[k] -= 0.05 * grad[k];
    smolgrad_mlp_set_parameters(mlp, data, count);
    smolgrad_value_release(loss);
  }
  for (size_t i = 0; i < 4; ++i) {
    double y = 0.0;
    smolgrad_mlp_predict(mlp, inputs[i], 1, &y);
    printf("target %2g, prediction %.3f\n", targets[i], y);
  }
  free(data);

  int32_t error = smolgrad_tape_error_code(tape);
  if (error != SMOLGRAD_OK) fprintf(stderr, "%s\n", smolgrad_tape_error_message(tape));
  smolgrad_tape_destroy(tape); /* frees the model and all values */
  return error;
}
