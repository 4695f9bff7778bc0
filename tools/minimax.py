#!/usr/bin/env python3
"""Minimax polynomials for the elementary functions of src/ir/program_f32.c and program_f64.c; needs mpmath.

Remez exchange (Remez 1934; Muller, "Elementary Functions", chapter 3) for f(x) ~ sum of c[k] x^powers[k] with a weighted error. The
coefficients of f32 are rounded one after the other, lowest power first, each time fitting the rest again, so that later
coefficients make up for the rounding of earlier ones, where that is better than rounding all. Prints each coefficient as bits and decimal, and the error in bits.

usage: minimax.py [name of a set ...]
"""
import struct
import sys

from mpmath import cos, erf, erfc, exp, expm1, log, log1p, lu_solve, matrix, mp, mpf, pi, sin, sqrt, tanh
from mpmath import asin, atan, erfinv, loggamma, tan

mp.dps = 60
GRID = 1200


def rounded(value, bits):
    if bits == 24:
        return mpf(struct.unpack("f", struct.pack("f", float(value)))[0])
    return mpf(float(value))


def remez(values, points, weights, powers):
    """Coefficients and the largest weighted error on the points."""
    terms = len(powers)
    count = len(points)
    mono = [[x**p for p in powers] for x in points]
    chosen = [round((1 - cos(pi * i / terms)) / 2 * (count - 1)) for i in range(terms + 1)]
    for _ in range(30):
        system = matrix(terms + 1, terms + 1)
        right = matrix(terms + 1, 1)
        for row, i in enumerate(chosen):
            for column in range(terms):
                system[row, column] = mono[i][column] * weights[i]
            system[row, terms] = (-1) ** row
            right[row] = values[i] * weights[i]
        try:
            solution = lu_solve(system, right)
        except ZeroDivisionError:
            return None, None
        coefficients = [solution[k] for k in range(terms)]
        error = [weights[i] * (values[i] - sum(c * m for c, m in zip(coefficients, mono[i]))) for i in range(count)]
        extrema = []
        for i in range(count):
            if extrema and (error[i] > 0) == (error[extrema[-1]] > 0):
                if abs(error[i]) > abs(error[extrema[-1]]):
                    extrema[-1] = i
            else:
                extrema.append(i)
        while len(extrema) > terms + 1:
            extrema.pop(0 if abs(error[extrema[0]]) < abs(error[extrema[-1]]) else -1)
        largest = max(abs(e) for e in error)
        if len(extrema) < terms + 1:
            return None, None
        if largest <= abs(solution[terms]) * mpf("1.001"):
            break
        chosen = extrema
    return coefficients, largest


def fit(name, function, powers, low, high, weight, bits):
    """Prints the coefficients."""
    nodes = [(low + high) / 2 - (high - low) / 2 * cos(pi * (2 * i + 1) / (2 * GRID)) for i in range(GRID)]
    points = [x for x in nodes if x != 0]
    values = [function(x) for x in points]
    weights = [weight(x) for x in points]
    print("%s on [%s, %s], %d bits" % (name, mp.nstr(low, 6), mp.nstr(high, 6), bits))
    plain, largest = remez(values, points, weights, list(powers))
    print("  error before rounding 2^%s" % mp.nstr(log(largest, 2), 5))

    def error(chosen):
        return max(abs(w * (v - sum(c * x**p for p, c in zip(powers, chosen)))) for v, w, x in zip(values, weights, points))

    best = [rounded(c, bits) for c in plain]
    if bits == 24:  # in f64 the rounding of the coefficients is far below the bound anyway
        chosen = []
        rest = list(values)
        for k in range(len(powers)):
            fitted, _ = remez(rest, points, weights, list(powers[k:]))
            chosen.append(rounded(fitted[0] if fitted else plain[k], bits))
            rest = [v - chosen[k] * x ** powers[k] for v, x in zip(rest, points)]
        best = min(best, chosen, key=error)
    done = list(zip(powers, best))
    largest = error(best)
    for power, value in done:
        layout = (">f", 8) if bits == 24 else (">d", 16)
        text = struct.pack(layout[0], float(value)).hex()
        print("  x^%-2d 0x%s /* %s */" % (power, text, mp.nstr(value, 9 if bits == 24 else 17)))
    print("  error 2^%s" % mp.nstr(log(largest, 2), 5))


def number(name, value, bits):
    layout = ">f" if bits == 24 else ">d"
    value = rounded(value, bits)
    print("%s 0x%s /* %s */" % (name, struct.pack(layout, float(value)).hex(), mp.nstr(value, 9 if bits == 24 else 17)))
    return value


