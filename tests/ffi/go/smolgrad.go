// Package smolgrad is automatic differentiation. What builds an expression returns a *Value alone; the first error
// stays on the tape until Tape.Err, or another method that returns an error, does so. A tape and what is on it are used
// by one goroutine at a time, a Function by any number. An array of the wrong length panics, as a wrong index does.
package smolgrad

// #cgo LDFLAGS: -lsmolgrad
// #include "shim.h"
import "C"

import (
	"runtime"
	"sync"
	"unsafe"
)

type Error struct{ Status, Message string }

func (e *Error) Error() string { return e.Status + ": " + e.Message }
func Version() string          { return C.GoString(C.smolgrad_version_string()) }

// kept keeps the owner of a handle alive during the call of C that makes the result.
func kept[T any](owner any, result T) T {
	runtime.KeepAlive(owner)
	return result
}

// A Tape records operations. It is freed once neither it nor anything on it can be reached.
type Tape struct{ c *C.smolgrad_tape }

func NewTape() *Tape {
	t := &Tape{C.smolgrad_tape_create()}
	runtime.SetFinalizer(t, func(t *Tape) { C.smolgrad_tape_close(t.c) })
	return t
}

func (t *Tape) Value(x float64) *Value { return t.own(leaf, C.smolgrad_value_create(t.c, C.double(x))) }
func (t *Tape) Const(x float64) *Value { return t.own(leaf, C.smolgrad_constant(t.c, C.double(x))) }
func (t *Tape) NodeCount() int         { return kept(t, int(C.smolgrad_tape_node_count(t.c))) }
func (t *Tape) ZeroGrad() error        { return t.check(C.smolgrad_tape_zero_grad(t.c)) }
func (t *Tape) Err() error             { return t.check(C.SMOLGRAD_OK) }

// check returns the tape's first error and clears it, or what a call that knows no tape returned.
func (t *Tape) check(status C.int32_t) error {
	defer runtime.KeepAlive(t)
	message := "an operand has failed, or an array is missing or overlaps another"
	if t != nil && C.smolgrad_tape_error_code(t.c) != C.SMOLGRAD_OK {
		status, message = C.smolgrad_tape_error_code(t.c), C.GoString(C.smolgrad_tape_error_message(t.c))
		C.smolgrad_tape_clear_error(t.c)
	}
	if status == C.SMOLGRAD_OK {
		return nil
	}
	return &Error{C.GoString(C.smolgrad_status_name(status)), message}
}

// A Value is a number on a tape. Its handle is nil if the expression failed.
type Value struct {
	c    *C.smolgrad_value
	tape *Tape
}

// Values are freed a block at a time: a finalizer for each would take several times as long as its operation. A block
// stays while one of them can be reached, and with results all that they were computed from: leaves, which live long,
// have blocks of their own. Collections empty the pools, which hold the blocks that have room.
type block struct {
	values  [32]Value
	handles [32]*C.smolgrad_value
	used    int
}

var leaf, result = new(sync.Pool), new(sync.Pool)
var fits sync.Map // the options of those under way, by what they are in C

func (t *Tape) own(p *sync.Pool, c *C.smolgrad_value) *Value {
	b, _ := p.Get().(*block)
	if b == nil {
		b = new(block)
		runtime.SetFinalizer(b, func(b *block) { C.release_later(&b.handles[0], C.size_t(b.used)) })
	}
	v := &b.values[b.used]
	*v, b.handles[b.used] = Value{c, t}, c
	if b.used++; b.used < len(b.values) {
		p.Put(b)
	}
	return v
}

