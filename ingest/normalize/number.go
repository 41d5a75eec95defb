package normalize

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// number returns the digits of a number, or of a string that holds one in the
// form that JSON gives to numbers; so no leading zeros, plus signs or hex.
func (r *reader) number(v value) (string, bool) {
	switch v.kind() {
	case '0':
		return string(v), true
	case '"':
		s := strings.TrimSpace(r.string(v))
		return s, isNumber(s)
	default:
		return "", false
	}
}

func isNumber(s string) bool {
	s = strings.TrimPrefix(s, "-")
	whole, rest := digits(s)
	if whole == "" || len(whole) > 1 && whole[0] == '0' {
		return false
	}
	if after, ok := strings.CutPrefix(rest, "."); ok {
		var fraction string
		if fraction, rest = digits(after); fraction == "" {
			return false
		}
	}
	if rest != "" && (rest[0] == 'e' || rest[0] == 'E') {
		rest = rest[1:]
		if rest != "" && (rest[0] == '+' || rest[0] == '-') {
			rest = rest[1:]
		}
		var exponent string
		if exponent, rest = digits(rest); exponent == "" {
			return false
		}
	}
	return rest == ""
}

// digits cuts s after its leading digits.
func digits(s string) (leading, rest string) {
	n := 0
	for n < len(s) && '0' <= s[n] && s[n] <= '9' {
		n++
	}
	return s[:n], s[n:]
}

// parseLong takes whole numbers only, 5.0 among them. Numbers with an exponent
// do not occur below 10^21 (JSON.stringify).
func parseLong(r *reader, v value) (int64, bool) {
	s, ok := r.number(v)
	if !ok {
		return 0, false
	}
	if whole, fraction, dotted := strings.Cut(s, "."); dotted && strings.Trim(fraction, "0") == "" {
		s = whole
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}

func parseInteger(r *reader, v value) (int32, bool) {
	n, ok := parseLong(r, v)
	return int32(n), ok && math.MinInt32 <= n && n <= math.MaxInt32
}

func parseDouble(r *reader, v value) (float64, bool) {
	s, ok := r.number(v)
	if !ok {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}

// Scale and precision of every decimal in the schemas.
const (
	decimalScale     = 4
	decimalPrecision = 18
)

// parseDecimal keeps every digit: salaries are not to be rounded.
func parseDecimal(r *reader, v value) (*big.Rat, bool) {
	s, ok := r.number(v)
	if !ok {
		return nil, false
	}
	whole, fraction, _ := strings.Cut(s, ".")
	fraction = strings.TrimRight(fraction, "0")
	if len(fraction) > decimalScale {
		return nil, false
	}
	unscaled := whole + fraction + strings.Repeat("0", decimalScale-len(fraction))
	if len(strings.TrimLeft(unscaled, "-0")) > decimalPrecision {
		return nil, false
	}
	n, err := strconv.ParseInt(unscaled, 10, 64)
	if err != nil { // an exponent
		return nil, false
	}
	return big.NewRat(n, 10_000), true
}