def split(name, value, parts, bits, kept):
    """A constant as a sum: all parts but the last one have `kept` bits, so that products by short integers are exact."""
    for part in range(parts):
        if part < parts - 1:
            shift = kept - 1 - int(mp.floor(log(abs(value), 2)))
            piece = mp.floor(value * mpf(2) ** shift) / mpf(2) ** shift
        else:
            piece = value
        value -= number("%s part %d" % (name, part), piece, bits)


def exponential(bits, terms):
    half = log(2) / 2 * mpf("1.0005")
    fit("(exp(r) - 1 - r) / r^2", lambda r: (exp(r) - 1 - r) / r**2, range(terms), -half, half, lambda r: r**2 / exp(r), bits)


def exponential_less_one(bits, terms):
    half = log(2) / 2 * mpf("1.0005")
    fit("(exp(r) - 1 - r) / r^2", lambda r: (expm1(r) - r) / r**2, range(terms), -half, half, lambda r: r**2 / abs(expm1(r)), bits)


def power_of_two(bits, terms):
    fit("(2^r - 1) / r", lambda r: expm1(r * log(2)) / r, range(terms), -mpf("0.50001"), mpf("0.50001"), lambda r: abs(r) / 2**r, bits)


def logarithm_f32():
    fit("(log(1 + f) - f + f^2/2) / f^3", lambda f: (log1p(f) - f + f**2 / 2) / f**3, range(9), sqrt(mpf("0.5")) - 1, sqrt(mpf(2)) - 1,
        lambda f: abs(f**3 / log1p(f)), 24)


def logarithm_f64():
    # s = f / (2 + f), log(1 + f) = 2 s + s R(s^2): R / s^2
    limit = (3 - 2 * sqrt(mpf(2))) ** 2 * mpf("1.0001")
    fit("(atanh(s) - s) * 2 / s^3 in s^2", lambda z: (log((1 + sqrt(z)) / (1 - sqrt(z))) - 2 * sqrt(z)) / sqrt(z) ** 3, range(7), mpf(10) ** -20,
        limit, lambda z: z, 53)


def tangent_f32(threshold="0.9"):
    fit("(tanh(x) - x) / x^3 in x^2", lambda u: (tanh(sqrt(u)) - sqrt(u)) / sqrt(u) ** 3, range(7), mpf(10) ** -12, mpf(threshold) ** 2,
        lambda u: sqrt(u) ** 3 / tanh(sqrt(u)), 24)
    half = log(2) / 4 * mpf("1.001")
    fit("(exp(2 r) - 1) / r", lambda r: expm1(2 * r) / r, range(6), -half, half, lambda r: abs(r), 24)


def tangent_f64():
    fit("(tanh(x) - x) / x^3 in x^2", lambda u: (tanh(sqrt(u)) - sqrt(u)) / sqrt(u) ** 3, range(8), mpf(10) ** -20, mpf("0.3") ** 2,
        lambda u: sqrt(u) ** 3 / tanh(sqrt(u)), 53)
    half = log(2) / 4 * mpf("1.0005")
    fit("(exp(2 r) - 1 - 2 r) / r^2", lambda r: (expm1(2 * r) - 2 * r) / r**2, range(10), -half, half, lambda r: abs(r) / 2, 53)


def error_f32(threshold="1.0"):
    fit("(erf(x) - x) / x in x^2", lambda u: erf(sqrt(u)) / sqrt(u) - 1, range(7), mpf(10) ** -12, mpf(threshold) ** 2,
        lambda u: sqrt(u) / erf(sqrt(u)), 24)
    fit("log(erfc(x))", lambda x: log(erfc(x)), range(7), mpf(threshold) - mpf("0.01"), mpf("3.95"), lambda x: erfc(x) / erf(x), 24)


def error_f64():
    fit("(erf(x) - x) / x in x^2", lambda u: erf(sqrt(u)) / sqrt(u) - 1, range(12), mpf(10) ** -20, mpf(1),
        lambda u: sqrt(u) / erf(sqrt(u)), 53)
    # centred near 1, where erfc weighs most, so that the rounding of large coefficients does not count there
    fit("log(erfc(x)), x = 1.25 + t", lambda t: log(erfc(t + mpf("1.25"))), range(18), mpf("-0.26"), mpf("4.7"),
        lambda t: erfc(t + mpf("1.25")) / erf(t + mpf("1.25")), 53)