func (v *Value) Data() float64                   { return kept(v, float64(C.smolgrad_value_data(v.c))) }
func (v *Value) Grad() float64                   { return kept(v, float64(C.smolgrad_value_grad(v.c))) }
func (v *Value) SetData(x float64) error         { return v.check(C.smolgrad_value_set_data(v.c, C.double(x))) }
func (v *Value) Operation() string               { return kept(v, C.GoString(C.smolgrad_value_operation(v.c))) }
func (v *Value) Label() string                   { return kept(v, C.GoString(C.smolgrad_value_label(v.c))) }
func (v *Value) SetLabel(s string) error         { return v.check(C.smolgrad_value_set_label(v.c, text(s))) }
func (v *Value) Backward() error                 { return v.check(C.smolgrad_backward(v.c)) }
func (v *Value) check(s C.int32_t) error         { return kept(v, v.tape.check(s)) }
func (v *Value) made(c *C.smolgrad_value) *Value { return kept(v, v.tape.own(result, c)) }
func text(s string) *C.char                      { return (*C.char)(unsafe.Pointer(&[]byte(s + "\x00")[0])) }

func (v *Value) String() string {
	var s [128]C.char // more than two numbers need
	C.smolgrad_value_to_string(v.c, &s[0], C.size_t(len(s)), nil)
	return kept(v, C.GoString(&s[0]))
}

// The operand is a *Value, a float64 or an int: y.Mul(x).Add(1). A number on the left: Sub(1, x).
func (v *Value) Add(x any) *Value   { return v.binary(C.smolgrad_add, C.smolgrad_add_number, x) }
func (v *Value) Sub(x any) *Value   { return v.binary(C.smolgrad_sub, C.smolgrad_sub_number, x) }
func (v *Value) Mul(x any) *Value   { return v.binary(C.smolgrad_mul, C.smolgrad_mul_number, x) }
func (v *Value) Div(x any) *Value   { return v.binary(C.smolgrad_div, C.smolgrad_div_number, x) }
func (v *Value) Pow(x any) *Value   { return v.binary(C.smolgrad_pow, C.smolgrad_pow_number, x) }
func (v *Value) Hypot(x any) *Value { return v.binary(C.smolgrad_hypot, C.smolgrad_hypot_number, x) }
func (v *Value) Atan2(x any) *Value { return v.binary(C.smolgrad_atan2, C.smolgrad_atan2_number, x) }
func (v *Value) Min(x any) *Value   { return v.binary(C.smolgrad_min, C.smolgrad_min_number, x) }
func (v *Value) Max(x any) *Value   { return v.binary(C.smolgrad_max, C.smolgrad_max_number, x) }

func (v *Value) binary(f, number unsafe.Pointer, operand any) *Value {
	switch x := operand.(type) {
	case *Value:
		return kept(x, v.made(C.combine((*[0]byte)(f), v.c, x.c)))
	case float64:
		return v.made(C.right((*[0]byte)(number), v.c, C.double(x)))
	case int:
		return v.binary(f, number, float64(x))
	}
	panic("smolgrad: the operand is no *Value, float64 or int")
}

// Functions of one value, as package math has them of numbers; and at last those of a number and a value.
var (
	Neg, Abs, Square, Sqrt         = op(C.smolgrad_neg), op(C.smolgrad_abs), op(C.smolgrad_square), op(C.smolgrad_sqrt)
	Cbrt, Exp, Exp2, Expm1         = op(C.smolgrad_cbrt), op(C.smolgrad_exp), op(C.smolgrad_exp2), op(C.smolgrad_expm1)
	Log, Log2, Log10, Log1p        = op(C.smolgrad_log), op(C.smolgrad_log2), op(C.smolgrad_log10), op(C.smolgrad_log1p)
	Sin, Cos, Tan, Asin            = op(C.smolgrad_sin), op(C.smolgrad_cos), op(C.smolgrad_tan), op(C.smolgrad_asin)
	Acos, Atan, Sinh, Cosh         = op(C.smolgrad_acos), op(C.smolgrad_atan), op(C.smolgrad_sinh), op(C.smolgrad_cosh)
	Tanh, Asinh, Acosh, Atanh      = op(C.smolgrad_tanh), op(C.smolgrad_asinh), op(C.smolgrad_acosh), op(C.smolgrad_atanh)
	Erf, Erfc, Lgamma, ReLU        = op(C.smolgrad_erf), op(C.smolgrad_erfc), op(C.smolgrad_lgamma), op(C.smolgrad_relu)
	ELU, SiLU, GELU, Sigmoid       = op(C.smolgrad_elu), op(C.smolgrad_silu), op(C.smolgrad_gelu), op(C.smolgrad_sigmoid)
	NormalCDF, LeakyReLU, Softplus = op(C.smolgrad_normal_cdf), op(C.smolgrad_leaky_relu), op(C.smolgrad_softplus)
	Add, Sub, Mul                  = lhs(C.smolgrad_number_add), lhs(C.smolgrad_number_sub), lhs(C.smolgrad_number_mul)
	Div, Pow, Hypot                = lhs(C.smolgrad_number_div), lhs(C.smolgrad_number_pow), lhs(C.smolgrad_number_hypot)
	Atan2, Min, Max                = lhs(C.smolgrad_number_atan2), lhs(C.smolgrad_number_min), lhs(C.smolgrad_number_max)
)

