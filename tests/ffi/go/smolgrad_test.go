package smolgrad

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"sync"
	"testing"
)

func status(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Status
	}
	return fmt.Sprint(err)
}

func panics(f func()) (what any) {
	defer func() { what = recover() }()
	f()
	return nil
}

func square(t *testing.T) *Function {
	tape := NewTape()
	x, a := tape.Value(1), tape.Value(2)
	f, err := tape.Compile([]*Value{x}, []*Value{a}, []*Value{a.Mul(Square(x))})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func model(t *testing.T, tape *Tape) *MLP {
	m, err := tape.NewMLP(1, []int{4, 1}, ActivationTanh, 1)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestOperators(t *testing.T) {
	x := NewTape().Value(0.7)
	for name, pair := range map[string]struct{ have, want float64 }{
		"sub":    {x.Sub(0.5).Data(), 0.7 - 0.5},
		"pow":    {x.Pow(3).Data(), math.Pow(0.7, 3)},
		"atan2":  {x.Atan2(2).Data(), math.Atan2(0.7, 2)},
		"hypot":  {x.Hypot(x).Data(), math.Hypot(0.7, 0.7)},
		"min":    {x.Min(2).Max(0.1).Data(), 0.7},
		"cbrt":   {Cbrt(x).Data(), math.Cbrt(0.7)},
		"log1p":  {Log1p(x).Data(), math.Log1p(0.7)},
		"acos":   {Acos(x).Data(), math.Acos(0.7)},
		"asinh":  {Asinh(x).Data(), math.Asinh(0.7)},
		"erfc":   {Erfc(x).Data(), math.Erfc(0.7)},
		"silu":   {SiLU(x).Data(), 0.7 / (1 + math.Exp(-0.7))},
		"normal": {NormalCDF(x).Data(), math.Erfc(-0.7/math.Sqrt2) / 2},
	} {
		if math.Abs(pair.have-pair.want) > 1e-14 {
			t.Error(name, pair)
		}
	}
	if panics(func() { x.Add("one") }) == nil {
		t.Error("text was added")
	}
	if err := x.SetLabel("größe"); err != nil || x.Label() != "größe" {
		t.Error(err, x.Label())
	}
}

// A number on either side of each operator: the value and its derivative at 3/4.
func TestNumbers(t *testing.T) {
	power, angle, root := math.Pow(2, 0.75), math.Atan2(0.75, 1), math.Sqrt(0.75)
	for name, formula := range map[string]struct {
		of           func(x *Value) *Value
		value, slope float64
	}{
		"x + 2":       {func(x *Value) *Value { return x.Add(2) }, 2.75, 1},
		"2 + x":       {func(x *Value) *Value { return Add(2, x) }, 2.75, 1},
		"x - 2":       {func(x *Value) *Value { return x.Sub(2.0) }, -1.25, 1},
		"2 - x":       {func(x *Value) *Value { return Sub(2, x) }, 1.25, -1},
		"x * 3":       {func(x *Value) *Value { return x.Mul(3) }, 2.25, 3},
		"3 * x":       {func(x *Value) *Value { return Mul(3, x) }, 2.25, 3},
		"x / 4":       {func(x *Value) *Value { return x.Div(4) }, 0.1875, 0.25},
		"3 / x":       {func(x *Value) *Value { return Div(3, x) }, 4, -16.0 / 3},
		"x^3":         {func(x *Value) *Value { return x.Pow(3) }, 0.421875, 1.6875},
		"x^-0.5":      {func(x *Value) *Value { return x.Pow(-0.5) }, 1 / root, -0.5 / 0.75 / root},
		"2^x":         {func(x *Value) *Value { return Pow(2, x) }, power, power * math.Ln2},
		"hypot(x, 1)": {func(x *Value) *Value { return x.Hypot(1) }, 1.25, 0.6},
		"hypot(1, x)": {func(x *Value) *Value { return Hypot(1, x) }, 1.25, 0.6},
		"atan2(x, 1)": {func(x *Value) *Value { return x.Atan2(1) }, angle, 0.64},
		"atan2(1, x)": {func(x *Value) *Value { return Atan2(1, x) }, math.Pi/2 - angle, -0.64},
		"min(x, 0.5)": {func(x *Value) *Value { return x.Min(0.5) }, 0.5, 0},
		"min(1, x)":   {func(x *Value) *Value { return Min(1, x) }, 0.75, 1},
		"max(x, 0.5)": {func(x *Value) *Value { return x.Max(0.5) }, 0.75, 1},
		"max(1, x)":   {func(x *Value) *Value { return Max(1, x) }, 1, 0},
	} {
		x := NewTape().Value(0.75)
		y := formula.of(x)
		near := func(a, b float64) bool { return math.Abs(a-b) <= 1e-15*math.Abs(b) }
		if err := y.Backward(); err != nil || !near(y.Data(), formula.value) || !near(x.Grad(), formula.slope) {
			t.Error(name, err, y, x.Grad())
		}
	}
}

// The first error is handed out once, and the tape can be used again.
func TestError(t *testing.T) {
	tape := NewTape()
	x := tape.Value(1)
	failed := Exp(x.Add(NewTape().Value(2))).Mul(3)
	if err := failed.Backward(); status(err) != "SMOLGRAD_ERROR_WRONG_TAPE" {
		t.Error(err)
	}
	if err := failed.Backward(); status(err) != "SMOLGRAD_ERROR_INVALID_ARGUMENT" {
		t.Error(err)
	}
	if err := tape.Err(); err != nil {
		t.Error(err)
	}
	y := x.Mul(x)
	if err := x.SetData(3); err != nil {
		t.Error(err)
	}
	if err := y.Backward(); status(err) != "SMOLGRAD_ERROR_STALE" {
		t.Error(err)
	}
	if _, err := tape.LoadMLP("/no such file"); status(err) != "SMOLGRAD_ERROR_IO" {
		t.Error(err)
	}
	if _, err := tape.NewMLP(1, []int{-1}, ActivationReLU, 0); err == nil {
		t.Error("a layer of -1 neurons")
	}
	if _, err := tape.NewMLP(1, []int{1}, 42, 0); status(err) != "SMOLGRAD_ERROR_INVALID_ARGUMENT" {
		t.Error(err)
	}
	one := []float64{1}
	if err := square(t).Evaluate(1, nil, one, []float64{0}); status(err) != "SMOLGRAD_ERROR_INVALID_ARGUMENT" {
		t.Error(err)
	}
}

func TestLengths(t *testing.T) {
	f, m, two, three := square(t), model(t, NewTape()), make([]float64, 2), make([]float64, 3)
	for name, call := range map[string]func(){
		"inputs":   func() { f.Evaluate(3, two, two[:1], three) },
		"shared":   func() { f.Evaluate(2, two, two[:0], two) },
		"outputs":  func() { f.Evaluate(3, three, two[:1], two) },
		"product":  func() { array(make([]float64, 4), 1<<62+1, 4) },
		"d_inputs": func() { f.Gradient(3, three, two[:1], nil, two, nil) },
		"d_shared": func() { f.Gradient(2, two, two[:1], nil, nil, three) },
		"predict":  func() { m.Predict(3, three, two) },
		"fit":      func() { m.Fit(3, three, two, FitOptions{Epochs: 1}) },
	} {
		if panics(call) == nil {
			t.Error(name, "of the wrong length")
		}
	}
	embedded := struct { // beside pointers
		name *string
		x    [2]float64
	}{name: new(string)}
	if err := f.Gradient(2, embedded.x[:], two[:1], nil, three[:2], nil); err != nil {
		t.Error(err)
	}
}

func TestModel(t *testing.T) {
	tape := NewTape()
	m, x, y := model(t, tape), []float64{-1, 0, 1}, []float64{1, 0, 1}
	options, calls := FitOptions{Epochs: 5, LearningRate: 0.1}, 0
	options.Progress = func(int, float64) bool {
		calls++
		panic("progress")
	}
	func() {
		defer func() { // a panic that had come through C would have the callback on its stack
			what := recover()
			if what != "progress" || calls != 1 || bytes.Contains(debug.Stack(), []byte("smolgradProgress")) {
				t.Errorf("%v after %d calls\n%s", what, calls, debug.Stack())
			}
		}()
		m.Fit(3, x, y, options)
	}()
	options.Progress = nil
	if err := m.Fit(3, x, y, options); err != nil {
		t.Error(err)
	}
	path := filepath.Join(t.TempDir(), "größe")
	if err := m.Save(path); err != nil {
		t.Fatal(err)
	}
	loaded, err := tape.LoadMLP(path)
	if err != nil {
		t.Fatal(err)
	}
	recorded := m.Forward([]*Value{tape.Value(-1)})[0]
	if err := loaded.Predict(3, x, y); err != nil || math.Abs(y[0]-recorded.Data()) > 1e-12 {
		t.Error(err, y, recorded)
	}
	if err := recorded.Backward(); err != nil || m.ParameterCount() != 13 || m.Parameter(12).Grad() != 1 {
		t.Error(err, m.ParameterCount(), m.Parameter(12))
	}
}

func TestGoroutines(t *testing.T) {
	const rows = 1000
	f, x := square(t), make([]float64, rows)
	for i := range x {
		x[i] = float64(i)
	}
	var wait sync.WaitGroup
	for g := 1; g <= 4; g++ {
		wait.Add(1)
		go func(a float64) {
			defer wait.Done()
			dx, tape := make([]float64, rows), NewTape()
			for round := 0; round < 50; round++ {
				if err := f.Gradient(rows, x, []float64{a}, nil, dx, nil); err != nil || dx[rows-1] != 2*a*(rows-1) {
					t.Error(err, dx[rows-1])
				}
				v := tape.Value(a)
				for i := 0; i < 1000; i++ {
					v = Sin(v).Add(a)
				}
				if err := v.Backward(); err != nil || math.IsNaN(v.Data()) {
					t.Error(err, v)
				}
				if round%10 == 0 {
					model(t, tape)
					tape = NewTape()
					runtime.GC()
				}
			}
		}(float64(g))
	}
	wait.Wait()
}