def power():
    # log2(m) / s in s^2, A = 2 / log(2): all but A for f32, all but A (1 + s^2 / 3) for f64
    limit = (3 - 2 * sqrt(mpf(2))) ** 2 * mpf("1.0001")
    a = number("A", 2 / log(mpf(2)), 53)
    number("A low", 2 / log(mpf(2)) - a, 53)
    b = number("B", 2 / log(mpf(2)) / 3, 53)
    number("B low", 2 / log(mpf(2)) / 3 - b, 53)
    a = 2 / log(mpf(2))
    ratio = lambda z: a * log((1 + sqrt(z)) / (1 - sqrt(z))) / 2 / sqrt(z)
    fit("(log2(m) / s - A) / z in z = s^2", lambda z: (ratio(z) - a) / z, range(5), mpf(10) ** -16, limit, lambda z: z / a, 53)
    fit("(log2(m) / s - A - A z / 3) / z^2", lambda z: (ratio(z) - a - a * z / 3) / z**2, range(7), mpf(10) ** -12, limit, lambda z: z**2 / a, 53)
    power_of_two(53, 7)


def circle_f32():
    # in quarter turns, evaluated in f64
    half = mpf("0.5") * mpf("1.0001")
    fit("sin(pi/2 g) / g in g^2", lambda u: sin(pi / 2 * sqrt(u)) / sqrt(u), range(4), mpf(10) ** -20, half**2,
        lambda u: sqrt(u) / sin(pi / 2 * sqrt(u)), 53)
    fit("(cos(pi/2 g) - 1) / g^2 in g^2", lambda u: (cos(pi / 2 * sqrt(u)) - 1) / u, range(4), mpf(10) ** -20, half**2, lambda u: u, 53)


def circle_f64():
    half = pi / 4 * mpf("1.0001")
    fit("(sin(r) - r) / r^3 in r^2", lambda u: (sin(sqrt(u)) - sqrt(u)) / sqrt(u) ** 3, range(6), mpf(10) ** -20, half**2,
        lambda u: sqrt(u) ** 3 / sin(sqrt(u)), 53)
    fit("(cos(r) - 1 + r^2/2) / r^4 in r^2", lambda u: (cos(sqrt(u)) - 1 + u / 2) / u**2, range(6), mpf(10) ** -20, half**2,
        lambda u: u**2 / cos(sqrt(u)), 53)


# Functions of program_inverse.c, program_erfc.c and program_gamma.c: both dtypes compute in f64, f32 with shorter polynomials.


def logarithm_short():
    limit = (3 - 2 * sqrt(mpf(2))) ** 2 * mpf("1.0001")
    fit("(atanh(s) - s) * 2 / s^3 in s^2", lambda z: (log((1 + sqrt(z)) / (1 - sqrt(z))) - 2 * sqrt(z)) / sqrt(z) ** 3, range(3), mpf(10) ** -20,
        limit, lambda z: z, 53)


def arctangent(terms):
    fit("(atan(t) - t) / t^3 in t^2", lambda z: (atan(sqrt(z)) - sqrt(z)) / sqrt(z) ** 3, range(terms), mpf(10) ** -20,
        tan(pi / 8) ** 2 * mpf("1.0001"), lambda z: sqrt(z) ** 3 / atan(sqrt(z)), 53)


def arcsine(terms):
    fit("(asin(s) - s) / s^3 in s^2", lambda z: (asin(sqrt(z)) - sqrt(z)) / sqrt(z) ** 3, range(terms), mpf(10) ** -20, mpf("0.25"),
        lambda z: sqrt(z) ** 3 / asin(sqrt(z)), 53)


def mapped(k, t):
    """The argument whose image is t = (argument - k) / (argument + k)."""
    return k * (1 + t) / (1 - t)


def complementary_error(small, large, k, last):
    fit("(erf(x) - x) / x in x^2", lambda u: erf(sqrt(u)) / sqrt(u) - 1, range(small), mpf(10) ** -20, mpf("0.25"),
        lambda u: sqrt(u) / erfc(sqrt(u)), 53)

    def scaled(t):
        a = mapped(k, t)
        return (1 + 2 * a) * exp(a * a) * erfc(a)

    fit("(1 + 2 a) e^(a^2) erfc(a) in t = (a - %d) / (a + %d)" % (k, k), scaled, range(large), (mpf("0.5") - k) / (mpf("0.5") + k),
        mpf(last - k) / (last + k), lambda t: 1 / scaled(t), 53)


def inverse_error(small, large, k, last):

    def of(w):
        return erfinv(sqrt(1 - exp(-w)))

    def ratio(w):
        return of(w) / sqrt(1 - exp(-w))

    fit("erfinv(x) / x in w - 2.5, w = -log(1 - x^2)", lambda v: ratio(v + mpf("2.5")), range(small), mpf("-2.5") + mpf(10) ** -15, mpf("2.501"),
        lambda v: 1 / ratio(v + mpf("2.5")), 53)
    fit("erfinv(x) in t = (w - %d) / (w + %d)" % (k, k), lambda t: of(mapped(k, t)), range(large), (mpf("4.999") - k) / (mpf("4.999") + k),
        (last - k) / (last + k), lambda t: 1 / of(mapped(k, t)), 53)


