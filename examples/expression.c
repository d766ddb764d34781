/* The classroom examples in C: values, operators, backward, and one scope instead of a release a value. */
#include <smolgrad.h>
#include <stdio.h>

static smolgrad_value* plus(const smolgrad_value* a, const smolgrad_value* b) { return smolgrad_add(a, b); }

int main(void) {
  smolgrad_tape* tape = smolgrad_tape_create();
  smolgrad_value* a = smolgrad_value_create(tape, 2.0);
  smolgrad_value* b = smolgrad_value_create(tape, -3.0);
  smolgrad_value* c = smolgrad_value_create(tape, 10.0);
  size_t scope = smolgrad_tape_scope_open(tape);
  smolgrad_value* d = smolgrad_add(smolgrad_mul(a, b), c);
  char text[64];
  if (smolgrad_value_to_string(d, text, sizeof text, NULL) == SMOLGRAD_OK) printf("%s\n", text);
  smolgrad_backward(d);
  printf("dd/da = %g, dd/db = %g, dd/dc = %g\n", smolgrad_value_grad(a), smolgrad_value_grad(b),
         smolgrad_value_grad(c));
  smolgrad_backward(d);
  printf("after a second backward: %g, %g, %g\n", smolgrad_value_grad(a), smolgrad_value_grad(b),
         smolgrad_value_grad(c));
  smolgrad_tape_scope_close(tape, scope); /* releases d and what was made on the way */

  /* The expression of micrograd's README. */
  smolgrad_value* x = smolgrad_value_create(tape, -4.0);
  smolgrad_value* y = smolgrad_value_create(tape, 2.0);
  smolgrad_value* one = smolgrad_constant(tape, 1.0);
  smolgrad_value* two = smolgrad_constant(tape, 2.0);
  smolgrad_value* three = smolgrad_constant(tape, 3.0);
  smolgrad_value* ten = smolgrad_constant(tape, 10.0);
  smolgrad_value* p = plus(x, y);
  smolgrad_value* q = plus(smolgrad_mul(x, y), smolgrad_pow(y, three));
  p = plus(p, plus(p, one));
  p = plus(p, plus(plus(one, p), smolgrad_neg(x)));
  q = plus(q, plus(smolgrad_mul(q, two), smolgrad_relu(plus(y, x))));
  q = plus(q, plus(smolgrad_mul(three, q), smolgrad_relu(smolgrad_sub(y, x))));
  smolgrad_value* f = smolgrad_pow(smolgrad_sub(p, q), two);
  smolgrad_value* g = plus(smolgrad_div(f, two), smolgrad_div(ten, f));
  smolgrad_backward(g);
  printf("g = %.4f, dg/dx = %.4f, dg/dy = %.4f\n", smolgrad_value_data(g), smolgrad_value_grad(x),
         smolgrad_value_grad(y));

  /* A failed expression is NULL all the way up; the tape remembers why. */
  int32_t error = smolgrad_tape_error_code(tape);
  if (error != SMOLGRAD_OK) fprintf(stderr, "%s\n", smolgrad_tape_error_message(tape));
  smolgrad_tape_destroy(tape); /* frees everything on it */
  return error;
}