func op(f unsafe.Pointer) func(*Value) *Value {
	return func(x *Value) *Value { return x.made(C.apply((*[0]byte)(f), x.c)) }
}

func lhs(f unsafe.Pointer) func(float64, *Value) *Value {
	return func(a float64, x *Value) *Value { return x.made(C.left((*[0]byte)(f), C.double(a), x.c)) }
}

func handles(values []*Value) **C.smolgrad_value {
	c := make([]*C.smolgrad_value, len(values)+1) // there is a first one in any case
	for i, v := range values {
		c[i] = v.c
	}
	return &c[0]
}

// array lends C an array, which is its first word, or NULL for nil.
func array(x []float64, rows, columns int) *C.double {
	if x != nil && float64(len(x)) != float64(rows)*float64(columns) {
		panic("smolgrad: an array is not of the length that is needed")
	}
	return *(**C.double)(unsafe.Pointer(&x))
}

// A Function of arrays, which are row by row; those of results may be nil.
type Function struct {
	c                       *C.smolgrad_function
	inputs, shared, outputs int
}

func (t *Tape) Compile(inputs, shared, outputs []*Value) (*Function, error) {
	f := &Function{nil, len(inputs), len(shared), len(outputs)}
	f.c = kept([]any{t, inputs, shared, outputs}, C.smolgrad_function_compile(t.c, handles(inputs), C.size_t(f.inputs),
		handles(shared), C.size_t(f.shared), handles(outputs), C.size_t(f.outputs), nil))
	if f.c == nil {
		return nil, t.check(C.SMOLGRAD_ERROR_OUT_OF_MEMORY)
	}
	runtime.SetFinalizer(f, func(f *Function) { C.smolgrad_function_destroy(f.c) })
	return f, nil
}

func (f *Function) Evaluate(rows int, x, s, y []float64) error {
	return f.Gradient(rows, x, s, y, nil, nil)
}

// Gradient gives each row's derivatives by the inputs, and those by the shared numbers summed over all rows.
func (f *Function) Gradient(rows int, x, shared, y, dx, dShared []float64) error {
	return kept(f, (*Tape)(nil).check(C.gradient(f.c, C.size_t(rows), array(x, rows, f.inputs), array(shared, 1, f.shared),
		array(y, rows, f.outputs), array(dx, rows, f.inputs), array(dShared, 1, f.shared))))
}

type Activation int32 // of hidden neurons; those of the last layer are linear
const ActivationLinear, ActivationReLU, ActivationLeakyReLU, ActivationELU, ActivationTanh Activation = 0, 1, 2, 3, 4
const ActivationSigmoid, ActivationSoftplus, ActivationSiLU, ActivationGELU Activation = 5, 6, 7, 8

type MLP struct {
	c               *C.smolgrad_mlp
	tape            *Tape
	inputs, outputs int
}