def log_gamma(near, far, sine):

    def reduced(v):
        t = v + mpf("0.625")
        return loggamma(1 + t) / (t * (t - 1))

    fit("log(gamma(1 + t)) / (t (t - 1)) in t - 0.625", reduced, range(near), mpf("-0.826"), mpf("0.876"), lambda v: 1 / reduced(v), 53)

    def rest(u):
        x = 1 / sqrt(u)
        return (loggamma(x) - ((x - mpf(1) / 2) * (log(x) - 1) + log(2 * pi) / 2 - mpf(1) / 2)) * x

    fit("rest of Stirling's formula times x in 1 / x^2", rest, range(far), mpf(10) ** -12, mpf("0.16001"),
        lambda u: sqrt(u) / loggamma(1 / sqrt(u)), 53)
    fit("sin(pi r) / (pi r) in r^2", lambda z: sin(pi * sqrt(z)) / (pi * sqrt(z)), range(sine), mpf(10) ** -20, mpf("0.2501"),
        lambda z: pi * sqrt(z) / sin(pi * sqrt(z)), 53)


def inverse_cube_root():
    fit("(1 - e)^(-1/3)", lambda e: (1 - e) ** (-mpf(1) / 3), range(7), mpf("-0.1025"), mpf("0.1025"), lambda e: (1 - e) ** (mpf(1) / 3), 53)


def constants():
    split("ln2", log(mpf(2)), 2, 24, 16)
    split("ln2", log(mpf(2)), 2, 53, 42)
    number("log2e", 1 / log(mpf(2)), 24)
    number("log2e", 1 / log(mpf(2)), 53)
    split("ln2/2", log(mpf(2)) / 2, 2, 53, 42)
    # 1/(2 pi) in pieces for products by 24-bit numbers that are exact in f64, the last piece whole
    split("1/(2 pi)", 1 / (2 * pi), 6, 53, 29)
    # the same in whole words of 53 bits, each as a fraction, for f64
    with mp.workprec(1300):
        rest = 1 / (2 * pi)
        for word in range(22):
            rest *= mpf(2) ** 53
            number("word %d" % word, mp.floor(rest) / mpf(2) ** 53, 53)
            rest -= mp.floor(rest)
    split("log10(2)", log(mpf(2)) / log(mpf(10)), 2, 24, 16)
    split("log10(2)", log(mpf(2)) / log(mpf(10)), 2, 53, 42)
    for base in (2, 10):
        for bits in (24, 53):
            high = number("1/log(%d)" % base, 1 / log(mpf(base)), bits)
            number("1/log(%d) low" % base, 1 / log(mpf(base)) - high, bits)
    number("pi/2", pi / 2, 53)
    number("pi/2 low", pi / 2 - mpf(float(pi / 2)), 53)


SETS = {
    "exp_f32": lambda: exponential(24, 5),
    "exp_f64": lambda: exponential(53, 10),
    "expm1_f32": lambda: exponential_less_one(24, 6),
    "expm1_f64": lambda: exponential_less_one(53, 11),
    "sinh_f32": lambda: exponential_less_one(53, 6),
    "exp2_f32": lambda: power_of_two(24, 6),
    "exp2_f64": lambda: power_of_two(53, 11),
    "log_f32": logarithm_f32,
    "log_f64": logarithm_f64,
    "tanh_f32": tangent_f32,
    "tanh_f64": tangent_f64,
    "erf_f32": error_f32,
    "erf_f64": error_f64,
    "pow": power,
    "sin_cos_f32": circle_f32,
    "sin_cos_f64": circle_f64,
    "exp_short": lambda: exponential(53, 5),
    "log_short": logarithm_short,
    "atan_f32": lambda: arctangent(5),
    "atan_f64": lambda: arctangent(11),
    "asin_f32": lambda: arcsine(6),
    "asin_f64": lambda: arcsine(13),
    "erfc_f32": lambda: complementary_error(5, 11, 3, 11),
    "erfc_f64": lambda: complementary_error(9, 22, 4, 28),
    "erfinv_f32": lambda: inverse_error(11, 10, 10, mpf("16.7")),
    "erfinv_f64": lambda: inverse_error(23, 27, 13, mpf("36.1")),
    "lgamma_f32": lambda: log_gamma(15, 5, 5),
    "lgamma_f64": lambda: log_gamma(30, 13, 9),
    "cbrt": inverse_cube_root,
    "constants": constants,
}

for chosen_set in sys.argv[1:] or SETS:
    SETS[chosen_set]()
