// What the program of every language here does and prints; `program cost` prints what an operation costs.
package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"

	sg "smolgrad"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// micrograd's expression.
func expression() {
	tape := sg.NewTape()
	a, b := tape.Value(-4), tape.Value(2)
	c := a.Add(b)
	d := a.Mul(b).Add(b.Pow(3))
	c = c.Add(c.Add(1))
	c = c.Add(sg.Add(1, c).Sub(a))
	d = d.Add(d.Mul(2).Add(sg.ReLU(b.Add(a))))
	d = d.Add(sg.Mul(3, d).Add(sg.ReLU(b.Sub(a))))
	e := c.Sub(d).Pow(2)
	g := e.Div(2.0).Add(sg.Div(10, e))
	check(g.Backward())
	fmt.Printf("value %.6f %.6f %.6f\n", g.Data(), a.Grad(), b.Grad())
}

func text() {
	tape := sg.NewTape()
	x := tape.Value(2)
	y := sg.Tanh(sg.Neg(x).Sub(x))
	check(x.Mul(x).Backward())
	fmt.Println("text", x, y.Operation())
}

// f(x, y; a) = exp(a x) sin(y) at a thousand points.
func function() {
	tape := sg.NewTape()
	x, y, a := tape.Value(1), tape.Value(2), tape.Value(0.5)
	wave := sg.Exp(a.Mul(x)).Mul(sg.Sin(y))
	f, err := tape.Compile([]*sg.Value{x, y}, []*sg.Value{a}, []*sg.Value{wave})
	check(err)
	const rows = 1000
	var xy, dxy [2 * rows]float64
	var z [rows]float64
	var da [1]float64
	for i := 0; i < rows; i++ {
		xy[2*i], xy[2*i+1] = float64(i)/1000, 1-float64(i)/500
	}
	check(f.Gradient(rows, xy[:], []float64{0.7}, z[:], dxy[:], da[:]))
	for i := 0; i < rows; i += 333 {
		fmt.Printf("function %.6f %.6f %.6f\n", z[i], dxy[2*i], dxy[2*i+1])
	}
	fmt.Printf("shared %.6f\n", da[0])
}

// A model learns x y on a grid; then a fit that is cancelled.
func training() {
	model, err := sg.NewTape().NewMLP(2, []int{8, 1}, sg.ActivationTanh, 1)
	check(err)
	var x, y []float64
	for i := 0; i < 100; i++ {
		a, b := float64(i/10)/4.5-1, float64(i%10)/4.5-1
		x, y = append(x, a, b), append(y, a*b)
	}
	options := sg.FitOptions{Epochs: 100, BatchSize: 10, LearningRate: 0.02, Seed: 3}
	options.Progress = func(epoch int, loss float64) bool {
		if epoch%25 == 0 {
			fmt.Printf("epoch %d of %d loss %.6f\n", epoch, options.Epochs, loss)
		}
		return true
	}
	check(model.Fit(100, x, y, options))
	predicted := make([]float64, 2)
	check(model.Predict(2, []float64{0.5, 0.5, -0.5, 0.5}, predicted))
	fmt.Printf("predict %.6f %.6f\n", predicted[0], predicted[1])

	var losses []float64
	options.Progress = func(epoch int, loss float64) bool {
		losses = append(losses, loss)
		return epoch < 3
	}
	var failure *sg.Error
	if !errors.As(model.Fit(100, x, y, options), &failure) {
		check(errors.New("the fit was not cancelled"))
	}
	fmt.Printf("cancelled %s after %d\n", failure.Status, len(losses))
}

func failing() {
	tape, other := sg.NewTape(), sg.NewTape()
	a, foreign := tape.Value(1), other.Value(2)
	fmt.Println("error", a.Add(foreign).Backward())
	fmt.Printf("after %.6f\n", a.Add(a).Data())
}

// A million values that nothing refers to, freed by finalizers.
func garbage() {
	tape := sg.NewTape()
	x := tape.Value(0.5)
	for i := 0; i < 1000000; i++ {
		sg.Sin(x)
	}
	for end := time.Now().Add(10 * time.Second); tape.NodeCount() > 100; runtime.GC() {
		if time.Now().After(end) {
			check(errors.New("values were not freed"))
		}
	}
	if x.Data() != 0.5 {
		check(errors.New("a value in use was freed"))
	}
	fmt.Println("freed 1000000")
}

// A product recorded, its share of backward, and of garbage collection.
func cost() {
	const length, rounds = 1000, 4000
	x := sg.NewTape().Value(1.0001)
	begin := time.Now()
	for i := 0; i < rounds; i++ {
		y := x
		for k := 0; k < length; k++ {
			y = y.Mul(x)
		}
		check(y.Backward())
	}
	fmt.Printf("%.1f ns\n", float64(time.Since(begin).Nanoseconds())/rounds/length)
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "cost" {
		cost()
		return
	}
	fmt.Println("version", sg.Version())
	expression()
	text()
	function()
	training()
	failing()
	garbage()
}