func (t *Tape) NewMLP(inputs int, layers []int, hidden Activation, seed uint64) (*MLP, error) {
	options := C.smolgrad_mlp_options_create()
	defer C.smolgrad_mlp_options_destroy(options)
	C.smolgrad_mlp_options_set_seed(options, C.uint64_t(seed))
	if C.smolgrad_mlp_options_set_activation(options, C.int32_t(hidden)) != C.SMOLGRAD_OK {
		return nil, &Error{"SMOLGRAD_ERROR_INVALID_ARGUMENT", "no such activation"}
	}
	sizes := (*C.size_t)(unsafe.Pointer(&layers[0])) // as wide as an int
	return t.mlp(C.smolgrad_mlp_create(t.c, C.size_t(inputs), sizes, C.size_t(len(layers)), options))
}

func (t *Tape) mlp(c *C.smolgrad_mlp) (*MLP, error) {
	if c == nil {
		return nil, t.check(C.SMOLGRAD_ERROR_OUT_OF_MEMORY)
	}
	m := &MLP{c, t, int(C.smolgrad_mlp_input_count(c)), int(C.smolgrad_mlp_output_count(c))}
	runtime.SetFinalizer(m, func(m *MLP) { C.smolgrad_mlp_destroy_later(m.c) })
	return m, nil
}

func (t *Tape) LoadMLP(path string) (*MLP, error) { return t.mlp(C.smolgrad_mlp_load(t.c, text(path))) }
func (m *MLP) Save(path string) error             { return m.check(C.smolgrad_mlp_save(m.c, text(path))) }
func (m *MLP) check(status C.int32_t) error       { return kept(m, m.tape.check(status)) }
func (m *MLP) ParameterCount() int                { return kept(m, int(C.smolgrad_mlp_parameter_count(m.c))) }

func (m *MLP) Parameter(i int) *Value {
	return kept(m, m.tape.own(leaf, C.smolgrad_value_retain(C.smolgrad_mlp_parameter(m.c, C.size_t(i)))))
}

func (m *MLP) Forward(x []*Value) []*Value {
	out, y := make([]*C.smolgrad_value, m.outputs), make([]*Value, m.outputs)
	kept(x, C.smolgrad_mlp_forward(m.c, handles(x), C.size_t(len(x)), &out[0], C.size_t(len(out))))
	for i := range y {
		y[i] = m.tape.own(result, out[i])
	}
	return kept(m, y)
}

func (m *MLP) Predict(rows int, x, y []float64) error {
	return m.check(C.smolgrad_mlp_predict(m.c, array(x, rows, m.inputs), C.size_t(rows), array(y, rows, m.outputs)))
}

type FitOptions struct {
	Epochs, BatchSize uint    // a batch of 0: all rows
	LearningRate      float64 // 0 learns nothing
	Seed              uint64
	Progress          func(epoch int, loss float64) (goOn bool) // may be nil
	panicked          any
}

func (m *MLP) Fit(rows int, x, y []float64, o FitOptions) error {
	c := C.smolgrad_fit_options_create()
	defer C.smolgrad_fit_options_destroy(c)
	C.smolgrad_fit_options_set_epochs(c, C.size_t(o.Epochs))
	C.smolgrad_fit_options_set_batch_size(c, C.size_t(o.BatchSize))
	C.smolgrad_fit_options_set_learning_rate(c, C.double(o.LearningRate))
	C.smolgrad_fit_options_set_seed(c, C.uint64_t(o.Seed))
	C.smolgrad_fit_options_set_progress(c, (*[0]byte)(C.smolgradProgress), unsafe.Pointer(c))
	fits.Store(unsafe.Pointer(c), &o)
	defer fits.Delete(unsafe.Pointer(c))
	err := m.check(C.smolgrad_mlp_fit(m.c, array(x, rows, m.inputs), array(y, rows, m.outputs), C.size_t(rows), c, nil))
	if o.panicked != nil {
		panic(o.panicked)
	}
	return err
}

//export smolgradProgress
func smolgradProgress(epoch, _0 C.size_t, loss, _1, _2, _3 C.double, options unsafe.Pointer) (cancel C.int32_t) {
	fit, _ := fits.Load(options)
	o := fit.(*FitOptions)
	defer func() { o.panicked = recover() }()
	cancel = 1 // if it panics, too
	if o.Progress == nil || o.Progress(int(epoch), float64(loss)) {
		cancel = 0
	}
	return cancel
}
