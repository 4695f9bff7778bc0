#!/usr/bin/python3
"""Writes ops.txt: what NumPy, SciPy and PyTorch say about the library's public functions. tests/test_expected.c reads it.

make_ops.py writes the file, make_ops.py --check compares it with what would be written. It needs NumPy 1.24, SciPy 1.10 and PyTorch 1.13
(Debian 12: python3-numpy python3-scipy python3-torch); the tests need none of them.

A line is a case:

    clamp f64[2,3]@1:-4:4 low=-1 high=inf ~0 => f64[2,3] 1 2.5 ... d0 0x1.8p-1 ...

- the function's name without tin_, as calls.def has it;
- tensors: dtype[sizes]@seed:low:high, element i being low + (high - low) * ((389 i + 97 seed) mod 257) / 256, for integers rounded
  down; or dtype[sizes]{elements}; - is an optional tensor that is absent;
- options by name;
- ~ulps or ~ulps/floor: tolerance in ulps of the expected number, or of floor where that is larger. Without floor signs of zeros count.
  None: exact;
- behind => the results with dtype and shape, x*n standing for n times x, and by d0, d1 ... the gradients by tensors 0, 1 ... of the sum of
  all results times weights, which are the elements that seed 77 gives between -1 and 1.

Expected numbers of f32 are computed in f64 from the f32 inputs and rounded.
"""
import itertools
import math
import os
import sys
import warnings

import numpy as np
import scipy.special
import torch
import torch.nn.functional as F

warnings.filterwarnings("ignore")
FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "ops.txt")
NUMPY = {"bool": np.bool_, "u8": np.uint8, "i8": np.int8, "u16": np.uint16, "i16": np.int16, "u32": np.uint32, "i32": np.int32,
         "u64": np.uint64, "i64": np.int64, "f32": np.float32, "f64": np.float64}
NAMES = {np.dtype(v): k for k, v in NUMPY.items()}
INTEGERS = ["u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64"]
inf, nan = math.inf, math.nan
lines = []


# ---- inputs ----

class T:
    """A tensor of a case: its text, and its value as an array."""

    def __init__(self, dtype, shape, seed=1, low=-4, high=4, values=None):
        self.dtype, self.shape = dtype, tuple(shape)
        size = int(np.prod(self.shape, dtype=np.int64))
        sizes = ",".join(map(str, self.shape))
        if values is None:
            self.text = f"{dtype}[{sizes}]@{seed}:{low:g}:{high:g}"
            i = np.arange(size, dtype=np.int64)
            numbers = low + (high - low) * (((i * 389 + seed * 97) % 257) / 256)
        else:
            self.text = f"{dtype}[{sizes}]{{{','.join(number(v) for v in values)}}}"
            numbers = values
        if dtype[0] != "f":
            numbers = [int(math.floor(v)) for v in numbers]
        self.array = np.array(numbers, dtype=NUMPY[dtype]).reshape(self.shape)

    def float(self):
        return self.dtype[0] == "f"


def L(dtype, *values):
    return T(dtype, (len(values),), values=values)


def generated(shape, seed, low, high):
    return T("f64", shape, seed, low, high).array


# ---- text ----

def number(x):
    if isinstance(x, (bool, int, np.integer, np.bool_)):
        return str(int(x))
    x = float(x)
    if math.isnan(x) or math.isinf(x):
        return str(x)
    if x == int(x) and abs(x) < 1e6:
        return f"{x:.0f}"
    digits, exponent = x.hex().split("p")
    if "." in digits:
        digits = digits.rstrip("0").rstrip(".")
    return f"{digits}p{int(exponent)}"


def numbers(array):
    words = [number(x) for x in np.asarray(array).reshape(-1)]
    groups = [(k, len(list(g))) for k, g in itertools.groupby(words)]
    return " ".join(f"{k}*{n}" if n > 1 else k for k, n in groups)


def option(value):
    if isinstance(value, str):
        return value if value in NUMPY else f'"{value}"'
    if isinstance(value, (tuple, list)):
        return "(" + ",".join(number(v) for v in value) + ")"
    return number(value)


# ---- references: torch where it has the dtype, else NumPy; every one takes arrays as torch tensors ----

def as_torch(array):
    return torch.from_numpy(np.array(array))


def as_numpy(x):
    return x.detach().contiguous().numpy() if isinstance(x, torch.Tensor) else np.asarray(x)


def listed(x):
    return list(x) if isinstance(x, (tuple, list)) else [x]


def np_ref(function):
    """A reference by NumPy or SciPy: takes and returns arrays."""
    def call(*inputs, **options):
        results = function(*[as_numpy(x) if x is not None else None for x in inputs], **options)
        return [np.asarray(r) for r in listed(results)]
    call.numpy = True
    return call


def gradients_of(ref, inputs, options, wrt):
    leaves = [as_torch(t.array).requires_grad_(i in wrt) if t else None for i, t in enumerate(inputs)]
    total = 0
    for result in listed(ref(*leaves, **options)):
        if result.dtype.is_floating_point:
            weights = torch.from_numpy(np.array(generated(tuple(result.shape), 77, -1, 1)))
            total = total + (result * weights).sum()
    if not isinstance(total, torch.Tensor) or not total.requires_grad:
        return [torch.zeros_like(leaves[i]) for i in wrt]
    found = torch.autograd.grad(total, [leaves[i] for i in wrt], allow_unused=True)
    return [torch.zeros_like(leaves[i]) if g is None else g for g, i in zip(found, wrt)]


def case(name, *inputs, ref, tol=0, floor=0, grad=None, out=None, **options):
    """Adds a line. grad: gradients are stored (default: where all floats among the inputs are f64); out: dtypes of the results where
    they are not those of the reference."""
    raw = [None if t is None else t.array for t in inputs]
    is_numpy = getattr(ref, "numpy", False)
    floats = [i for i, t in enumerate(inputs) if t is not None and t.float()]
    wide = [None if a is None else a.astype(np.float64) if a.dtype.kind == "f" else a for a in raw]
    call = (lambda arrays: [as_numpy(r) for r in listed(ref(*[None if a is None else as_torch(a) if not is_numpy else a for a in arrays],
                                                           **options))])
    with np.errstate(all="ignore"):
        results = call(wide)
        if out is None:
            kinds = [r.dtype for r in (call(raw) if any(inputs[i].dtype == "f32" for i in floats) else results)]
        else:
            kinds = [np.dtype(NUMPY[d]) for d in ([out] if isinstance(out, str) else out)]
        results = [np.asarray(r).astype(k) for r, k in zip(results, kinds)]
    words = [name] + ["-" if t is None else t.text for t in inputs]
    words += [f"{k}={option(v)}" for k, v in options.items() if v is not None]
    if tol:
        words.append(f"~{tol:g}" + (f"/{floor:g}" if floor else ""))
    words.append("=>")
    for r in results:
        words.append(f"{NAMES[r.dtype]}[{','.join(map(str, r.shape))}]")
        words.append(numbers(r))
    if grad is None:
        grad = bool(floats) and not is_numpy and all(inputs[i].dtype == "f64" for i in floats) and any(r.dtype.kind == "f" for r in results)
    if grad:
        wrt = floats if grad is True else list(grad)
        for i, g in zip(wrt, gradients_of(ref, inputs, options, wrt)):
            words += [f"d{i}", numbers(as_numpy(g))] if g.numel() else []
    lines.append(" ".join(w for w in words if w != ""))


def section(title):
    lines.append(f"\n# {title}")


# ================================================================ elementwise

F64_SPECIAL = [0.0, -0.0, inf, -inf, nan, 5e-324, -2.2250738585072014e-308, 1e300, -1e300, 1.0, -1.0, 0.5, -2.0, 1e-20]
F32_SPECIAL = [0.0, -0.0, inf, -inf, nan, 2.0**-149, -2.0**-126, 2.0**120, -2.0**120, 1.0, -1.0, 0.5, -2.0, 2.0**-60]


# name: (reference, low, high, tolerance in ulps, whether integers are taken as f32, specials left out)
UNARY = {
    "neg": (torch.neg, -4, 4, 0, False), "abs": (torch.abs, -4, 4, 0, False), "sign": (torch.sign, -4, 4, 0, False),
    "sqrt": (torch.sqrt, 0.125, 9, 1, True), "rsqrt": (torch.rsqrt, 0.125, 9, 2, True), "square": (torch.square, -4, 4, 1, False),
    "reciprocal": (torch.reciprocal, 0.5, 4, 1, True), "exp": (torch.exp, -4, 4, 2, True), "log": (torch.log, 0.125, 9, 2, True),
    "expm1": (torch.expm1, -4, 4, 3, True), "log1p": (torch.log1p, -0.75, 4, 3, True), "exp2": (torch.exp2, -4, 4, 2, True),
    "log2": (torch.log2, 0.125, 9, 3, True), "log10": (torch.log10, 0.125, 9, 3, True), "tan": (torch.tan, -1.25, 1.25, 3, True),
    "sinh": (torch.sinh, -4, 4, 3, True), "cosh": (torch.cosh, -4, 4, 3, True), "sin": (torch.sin, -4, 4, 2, True),
    "cos": (torch.cos, -4, 4, 2, True), "tanh": (torch.tanh, -4, 4, 3, True), "erf": (torch.erf, -4, 4, 3, True),
    "sigmoid": (torch.sigmoid, -4, 4, 4, True), "relu": (torch.relu, -4, 4, 0, False), "round": (torch.round, -4, 4, 0, False),
    "floor": (torch.floor, -4, 4, 0, False), "ceil": (torch.ceil, -4, 4, 0, False), "trunc": (torch.trunc, -4, 4, 0, False),
    "isnan": (torch.isnan, -4, 4, 0, False), "isinf": (torch.isinf, -4, 4, 0, False), "isfinite": (torch.isfinite, -4, 4, 0, False),
    "signbit": (torch.signbit, -4, 4, 0, False), "logical_not": (torch.logical_not, -4, 4, 0, False),
    "asin": (torch.asin, -0.875, 0.875, 3, True), "acos": (torch.acos, -0.875, 0.875, 3, True), "atan": (torch.atan, -4, 4, 3, True),
    "asinh": (torch.asinh, -4, 4, 3, True), "acosh": (torch.acosh, 1.125, 9, 3, True), "atanh": (torch.atanh, -0.875, 0.875, 3, True),
    "erfc": (torch.erfc, -4, 4, 8, True), "erfinv": (torch.erfinv, -0.875, 0.875, 4, True), "lgamma": (torch.lgamma, 0.125, 9, 8, True),
    "digamma": (torch.digamma, 0.125, 9, 16, True), "frac": (torch.frac, -4, 4, 0, True), "deg2rad": (torch.deg2rad, -180, 180, 2, True),
    "rad2deg": (torch.rad2deg, -4, 4, 2, True), "sinc": (torch.sinc, -4, 4, 8, True),
    "cbrt": (lambda x: torch.sign(x) * torch.abs(x) ** (1 / 3), 0.5, 9, 4, True), "watch": (torch.clone, -4, 4, 0, False), "detach": (torch.detach, -4, 4, 0, False),
}
def ieee(function, negative_wins):
    """minimum and maximum with -0 below +0."""
    def call(a, b):
        negative = np.signbit(a) | np.signbit(b) if negative_wins else np.signbit(a) & np.signbit(b)
        return np.where((a == 0) & (b == 0), np.where(negative, -0.0, 0.0), function(a, b))
    return np_ref(call)


# Where PyTorch's own value is not the one to compare with: less accurate far out, or another sign of a zero than the docstring's.
SPECIAL_REF = {
    "cbrt": np_ref(np.cbrt), "sinh": np_ref(np.sinh), "cosh": np_ref(np.cosh), "asinh": np_ref(np.arcsinh), "log1p": np_ref(np.log1p), "exp2": np_ref(np.exp2),
    "relu": np_ref(lambda x: np.where(x <= 0, 0.0, x)),
    "sinc": np_ref(lambda x: np.where((x == np.round(x)) & (x != 0) & np.isfinite(x), 0.0, np.sinc(x))),
}


def unary_cases():
    section("elementwise, one operand: ordinary numbers with gradients, f32, special numbers, integers and bool, 0-d, empty")
    for name, (ref, low, high, tol, floats) in UNARY.items():
        integer = (lambda x, ref=ref: ref(x.float())) if floats else ref
        grad = False if name == "digamma" else None  # PyTorch's trigamma is good for 11 digits; tests/test_special.c has mpmath's
        floor = 1 if name in ("lgamma", "digamma", "sinc", "sigmoid") else 0
        case(name, T("f64", (2, 3), 5, low, high), ref=ref, tol=tol, floor=floor, grad=grad)
        case(name, T("f32", (3, 4), 9, low, high), ref=ref, tol=tol, floor=floor)
        case(name, T("f64", (), 40, low, high), ref=ref, tol=tol, floor=floor, grad=grad)
        case(name, T("f32", (0, 2), 40, low, high), ref=ref, tol=tol)
        special = SPECIAL_REF.get(name, ref)
        case(name, L("f64", *F64_SPECIAL), ref=special, tol=tol, floor=1e-300 if name == "sinc" else 0, grad=False)
        case(name, L("f32", *F32_SPECIAL), ref=special, tol=tol, floor=1e-30 if name == "sinc" else 0, grad=False,
             out=None if special is ref else "f32")
        if name in ("lgamma", "digamma"):
            continue
        out = "f32" if floats else None
        case(name, T("i32", (4,), 3, max(low, -4), min(high, 4)), ref=integer, tol=tol, floor=floor, out=out)
        if name not in ("neg", "round", "floor", "ceil", "trunc", "frac", "relu", "sign", "square", "abs"):
            case(name, L("bool", 0, 1), ref=integer, tol=tol, floor=floor, out=out)
    for name in ("neg", "abs", "sign", "square", "relu", "signbit"):
        for dtype in ("i8", "i16", "i32", "i64", "u8"):
            if name == "neg" or dtype != "u8":
                bits = {"i8": 7, "i16": 15, "i32": 31, "i64": 63, "u8": 8}[dtype]
                low = 0 if dtype == "u8" else -2**bits
                case(name, L(dtype, low, low + 1, 0, 1, 2**bits - 1), ref=UNARY[name][0])
    for dtype in INTEGERS + ["bool"]:
        case("bitwise_not", T(dtype, (5,), 3, 0 if dtype in ("bool",) or dtype[0] == "u" else -100, 2 if dtype == "bool" else 100),
             ref=np_ref(np.invert))
    for big in (1e5, -2.0**40, 1e22):
        for name in ("sin", "cos", "tan"):
            case(name, L("f64", big, big * 1.5), ref=np_ref(getattr(np, name)), tol=4)
    for name, values in (("sigmoid", (100.0, -100.0, 1000.0, -1000.0, 30.0, -30.0)), ("tanh", (100.0, -100.0, 20.0, -20.0, 1e-9, -1e-9)),
                         ("erf", (100.0, -100.0, 6.0, 1e-9)), ("erfc", (10.0, 20.0, 26.0, -10.0)), ("expm1", (1e-10, -1e-10, 100.0, -100.0)),
                         ("log1p", (1e-10, -1e-10, 1e10)), ("exp", (700.0, -700.0, -740.0, 1e-12)), ("relu", (0.0, -0.0, 2.0, -2.0)),
                         ("abs", (0.0, -0.0, 2.0)), ("sinc", (0.0, 1.0, -2.0, 0.25)), ("log", (1e-300, 1e300, 1.0)),
                         ("round", (0.5, 1.5, 2.5, -0.5, -1.5, 0.49999999999999994)), ("asin", (0.0, 1e-9, 0.99)),
                         ("atan", (1e10, -1e10, 1e-9)), ("asinh", (1e10, -1e10, 1e-9)), ("acosh", (1e10, 1.0 + 2**-20)),
                         ("lgamma", (100.5, 0.001, -0.5, -2.5)), ("digamma", (100.5, 0.001, -0.5, -2.5)), ("sqrt", (1e-300, 1e300, 2.0))):
        case(name, L("f64", *values), ref=SPECIAL_REF.get(name, UNARY[name][0]), tol=max(UNARY[name][3], 8),
             floor=1 if name == "digamma" else 1e-300 if name == "sinc" else 0, grad=False if name == "digamma" else None)
    for eps in (0, 0.25):
        torch_eps = None if eps == 0 else eps
        ref = lambda x, eps, torch_eps=torch_eps: torch.logit(x, torch_eps)
        case("logit", T("f64", (6,), 3, 0.125, 0.875), ref=ref, tol=8, floor=1, eps=eps)
        case("logit", L("f32", 0, 1, 0.5, 0.25), ref=ref, tol=4, floor=1, eps=eps)
    for o in ({}, dict(nan=1, posinf=2, neginf=3)):
        ref = lambda x, nan=0, posinf=None, neginf=None: torch.nan_to_num(x, nan, posinf, neginf)
        case("nan_to_num", L("f64", *F64_SPECIAL), ref=ref, grad=True, **o)
        case("nan_to_num", T("i32", (4,), 3), ref=ref, **o)
    case("nan_to_num", L("f32", *F32_SPECIAL), ref=np_ref(lambda x, nan: np.nan_to_num(x.astype(np.float32))), out="f32", nan=0)


BINARY = {
    "add": (torch.add, -4, 4, 0), "sub": (torch.sub, -4, 4, 0), "mul": (torch.mul, -4, 4, 0), "div": (torch.div, 0.5, 4, 1),
    "minimum": (torch.minimum, -4, 4, 0), "maximum": (torch.maximum, -4, 4, 0), "lt": (torch.lt, -4, 4, 0), "le": (torch.le, -4, 4, 0),
    "gt": (torch.gt, -4, 4, 0), "ge": (torch.ge, -4, 4, 0), "eq": (torch.eq, -4, 4, 0), "ne": (torch.ne, -4, 4, 0),
    "logical_and": (torch.logical_and, -4, 4, 0), "logical_or": (torch.logical_or, -4, 4, 0),
    "logical_xor": (torch.logical_xor, -4, 4, 0), "fmod": (torch.fmod, 0.5, 4, 0), "remainder": (torch.remainder, 0.5, 4, 2),
    "floor_divide": (torch.floor_divide, 0.5, 4, 0), "atan2": (torch.atan2, 0.5, 4, 3), "copysign": (torch.copysign, -4, 4, 0),
    "hypot": (torch.hypot, 0.5, 4, 2), "logaddexp": (torch.logaddexp, -4, 4, 4), "heaviside": (torch.heaviside, -4, 4, 0),
    "xlogy": (torch.xlogy, 0.5, 4, 4), "power": (torch.pow, 0.5, 3, 4),
}
NO_GRADIENT = ("heaviside", "floor_divide")  # PyTorch has none
PAIR_SPECIAL = [0.0, -0.0, inf, -inf, nan, 1.0, -1.0, 2.5, -3.0]
FLOAT_ONLY = ("div", "atan2", "copysign", "hypot", "logaddexp", "xlogy", "power")


def pairs(dtype, values):
    both = list(itertools.product(values, values))
    return L(dtype, *[a for a, _ in both]), L(dtype, *[b for _, b in both])


def binary_cases():
    section("elementwise, two operands: broadcast with gradients, f32, every pair of special numbers, mixed dtypes, integers")
    for name, (ref, low, high, tol) in BINARY.items():
        grad = False if name in NO_GRADIENT else None
        floor = 1 if name in ("logaddexp", "remainder") else 0
        case(name, T("f64", (2, 1), 5, low, high), T("f64", (1, 3), 60, low, high), ref=ref, tol=tol, floor=floor, grad=grad)
        case(name, T("f64", (2, 3), 15, low, high), T("f64", (), 3, low, high), ref=ref, tol=tol, floor=floor, grad=grad)
        case(name, T("f64", (), 15, low, high), T("f64", (2,), 3, low, high), ref=ref, tol=tol, floor=floor, grad=grad)
        case(name, T("f32", (4,), 9, low, high), T("f32", (4,), 19, low, high), ref=ref, tol=tol, floor=floor)
        case(name, T("f32", (3, 0), 9), T("f32", (1,), 19), ref=ref)
        case(name, T("f32", (2, 2), 9, low, high), T("f64", (2,), 19, low, high), ref=np_from_torch(ref), tol=tol, floor=floor, grad=False,
             out="bool" if name in ("lt", "le", "gt", "ge", "eq", "ne", "logical_and", "logical_or", "logical_xor") else "f64")
        exact = {"atan2": np_ref(np.arctan2), "power": np_ref(np.power), "hypot": np_ref(np.hypot), "logaddexp": np_ref(np.logaddexp),
                 "floor_divide": np_ref(np.floor_divide), "remainder": np_ref(np.remainder),
                 "minimum": ieee(np.minimum, True), "maximum": ieee(np.maximum, False)}.get(name, ref)
        for dtype in ("f64", "f32"):
            a, b = pairs(dtype, PAIR_SPECIAL if dtype == "f64" else PAIR_SPECIAL[2:6])
            case(name, a, b, ref=exact, tol=tol or (name == "xlogy"), floor=1e-30 if name == "xlogy" else 0, grad=False,
                 out=None if exact is ref else dtype)
        if name in FLOAT_ONLY:
            f32 = lambda a, b, ref=ref: ref(a.float(), b.float())
            case(name, T("i32", (4,), 9, 1, 5), T("i64", (4,), 19, 1, 5), ref=f32, tol=tol)
        elif name in ("fmod", "remainder", "floor_divide"):
            safe = lambda a, b, ref=ref: ref(a, b)
            for dtype in ("i32", "i64", "i8", "u8"):
                signed = dtype[0] == "i"
                case(name, T(dtype, (8,), 9, -20 if signed else 0, 20), L(dtype, 3, 4, 5, 6, 7, *([-3, -4, -1] if signed else [8, 9, 1])), ref=safe)
        elif name != "heaviside":
            for dtype in ("i32", "i64", "u8", "i8", "i16"):
                case(name, T(dtype, (6,), 9, 0 if dtype == "u8" else -4, 4), T(dtype, (6,), 19, 0 if dtype == "u8" else -4, 4), ref=ref)
            for dtype in ("u16", "u32", "u64"):
                function = {"sub": np.subtract, "mul": np.multiply, "add": np.add, "minimum": np.minimum, "maximum": np.maximum,
                            "lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal, "eq": np.equal,
                            "ne": np.not_equal}.get(name)
                if function:
                    top = np.iinfo(NUMPY[dtype]).max
                    case(name, L(dtype, 1, top, top, 0, 7), L(dtype, 2, 1, top, top, 7), ref=np_ref(function))
    section("integer extremes wrap")
    for dtype in ("i8", "i16", "i32", "i64", "u8"):
        info = np.iinfo(NUMPY[dtype])
        edge = [info.min, info.min + 1, 1, info.max]
        a, b = pairs(dtype, edge)
        for name, function in (("add", np.add), ("sub", np.subtract), ("mul", np.multiply), ("minimum", np.minimum), ("maximum", np.maximum),
                               ("lt", np.less), ("ge", np.greater_equal), ("eq", np.equal)):
            case(name, a, b, ref=np_ref(function))
    for name, function in (("bitwise_and", np.bitwise_and), ("bitwise_or", np.bitwise_or), ("bitwise_xor", np.bitwise_xor)):
        for dtype in INTEGERS + ["bool"]:
            low = 0 if dtype[0] == "u" or dtype == "bool" else -100
            case(name, T(dtype, (2, 3), 4, low, 100 if low or dtype != "bool" else 2), T(dtype, (3,), 14, low, 2 if dtype == "bool" else 100),
                 ref=np_ref(function))
    for name, function in (("shl", np.left_shift), ("shr", np.right_shift)):
        for dtype in INTEGERS:
            low = 0 if dtype[0] == "u" else -100
            case(name, T(dtype, (6,), 4, low, 100), T(dtype, (6,), 14, 0, 7), ref=np_ref(function))

    def shifted(a, b):  # by the width or more: nothing, or the sign, is left
        width = a.dtype.itemsize * 8
        return np.where(b >= width, np.where(a < 0, -1, 0), np.right_shift(a, np.minimum(b, width - 1))).astype(a.dtype)
    for dtype in ("i32", "i64"):
        case("shr", L(dtype, -5, 5, -5, 5), L(dtype, 100, 100, 2, 2), ref=np_ref(shifted))
        case("shl", L(dtype, -5, 5), L(dtype, 100, 64), ref=np_ref(lambda a, b: np.zeros_like(a)))
    for dtype in ("i32", "i64", "i8"):
        info = np.iinfo(NUMPY[dtype])
        a, b = L(dtype, 7, -7, 7, -7, 5, -5, info.max, info.min + 1), L(dtype, 2, 2, -2, -2, 9, -9, -1, -1)
        case("idiv", a, b, ref=lambda a, b: torch.div(a, b, rounding_mode="trunc"))
        case("mod", a, b, ref=torch.fmod)
        # C leaves these open; the library defines them
        case("idiv", L(dtype, 7, -7, 0, info.min), L(dtype, 0, 0, 0, -1), ref=np_ref(lambda a, b: np.array([0, 0, 0, info.min], a.dtype)))
        case("mod", L(dtype, 7, -7, 0, info.min), L(dtype, 0, 0, 0, -1), ref=np_ref(lambda a, b: np.array([7, -7, 0, 0], a.dtype)))
    section("ties and kinks: gradients as PyTorch's")
    for name in ("minimum", "maximum"):
        case(name, L("f64", 1, 2, 3, 0), L("f64", 1, 3, 2, 0), ref=BINARY[name][0])
    for name in ("fmod", "remainder", "floor_divide"):
        case(name, L("f64", 7, -7, 6.5, -6.5), L("f64", 3, 3, -2, -2), ref=BINARY[name][0], grad=name != "floor_divide")
    case("power", L("f64", 0, 0, 2, 2, 1), L("f64", 0, 2, 0, -1, 3), ref=torch.pow, tol=4)
    case("xlogy", L("f64", 0, 0.5, 2), L("f64", 2, 0.5, 3), ref=torch.xlogy, tol=4)
    case("hypot", L("f64", 3, -3, 0), L("f64", 4, 4, 2), ref=torch.hypot, tol=2)
    case("hypot", L("f64", 3e300, 3e-310), L("f64", 4e300, 4e-310), ref=np_ref(np.hypot), tol=2)
    case("logaddexp", L("f64", 1000, -1000, 0), L("f64", 1001, -1001, 0), ref=torch.logaddexp, tol=4)
    case("atan2", L("f64", 1, -1, 1, -1), L("f64", 1, 1, -1, -1), ref=torch.atan2, tol=3)


def np_from_torch(ref):
    def call(*inputs, **options):
        return as_numpy(ref(*[torch.from_numpy(np.array(x)) for x in inputs], **options))
    call.numpy = True
    return call


def other_elementwise():
    section("where, fma, lerp, with a number, clamp, pow, expressions")
    for dtype in ("bool", "i32", "f64"):
        cond = T(dtype, (2, 1), 30, 0 if dtype == "bool" else -1, 2)
        ref = lambda c, a, b: torch.where(c != 0, a, b)
        case("where", cond, T("f64", (1, 3), 4), T("f64", (2, 3), 14), ref=ref, grad=[1, 2])
        case("where", cond, T("f32", (3,), 4), T("f32", (2, 3), 14), ref=ref)
        case("where", cond, T("i64", (1, 3), 4), T("i64", (), 14), ref=ref, grad=False)
    case("where", L("bool", 1, 0, 1), L("f64", 1, nan, inf), L("f64", nan, 2, nan), ref=lambda c, a, b: torch.where(c, a, b), grad=[1, 2])
    case("fma", T("f64", (2, 1), 4), T("f64", (3,), 14), T("f64", (), 24), ref=lambda a, b, c: a * b + c, tol=4, floor=8)
    case("fma", L("f64", 1 + 2.0**-30), L("f64", 1 - 2.0**-30), L("f64", -1), ref=lambda a, b, c: a * b * 0 - 2.0**-60, grad=False)
    case("lerp", T("f64", (2, 1), 4), T("f64", (3,), 14), T("f64", (2, 3), 24, 0, 1), ref=torch.lerp, tol=4, floor=4)
    case("lerp", T("f32", (4,), 4), T("f32", (4,), 14), T("f32", (4,), 24, -1, 2), ref=torch.lerp, tol=4, floor=4)
    scalars = {"add_scalar": lambda x, number: x + number, "sub_scalar": lambda x, number: x - number,
               "mul_scalar": lambda x, number: x * number, "div_scalar": lambda x, number: x / number,
               "scalar_sub": lambda x, number: number - x, "scalar_div": lambda x, number: number / x}
    for name, ref in scalars.items():
        for value in (3, -0.5):
            number = lambda x, number, ref=ref: ref(x, int(number) if number == int(number) else number)
            case(name, T("f64", (2, 3), 4, 0.5, 4), ref=number, tol=1, number=value)
            case(name, T("f32", (4,), 4, 0.5, 4), ref=number, tol=1, number=value)
            case(name, T("i32", (4,), 4, 1, 5), ref=number, tol=1, number=value)
            if value == 3:
                case(name, T("u8", (4,), 4, 1, 5), ref=number, tol=1, number=value)
        case(name, L("f64", *F64_SPECIAL), ref=ref, tol=1, number=2, grad=False)
    for exponent in (0, 1, 2, 3, 5, -1, -2, 0.5, -0.5, 1.5, -2.25, 17, 1 / 3):
        case("pow", T("f64", (2, 3), 4, 0.5, 3), ref=torch.pow, tol=8, exponent=exponent)
        case("pow", T("f32", (4,), 4, 0.5, 3), ref=torch.pow, tol=6, exponent=exponent)
    for exponent in (2, 3, -1):
        case("pow", T("f64", (4,), 4, -3, -0.5), ref=torch.pow, tol=8, exponent=exponent)
    for exponent in (0, 1, 2, 3):
        case("pow", L("f64", 0, 1, -1), ref=torch.pow, tol=8, exponent=exponent)
    for low, high in ((-1, 1), (-inf, 1), (0.5, inf), (0, 0)):
        ref = lambda x, low, high: torch.clamp(x, low, high)
        case("clamp", T("f64", (2, 3), 4), ref=ref, low=low, high=high)
        case("clamp", T("f32", (2, 3), 4), ref=ref, low=low, high=high)
        case("clamp", L("f64", nan, inf, -inf, -0.0), ref=ref, low=low, high=high, grad=False)
    case("clamp", L("f64", -1, 1, 0, 2, -2), ref=lambda x, low, high: torch.clamp(x, low, high), low=-1, high=1)
    case("clamp", T("i32", (6,), 4), ref=lambda x, low, high: torch.clamp(x, int(low), int(high)), low=-2, high=2)
    x, y, z = T("f64", (2, 3), 4, 0.5, 3), T("f64", (3,), 14, 0.5, 3), T("f64", (), 24, 0.5, 3)
    for text, ref in (("a * b + c", lambda a, b, c: a * b + c), ("a / (1 + exp(-b)) - c", lambda a, b, c: a * torch.sigmoid(b) - c),
                      ("a > b ? a : c * b", lambda a, b, c: torch.where(a > b, a, c * b)),
                      ("sqrt(a * a + b * b) + log(c)", lambda a, b, c: torch.sqrt(a * a + b * b) + torch.log(c)),
                      ("tanh(a) * sin(b) - erf(c)", lambda a, b, c: torch.tanh(a) * torch.sin(b) - torch.erf(c)),
                      ("minimum(a, b) + maximum(b, c)", lambda a, b, c: torch.minimum(a, b) + torch.maximum(b, c)),
                      ("-a - -b + 2 * (c - 1.5e-1)", lambda a, b, c: -a + b + 2 * (c - 0.15)),
                      ("a < 1 || b < 1 && !(c < 2) ? 1 + a : 2", lambda a, b, c: torch.where((a < 1) | ((b < 1) & ~(c < 2)), 1 + a, 2 + 0 * b))):
        case("expression", x, y, z, ref=lambda a, b, c, text, ref=ref: ref(a, b, c), tol=8, floor=4, text=text)


def cast_reference(array, dtype):
    """Float to integer: towards zero, saturating, NaN gives 0. Integers wrap."""
    if dtype != "bool" and dtype[0] != "f" and array.dtype.kind == "f":
        info = np.iinfo(NUMPY[dtype])
        flat = [0 if math.isnan(v) else info.max if v >= info.max else info.min if v <= info.min else int(v)
                for v in array.reshape(-1).tolist()]
        return np.array(flat, dtype=NUMPY[dtype]).reshape(array.shape)
    return array.astype(NUMPY[dtype])


def dtype_cases():
    section("casts between all dtypes; promotion of all pairs")
    for source in NUMPY:
        if source == "bool":
            x = L("bool", 0, 1)
        elif source[0] == "f":
            x = L(source, 0, -0.0, 1.5, -1.5, 2.5, 300.7, -300.7, 65536, -40000, 3e9, -3e9, 2.0**63, -2.0**63, 1e20, inf, -inf, nan)
        else:
            info = np.iinfo(NUMPY[source])
            x = L(source, info.min, 0, 1, 127, info.max // 2 + 1, info.max - 1, info.max)
        for target in NUMPY:
            case("cast", x, ref=np_ref(lambda x, dtype: cast_reference(x, dtype)), dtype=target, out=target, grad=False)
    for a, b in (("f32", "i32"), ("f32", "u32"), ("f64", "i64"), ("i32", "f32"), ("i16", "u16"), ("u16", "i16"), ("u8", "i8"), ("i8", "u8")):
        values = (1, 0, 2.5, inf) if a[0] == "f" else (1, 200, 255) if a[0] == "u" else (1, -1, 100)
        case("bitcast", L(a, *values), ref=np_ref(lambda x, dtype: x.astype(NUMPY[a]).view(NUMPY[dtype])), dtype=b, out=b)
    for a, b in itertools.product(NUMPY, NUMPY):
        x, y = (L(d, 1, 1) if d == "bool" else L(d, 5, 3) for d in (a, b))
        if a[0] == "f" or b[0] == "f":
            kind = "f64" if "f64" in (a, b) else "f32"
        elif a == b == "bool":
            kind = "i32"
        else:
            kind = NAMES[np.promote_types(NUMPY[a], NUMPY[b])]
        case("add", x, y, ref=np_ref(lambda x, y: x.astype(np.int64) + y.astype(np.int64)), out=kind, grad=False)


# ================================================================ reductions

def reduced(function, full=None):
    """A reference over several axes at once by a function over one axis, or over none."""
    def call(x, axes=(), keepdims=0, correction=0):
        axes = [a % max(x.ndim, 1) for a in axes] or list(range(x.ndim))
        rest = [a for a in range(x.ndim) if a not in axes]
        if x.ndim:
            flat = x.permute(rest + axes).reshape([x.shape[a] for a in rest] + [-1 if x.numel() else int(np.prod([x.shape[a] for a in axes]))])
        else:
            flat = x.reshape(1)
        y = function(flat, correction) if function.__code__.co_argcount >= 2 else function(flat)
        return y.reshape([1 if a in axes else x.shape[a] for a in range(x.ndim)]) if keepdims else y
    return call


def wide_sum(x):
    return x.sum(-1)


REDUCE = {
    "sum": (wide_sum, 1), "prod": (lambda x: x.prod(-1), 1), "max": (lambda x: x.amax(-1), 0), "min": (lambda x: x.amin(-1), 0),
    "mean": (lambda x: (x if x.is_floating_point() else x.float()).mean(-1), 1),
    "var": (lambda x, c: (x if x.is_floating_point() else x.float()).var(-1, unbiased=c == 0), 1),
    "std": (lambda x, c: (x if x.is_floating_point() else x.float()).std(-1, unbiased=c == 0), 1),
    "count_nonzero": (lambda x: (x != 0).sum(-1), 0), "nansum": (lambda x: x.nansum(-1), 1),
    "nanmean": (lambda x: (x if x.is_floating_point() else x.float()).nanmean(-1), 1), "any": (lambda x: (x != 0).any(-1), 0),
    "all": (lambda x: (x != 0).all(-1), 0), "logsumexp": (lambda x: (x if x.is_floating_point() else x.float()).logsumexp(-1), 1),
}


def reduction_cases():
    section("reductions: axes, keepdims, f32, integers, NaN, infinities, empty")
    for name, (function, floor) in REDUCE.items():
        ref = reduced(function)
        tol = 8 if floor else 0
        for k, (shape, axes, keepdims) in enumerate((((2, 3, 4), (), 0), ((2, 3, 4), (1,), 0), ((2, 3, 4), (-1, 0), 0),
                                                     ((2, 3, 4), (2,), 1), ((2, 3), (), 1), ((3,), (0,), 0), ((20, 2), (0,), 0))):
            low, high = (0.5, 1.5) if name == "prod" else (-4, 4)
            options = dict(axes=axes or None, keepdims=keepdims or None)
            case(name, T("f64", shape, 3 + k, low, high), ref=lambda x, axes=(), keepdims=0, ref=ref: ref(x, axes or (), keepdims or 0),
                 tol=tol, floor=floor, **{a: b for a, b in options.items() if b is not None})
        case(name, T("f32", (4, 5), 3, low, high), ref=ref, tol=tol, floor=floor * 4, axes=(1,))
        case(name, T("f32", (67,), 3, low, high), ref=ref, tol=tol * 4, floor=floor * 64)
        if name not in ("var", "std"):
            case(name, T("f64", (), 3), ref=ref, tol=tol, floor=floor)
        for dtype in ("i32", "i64", "u8", "i8", "bool"):
            if not (name in ("max", "min", "nansum") and dtype == "bool" or name == "nansum"):
                out = {"sum": "i64", "prod": "i64"}.get(name)
                case(name, T(dtype, (3, 4), 3, 0 if dtype in ("u8", "bool") else -3, 2 if dtype == "bool" else 4),
                     ref=ref, tol=tol, floor=floor * 4, axes=(1,), out=out)
        special = T("f64", (6, 2), values=[1, nan, nan, nan, inf, 1, inf, -inf, -inf, -inf, 0, -0.0])
        if name == "logsumexp":
            case(name, special, ref=ref, tol=8, axes=(-1,), grad=False)
        elif name not in ("max", "min"):
            case(name, special, ref=ref, tol=tol, floor=1, axes=(-1,), grad=False)
        else:
            case(name, special, ref=ref, tol=1, floor=1, axes=(-1,), grad=False)
        if name not in ("max", "min"):
            case(name, T("f64", (2, 0), 3), ref=ref, axes=(1,), tol=1)
        case(name, T("f64", (0, 2), 3), ref=ref, axes=(1,), tol=1)
    case("sum", L("u64", 2**63, 5), ref=np_ref(lambda x: np.sum(x)))
    for name in ("var", "std"):
        for c in (-1, 2):
            ref = reduced(lambda x, c, name=name: getattr(torch, name)(x, -1, unbiased=False) * (1 if c == -1 else
                          (x.shape[-1] / (x.shape[-1] - 2)) ** (1 if name == "var" else 0.5)))
            case(name, T("f64", (2, 5), 3), ref=ref, tol=8, floor=1, axes=(1,), correction=c)
        case(name, L("f64", 1e8 + 1, 1e8 + 2, 1e8 + 4), ref=reduced(REDUCE[name][0]), tol=4, grad=False)
        case(name, L("f64", 5), ref=lambda x: torch.tensor(nan, dtype=torch.float64), grad=False)
    section("ties share gradients, a product with zeros")
    for name in ("max", "min"):
        case(name, T("f64", (2, 4), values=[1, 3, 3, 1, 2, 2, 2, 2]), ref=reduced(REDUCE[name][0]), axes=(1,))
    for values in ([2, 0, 3, 4], [2, 0, 0, 4], [0, 0, 0, 0]):
        case("prod", L("f64", *values), ref=reduced(REDUCE["prod"][0]), tol=4, floor=1)
    for name in ("argmax", "argmin"):
        function = getattr(torch, name)
        for shape, axis, keep in (((3, 4), None, 0), ((3, 4), 0, 0), ((2, 3, 4), -1, 1), ((5,), 0, 0)):
            ref = lambda x, axes=None, keepdims=0: function(x, None if axes is None else axes[0], bool(keepdims)).int()
            options = dict(axes=None if axis is None else (axis,), keepdims=keep or None)
            for dtype in ("f64", "f32", "i32", "u8"):
                case(name, T(dtype, shape, 3, 0 if dtype == "u8" else -4, 4), ref=ref, grad=False, **{a: b for a, b in options.items() if b})
        case(name, L("f64", 1, 3, 3, 1), ref=lambda x: function(x).int(), grad=False)
        case(name, L("f64", 1, nan, 3, nan), ref=lambda x: function(x).int(), grad=False)
    section("norms, softmax")
    for p in (0, 1, 2, 3, 0.5, inf, -inf, -1):
        ref = lambda x, p, axes=(), keepdims=0: torch.linalg.vector_norm(x if x.is_floating_point() else x.float(), p, list(axes) or None, bool(keepdims))
        case("norm", T("f64", (2, 3), 3), ref=ref, tol=16, floor=1, p=p)
        case("norm", T("f64", (2, 3), 3), ref=ref, tol=16, floor=1, p=p, axes=(1,), keepdims=1)
        case("norm", T("f32", (2, 3), 3), ref=ref, tol=16, floor=1, p=p, axes=(0,))
        case("norm", T("i32", (2, 3), 3, 1, 4), ref=ref, tol=16, floor=1, p=p)
    case("norm", T("f64", (2, 2), values=[0, 0, 3, 4]), ref=lambda x, p, axes: torch.linalg.vector_norm(x, p, axes), tol=4, p=2, axes=(1,))
    for name, ref in (("softmax", torch.softmax), ("log_softmax", torch.log_softmax)):
        for shape, axis in (((2, 3), -1), ((2, 3), 0), ((2, 3, 2), 1), ((4,), 0)):
            case(name, T("f64", shape, 3), ref=ref, tol=16, floor=1, axis=axis)
            case(name, T("f32", shape, 3), ref=ref, tol=16, floor=1, axis=axis)
        case(name, T("i32", (2, 3), 3), ref=lambda x, axis, ref=ref: ref(x.float(), axis), tol=16, floor=1, axis=-1)
        case(name, T("f64", (4, 2), values=[1000, -1000, -inf, 1, nan, 1, inf, 1]), ref=ref, tol=16, floor=1, axis=1, grad=False)
    for name, ref in (("jvp", lambda x, u: torch.autograd.functional.jvp(CUBES, x, u)[1]),
                      ("hvp", lambda x, u: torch.autograd.functional.hvp(lambda x: CUBES(x).sum(), x, u)[1]),
                      ("vjp", lambda x, u: torch.autograd.functional.vjp(CUBES, x, u)[1])):
        case(name, T("f64", (2, 3), 3), T("f64", (2, 3), 13), ref=ref, tol=64, floor=1, grad=False)
    for name, ref in (("grad", lambda x: torch.autograd.functional.jacobian(lambda x: CUBES(x).sum(), x)),
                      ("jacobian", lambda x: torch.autograd.functional.jacobian(CUBES, x)),
                      ("hessian", lambda x: torch.autograd.functional.hessian(lambda x: CUBES(x).sum(), x))):
        case(name, T("f64", (2, 3), 3), ref=ref, tol=64, floor=1, grad=False)


def CUBES(x):
    return torch.softmax(x, -1) ** 3


# ================================================================ contractions

def contraction_cases():
    section("matmul, einsum")
    for a, b in (((2, 3), (3, 4)), ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 2, 3), (3, 2)), ((2, 1, 2, 3), (2, 3, 2)),
                 ((2, 2, 3), (2, 3, 1)), ((1, 3), (3, 1)), ((2, 1), (1, 2)), ((2, 0), (0, 2)), ((0, 3), (3, 2)), ((2, 20), (20, 2))):
        case("matmul", T("f64", a, 3), T("f64", b, 13), ref=torch.matmul, tol=16, floor=16)
        case("matmul", T("f32", a, 3), T("f32", b, 13), ref=torch.matmul, tol=16, floor=16)
    for text, a, b in (("ij,jk->ik", (2, 3), (3, 2)), ("bij,bjk->bik", (2, 2, 3), (2, 3, 2)), ("i,j->ij", (2,), (3,)), ("ij,ij->", (2, 3), (2, 3)),
                       ("ij,kj->ki", (2, 3), (2, 3)), ("ijk,k->ji", (2, 2, 3), (3,)), ("ab,cd->dcba", (1, 2), (2, 2)), ("ij,j->j", (2, 3), (3,)),
                       ("i,i->i", (3,), (3,))):
        ref = lambda a, b, text: torch.einsum(text, a, b)
        case("einsum", T("f64", a, 3), T("f64", b, 13), ref=ref, tol=16, floor=16, text=text)
        case("einsum", T("f32", a, 3), T("f32", b, 13), ref=ref, tol=16, floor=16, text=text)


# ================================================================ movement, creation

def both(name, shape, ref, /, *more, dtypes=("f64", "i32", "bool"), **options):
    for dtype in dtypes:
        case(name, T(dtype, shape, 3, 0 if dtype == "bool" else -4, 2 if dtype == "bool" else 4), *more, ref=ref, **options)


def padded(x, low, high, interior=(0, 0, 0), value=0, mode=0):
    low, high = list(low)[:x.ndim], list(high)[:x.ndim]
    index = [torch.arange(n) for n in x.shape]
    for a, n in enumerate(x.shape):
        before, after = (list(low) + [0] * 9)[a], (list(high) + [0] * 9)[a]
        if mode == 0:
            continue
        kind = {1: "reflect", 2: "edge", 3: "wrap"}[mode]
        places = np.pad(np.arange(n), (before, after), kind)
        x = torch.index_select(x, a, torch.from_numpy(places))
    if mode == 0:
        for a in range(x.ndim):
            before, after, gap = (list(v) + [0] * 9 for v in (low, high, interior))
            n = x.shape[a]
            spread = (n - 1) * (gap[a] + 1) + 1 if n else 0
            shape = list(x.shape)
            shape[a] = spread + max(before[a], 0) + max(after[a], 0)
            y = torch.full(shape, value, dtype=x.dtype)
            y = y.index_copy(a, max(before[a], 0) + torch.arange(n) * (gap[a] + 1), x)
            first, last = max(-before[a], 0), shape[a] - max(-after[a], 0)
            x = torch.index_select(y, a, torch.arange(first, last))
    return x


def folded(x, axis, size, stride=1, dilation=1):
    axis %= x.ndim - 1
    x = x.movedim(axis, -2)
    places = torch.arange(x.shape[-2])[:, None] * (stride or 1) + torch.arange(x.shape[-1]) * (dilation or 1)
    flat = x.reshape(-1, places.numel())
    y = torch.zeros((flat.shape[0], size), dtype=x.dtype).index_add(1, places.reshape(-1), flat)
    return y.reshape(list(x.shape[:-2]) + [size]).movedim(-1, axis)


def windows(x, axis, size, stride=1, dilation=1):
    axis %= x.ndim
    count = (x.shape[axis] - (size - 1) * dilation - 1) // stride + 1
    places = torch.arange(count)[:, None] * stride + torch.arange(size) * dilation
    y = torch.index_select(x, axis, places.reshape(-1)).unflatten(axis, (count, size))
    return y.movedim(axis + 1, -1)


END = 2**63 - 1


def movement_cases():
    section("movement")
    both("reshape", (2, 6), lambda x, shape: x.reshape(shape), shape=(3, -1))
    both("reshape", (2, 6), lambda x, shape: x.reshape(shape), shape=(2, 2, 3, 1))
    both("reshape", (1, 1), lambda x, shape: x.reshape(tuple(shape)), shape=())
    both("flatten", (2, 3, 2), lambda x, first, last: x.flatten(first, last), first=1, last=-1)
    both("flatten", (), lambda x, first, last: x.flatten(), first=0, last=-1)
    for axes in ((1, 0, 2), (2, 0, 1), (-1, 1, 0)):
        both("permute", (2, 3, 2), lambda x, axes: x.permute(axes), axes=axes)
    for a, b in ((0, 1), (-1, 0), (1, 1)):
        both("transpose", (2, 3, 2), lambda x, axis0, axis1: x.transpose(axis0, axis1), axis0=a, axis1=b)
    both("expand", (2, 1), lambda x, shape: x.expand(tuple(shape)), shape=(2, 3))
    both("expand", (3,), lambda x, shape: x.expand(tuple(shape)), shape=(2, -1))
    both("expand", (), lambda x, shape: x.expand(tuple(shape)), shape=(2, 2))
    both("squeeze", (1, 2, 1), lambda x, axes=(): x.squeeze() if not axes else x.squeeze(axes[0]))
    both("squeeze", (1, 2, 1), lambda x, axes=(): x.squeeze(axes[0]), axes=(-1,))
    for axis in (0, 1, -1):
        both("unsqueeze", (2, 3), lambda x, axis: x.unsqueeze(axis), axis=axis)
    for axes in ((0,), (-1,), (0, 1)):
        both("flip", (2, 3), lambda x, axes: x.flip(axes), axes=axes)
    for start, stop, step in ((1, -1, 1), (0, END, 2), (-2, END, 1), (5, 2, 1), (-100, 100, 3), (-1, END, -1), (4, 0, -2), (1, 1, 1)):
        def ref(x, axis, start, stop, step):
            places = list(range(*slice(start, None if stop == END else stop, step).indices(x.shape[axis])))
            return torch.index_select(x, axis, torch.tensor(places, dtype=torch.long))
        both("slice", (5, 2), ref, axis=0, start=start, stop=stop, step=step)
        both("slice", (2, 5), ref, axis=-1, start=start, stop=stop, step=step, dtypes=("f64",))
    both("slices", (4, 5), lambda x, first, second: x[first[0]:first[1]:first[2], second[0]:second[1]:second[2]], first=(1, 3, 1), second=(0, 5, 2))
    both("slices", (4, 5), lambda x, first, second: x[first[0]:first[1]:first[2], second[0]:second[1]:second[2]], first=(0, 4, 3), second=(-3, -1, 1))
    both("slice_at", (5, 2), lambda x, p, size, axis: x.narrow(axis, int(p), size), T("i32", (), 0, values=[2]), size=2, axis=0)
    both("slice_at", (2, 5), lambda x, p, size, axis: x.narrow(axis, int(p), size), T("i64", (), 0, values=[1]), size=3, axis=1)
    for low, high, interior, value in (((1, 0), (0, 2), (0, 0), 0), ((1, 2), (1, 0), (1, 0), 7), ((-1, 1), (0, -1), (0, 0), 1), ((0, 0), (0, 0), (2, 1), 0)):
        both("pad", (3, 2), padded, low=low, high=high, interior=interior, value=value, dtypes=("f64", "i32"))
    for mode in (1, 2, 3):
        for low, high in (((1, 1), (2, 0)), ((0, 1), (0, 1)), ((2, 0), (2, 0))):
            both("pad", (3, 2), padded, low=low, high=high, mode=mode)
    for size, stride, dilation in ((2, 1, 1), (3, 2, 1), (2, 1, 3), (2, 3, 2)):
        both("window", (7, 2), windows, axis=0, size=size, stride=stride, dilation=dilation, dtypes=("f64", "i32"))
    for shape, axis, size, stride, dilation in (((3, 2), 0, 4, 1, 1), ((3, 2), 0, 7, 2, 1), ((2, 3, 2), 0, 6, 1, 3), ((2, 3, 2), 1, 9, 3, 1)):
        both("fold", shape, folded, axis=axis, size=size, stride=stride, dilation=dilation, dtypes=("f64", "i32"))
    for kernel, stride, dilation, padding in (((2, 2), (1, 1), (1, 1), (0, 0)), ((2, 1), (2, 1), (1, 1), (1, 0)), ((2, 2), (1, 2), (2, 1), (1, 1))):
        geometry = dict(kernel=kernel, stride=stride, dilation=dilation, padding=padding)
        both("unfold", (1, 2, 3, 4), lambda x, kernel, stride, dilation, padding: F.unfold(x, kernel, dilation, padding, stride), dtypes=("f64", "f32"), **geometry)
        ref = lambda x, image, kernel, stride, dilation, padding: F.fold(x, image, kernel, dilation, padding, stride)
        places = F.unfold(torch.zeros(1, 2, 3, 4), kernel, dilation, padding, stride).shape
        both("fold2d", tuple(places), ref, dtypes=("f64", "f32"), tol=2, floor=4, image=(3, 4), **geometry)
    both("split", (5, 2), lambda x, size, axis: torch.split(x, size, axis), size=2, axis=0)
    both("split_sizes", (2, 5), lambda x, sizes, axis: torch.split(x, list(sizes), axis), sizes=(1, 0, 4), axis=-1)
    both("chunk", (5, 2), lambda x, chunks, axis: torch.chunk(x, chunks, axis), chunks=3, axis=0)
    both("chunk", (4, 2), lambda x, chunks, axis: torch.chunk(x, chunks, axis), chunks=3, axis=0)
    both("unbind", (3, 2), lambda x, axis: torch.unbind(x, axis), axis=0)
    both("unbind", (3, 2), lambda x, axis: torch.unbind(x, axis), axis=-1)
    for shifts, axes in (((2,), (0,)), ((-1, 4), (0, 1)), ((3,), ()), ((1, 1), (1, 1))):
        both("roll", (3, 4), lambda x, shifts, axes=(): torch.roll(x, tuple(shifts), tuple(axes)), shifts=shifts, axes=axes)
    both("repeat", (2, 2), lambda x, counts: x.repeat(counts), counts=(2, 1, 2))
    both("tile", (2, 2), lambda x, counts: torch.tile(x, counts), counts=(2,))
    both("tile", (2,), lambda x, counts: torch.tile(x, counts), counts=(2, 2))
    both("repeat_interleave", (2, 2), lambda x, count, axis: torch.repeat_interleave(x, count, axis), count=2, axis=1)
    both("movedim", (2, 3, 2), lambda x, **o: torch.movedim(x, o["from"], o["to"]), **{"from": (0,), "to": (-1,)})
    both("movedim", (2, 3, 2), lambda x, **o: torch.movedim(x, o["from"], o["to"]), **{"from": (0, 1), "to": (2, 0)})
    for times in (1, 2, 3, -1, 4):
        both("rot90", (2, 3), lambda x, times, axis0, axis1: torch.rot90(x, times, (axis0, axis1)), times=times, axis0=0, axis1=1)
    both("unflatten", (2, 6), lambda x, axis, sizes: x.unflatten(axis, tuple(sizes)), axis=1, sizes=(2, -1))
    both("pixel_shuffle", (1, 4, 1, 2), lambda x, factor: F.pixel_shuffle(x, factor), dtypes=("f64", "f32"), factor=2)
    both("pixel_unshuffle", (1, 1, 2, 4), lambda x, factor: F.pixel_unshuffle(x, factor), dtypes=("f64", "f32"), factor=2)
    for offset in (-1, 0, 1, 5):
        if offset < 5:
            both("diagonal", (2, 3, 2), lambda x, offset, axis0, axis1: torch.diagonal(x, offset, axis0, axis1), offset=offset, axis0=0, axis1=1)
            both("diag", (3,), lambda x, offset: torch.diag(x, offset), offset=offset)
            both("diag", (2, 3), lambda x, offset: torch.diag(x, offset), offset=offset)
            both("diag_embed", (2, 2), lambda x, offset, axis0, axis1: torch.diag_embed(x, offset, axis0, axis1), offset=offset, axis0=-2, axis1=-1)
        both("tril", (2, 3, 3), lambda x, diagonal: torch.tril(x, diagonal), diagonal=offset)
        both("triu", (3, 2), lambda x, diagonal: torch.triu(x, diagonal), diagonal=offset)
    case("tril", T("f64", (2, 2), values=[nan, nan, inf, nan]), ref=lambda x, diagonal: torch.tril(x, diagonal), diagonal=0)
    both("trace", (3, 3), torch.trace, dtypes=("f64", "f32"), tol=4, floor=8)
    both("trace", (2, 3), torch.trace, dtypes=("i32",), out="i64")
    case("cross", T("f64", (2, 3), 3), T("f64", (1, 3), 13), ref=lambda a, b, axis: torch.linalg.cross(a, b, dim=axis), tol=4, floor=32, axis=-1)
    case("cross", T("f32", (3, 2), 3), T("f32", (3, 2), 13), ref=lambda a, b, axis: torch.linalg.cross(a, b, dim=axis), tol=4, floor=32, axis=0)
    case("broadcast_tensors", T("f64", (2, 1), 3), T("f64", (3,), 13), ref=lambda *x: torch.broadcast_tensors(*x))
    for indexing in ("ij", "xy"):
        case("meshgrid", T("f64", (2,), 3), T("f64", (3,), 13), T("f64", (), 13), ref=lambda *x, indexing: torch.meshgrid(*x, indexing=indexing), indexing=indexing)
    for axis in (0, -1):
        case("concat", T("f64", (2, 2), 3), T("f64", (2, 2), 13), T("f64", (2, 2), 23), ref=lambda *x, axis: torch.cat(x, axis), axis=axis)
        case("stack", T("f64", (2, 2), 3), T("f64", (2, 2), 13), ref=lambda *x, axis: torch.stack(x, axis), axis=axis)
    case("concat", T("f64", (2, 1), 3), T("f64", (2, 0), 3), T("f64", (2, 3), 13), ref=lambda *x, axis: torch.cat(x, axis), axis=1)
    case("concat", T("i32", (2,), 3), T("f32", (1,), 13), ref=np_ref(lambda *x, axis: np.concatenate(x, axis)), out="f32", axis=0)
    case("concat", T("u8", (2,), 3, 0, 200), T("i64", (1,), 13), T("bool", (2,), 13, 0, 2), ref=np_ref(lambda *x, axis: np.concatenate(x, axis)), axis=0)
    for name in ("hstack", "vstack", "dstack"):
        ref = lambda *x, name=name: getattr(torch, name)(x)
        case(name, T("f64", (2,), 3), T("f64", (2,), 13), ref=ref)
        case(name, T("f64", (2, 2), 3), T("f64", (2, 2), 13), ref=ref)
    section("creation")
    new = lambda function: np_ref(lambda **o: function(**o))
    for dtype, value in (("f32", 0.5), ("f64", -1.5), ("i32", 7), ("u8", 255), ("bool", 1), ("i64", -5)):
        case("full", ref=new(lambda dtype, shape, value: np.full(shape, value, NUMPY[dtype])), dtype=dtype, shape=(2, 2), value=value, out=dtype)
        case("full_like", T(dtype, (2, 2), 3, 0, 2), ref=np_ref(lambda x, value: np.full_like(x, value)), value=value, out=dtype, grad=False)
        case("scalar", ref=new(lambda dtype, value: np.array(value, NUMPY[dtype])), dtype=dtype, value=value, out=dtype)
    for dtype, value in (("i64", 2**53 + 1), ("i64", -2**63), ("i32", 5), ("u64", 2**62 + 3)):
        case("full_i64", ref=new(lambda dtype, shape, value: np.full(shape, value, NUMPY[dtype])), dtype=dtype, shape=(2,), value=value, out=dtype)
    for dtype, count, start, step in (("f64", 5, 0.5, 0.25), ("i32", 4, 3, -2), ("f32", 3, 1, 2), ("i64", 0, 0, 1), ("u8", 4, 0, 1)):
        case("arange", ref=new(lambda dtype, count, start, step: (start + step * np.arange(count)).astype(NUMPY[dtype])), dtype=dtype, count=count, start=start, step=step, out=dtype)
    for dtype in ("f64", "f32", "i32"):
        for start, stop, count in ((0, 1, 5), (-3, 10, 4), (2, -2, 6), (5, 9, 1), (1, 2, 0)):
            case("linspace", ref=new(lambda dtype, start, stop, count: np.array(torch.linspace(start, stop, count, dtype=torch.float64)) if dtype != "i32" else np.trunc(np.linspace(start, stop, count))),
                 dtype=dtype, start=start, stop=stop, count=count, tol=2, floor=8, out=dtype)
    case("linspace", ref=new(lambda dtype, start, stop, count, exclude_stop: np.linspace(start, stop, count, False)), dtype="f64", start=0, stop=1, count=4, exclude_stop=1, tol=2, out="f64")
    for base in (0, 2):
        case("logspace", ref=new(lambda dtype, start, stop, count, base: np.logspace(start, stop, count, base=base or 10)), dtype="f64", start=-2, stop=3, count=6, base=base, tol=24, out="f64")
    for rows, columns in ((3, -1), (2, 4), (3, 1), (0, 2)):
        case("eye", ref=new(lambda dtype, rows, columns: np.eye(rows, rows if columns < 0 else columns)), dtype="f32", rows=rows, columns=columns, out="f32")
        for diagonal in (-1, 0, 1):
            case("tri", ref=new(lambda dtype, rows, columns, diagonal: np.tri(rows, rows if columns < 0 else columns, diagonal)), dtype="i32", rows=rows, columns=columns, diagonal=diagonal, out="i32")


# ================================================================ indexing

def I(shape, *values, dtype="i64"):
    return T(dtype, shape, values=values)


def at_axis(axis, *index):
    return tuple([slice(None)] * axis + list(index))


def indexing_cases():
    section("indexing")
    for dtype in ("f64", "f32", "i32"):
        x, index = T(dtype, (3, 4), 3), I((2, 2), 2, 0, 0, 1)
        for axis in (0, 1, -1):
            case("take", x, index, ref=lambda x, i, axis: x.index_select(axis, i.reshape(-1)).unflatten(axis, tuple(i.shape)), axis=axis)
        case("take", x, I((3,), 2, 2, 0, dtype="u8"), ref=lambda x, i, axis: x.index_select(axis, i.long()), axis=0)
        case("take", x, I((), 1), ref=lambda x, i, axis: x.select(axis, int(i)), axis=1)
        for axis in (0, 1):
            case("index_select", x, I((3,), 2, 0, 2), ref=lambda x, i, axis: x.index_select(axis, i), axis=axis)
            source = T(dtype, (3, 3) if axis else (3, 4), 13)
            case("index_add", x, I((3,), 2, 0, 2), source, ref=lambda x, i, s, axis: x.index_add(axis, i, s), tol=4, floor=8, axis=axis)
            case("index_copy", x, I((3,), 2, 0, 1), source, ref=lambda x, i, s, axis: x.index_copy(axis, i, s), axis=axis)
            case("index_fill", x, I((2,), 2, 0), ref=lambda x, i, value, axis: x.index_fill(axis, i, value), value=7, axis=axis)
        for axis, index in ((0, I((2, 4), 0, 1, 2, 0, 2, 2, 1, 0)), (1, I((3, 2), 0, 3, 2, 2, 1, 0)), (-1, I((2, 1), 3, 1))):
            gather = lambda x, i, axis: torch.gather(x, axis, i)
            case("gather", x, index, ref=gather, axis=axis)
            source = T(dtype, index.shape, 23)
            case("scatter_add", x, index, source, ref=lambda x, i, s, axis: x.scatter_add(axis, i, s), tol=4, floor=8, axis=axis)
            for reduce in ("sum", "prod", "mean", "amax", "amin"):
                for exclude in (0, 1):
                    if dtype == "f32" and (exclude or axis) or dtype == "i32" and exclude:
                        continue
                    if dtype == "i32" and reduce == "mean":
                        continue  # PyTorch truncates there, the library rounds down as its documentation says
                    ref = lambda x, i, s, axis, reduce, exclude_self: x.scatter_reduce(axis, i, s, reduce, include_self=not exclude_self)
                    case("scatter_reduce", x, index, source, ref=ref, tol=4, floor=8, axis=axis, reduce=reduce, exclude_self=exclude)
        case("scatter", x, I((2, 4), 0, 1, 2, 0, 2, 2, 1, 1), T(dtype, (2, 4), 33), ref=lambda x, i, s, axis: x.scatter(axis, i, s), axis=0)
        case("take_along_axis", x, I((1, 4), 2, 0, 1, 1), ref=lambda x, i, axis: torch.take_along_dim(x, i, axis), axis=0)
        case("take_along_axis", x, I((3, 2), 2, 0, 1, 1, 3, 3), ref=lambda x, i, axis: torch.take_along_dim(x, i, axis), axis=-1)
        case("index", x, I((3,), 2, -1, 0), ref=lambda x, i, axis: x[at_axis(axis, i)], axis=0)
        case("index", x, I((2,), 3, -4), ref=lambda x, i, axis: x[at_axis(axis, i)], axis=1)
        case("index", x, I((2, 1), 2, -1), I((2,), 0, 3), ref=lambda x, i, j, axis: x[i, j], axis=0)
        for accumulate in (0, 1):
            ref = lambda x, v, i, j, axis, accumulate: x.index_put((i, j), v, accumulate=bool(accumulate))
            case("index_put", x, T(dtype, (2, 2), 43), I((2, 1), 2, -1 if accumulate else 0), I((2,), 0, 3), ref=ref, tol=4, floor=8, axis=0, accumulate=accumulate)
        case("gather_nd", x, I((2, 2), 0, 1, 2, 3), ref=lambda x, i: x[i[:, 0], i[:, 1]])
        case("gather_nd", x, I((2, 1), 2, 1), ref=lambda x, i: x[i[:, 0]])
        for axis, position in ((0, 1), (1, -1)):
            case("select", x, ref=lambda x, axis, position: x.select(axis, position), axis=axis, position=position)
        for axis, start, length in ((0, 1, 2), (1, -3, 2), (1, 0, 0)):
            case("narrow", x, ref=lambda x, axis, start, length: x.narrow(axis, start % x.shape[axis], length), axis=axis, start=start, length=length)
        case("masked_fill", x, T("bool", (3, 1), values=[1, 0, 1]), ref=lambda x, m, value: x.masked_fill(m, value), value=-2)
    case("one_hot", I((2, 2), 0, 2, 1, 1), ref=lambda i, classes: F.one_hot(i, classes), classes=4)
    index = I((2, 2), 1, 0, 2, 1)
    case("embedding", index, T("f64", (3, 2), 3), ref=lambda i, w: F.embedding(i, w))
    case("embedding", index, T("f64", (3, 2), 3), ref=lambda i, w, pad, padding_index: F.embedding(i, w, padding_idx=padding_index), pad=1, padding_index=1)


# ================================================================ convolutions, pools, resizing

def convolution_cases():
    section("convolutions")
    for dims in (1, 2, 3):
        conv, transposed = getattr(F, f"conv{dims}d"), getattr(F, f"conv_transpose{dims}d")
        size = ((7,), (4, 5), (3, 3, 4))[dims - 1]
        kernel = ((3,), (2, 3), (2, 1, 2))[dims - 1]
        one = (1,) * dims
        plans = [dict(), dict(stride=(2,) * dims), dict(padding=(1,) * dims), dict(dilation=(2,) + one[1:]), dict(groups=2),
                 dict(stride=(2,) + one[1:], padding=(1,) * dims, groups=2), dict(same=1)]
        for k, o in enumerate(plans):
            groups = o.get("groups", 1)

            def ref(x, w, b=None, conv=conv, **o):
                padding = "same" if o.get("same") else o.get("padding", 0)
                return conv(x, w, b, o.get("stride", 1), padding, o.get("dilation", 1), o.get("groups", 1))

            def ref_transposed(x, w, b=None, transposed=transposed, **o):
                return transposed(x, w, b, o.get("stride", 1), o.get("padding", 0), o.get("output_padding", 0), o.get("groups", 1), o.get("dilation", 1))
            for dtype in ("f64", "f32") if k < 2 else ("f64",):
                if dims == 3 and k in (2, 4, 5):
                    continue
                x = T(dtype, (1, 2) + size, 3)
                bias = T(dtype, (2,), 33) if k % 2 == 0 else None
                small = dims < 3 or k == 0
                case(f"conv{dims}d", x, T(dtype, (2, 2 // groups) + kernel, 13), bias, ref=ref, tol=16, floor=64, grad=None if small else [1], **o)
                if not o.get("same"):
                    short = T(dtype, (1, 2) + tuple(n - 1 for n in size) if dims < 3 else (1, 2, 2, 2, 2), 3)
                    extra = dict(output_padding=(1,) + (0,) * (dims - 1)) if "stride" in o else {}
                    case(f"conv_transpose{dims}d", short, T(dtype, (2, 2 // groups) + kernel, 13), bias, ref=ref_transposed, tol=16, floor=64,
                         grad=None if small else [1], **o, **extra)
        case(f"conv{dims}d", T("f64", (2,) + size, 3), T("f64", (1, 2) + kernel, 13), None, ref=lambda x, w, b, conv=conv: conv(x, w), tol=16, floor=64, grad=[1])
    case("conv_forward", T("f64", (2, 2, 5), 3), T("f64", (3, 2, 2), 13), T("f64", (3,), 23), tol=16, floor=64, dims=1, stride=(2, 0, 0), padding=(1, 0, 0),
         ref=lambda x, w, b, dims, stride, padding: F.conv1d(x, w, b, stride[0], padding[0]))
    case("linear_forward", T("f64", (2, 3), 3), T("f64", (2, 3), 13), T("f64", (2,), 23), ref=F.linear, tol=16, floor=64)
    case("linear_forward", T("f32", (2, 2, 3), 3), T("f32", (2, 3), 13), None, ref=F.linear, tol=16, floor=64)
    section("pools")
    for dims in (1, 2, 3):
        size = ((8,), (5, 6), (3, 4, 4))[dims - 1]
        shape = (1, 2) + size if dims < 3 else (1, 1) + size
        plans = [dict(kernel=(2,) * dims), dict(kernel=(3,) * dims, stride=(2,) * dims, padding=(1,) * dims), dict(kernel=(2,) * dims, stride=(2,) * dims, ceil_mode=1)]
        maximum, mean = getattr(F, f"max_pool{dims}d"), getattr(F, f"avg_pool{dims}d")
        for o in plans + [dict(kernel=(2,) * dims, stride=(1,) * dims, dilation=(2,) * dims)]:
            ref = lambda x, maximum=maximum, **o: maximum(x, o["kernel"], o.get("stride"), o.get("padding", 0), o.get("dilation", 1), bool(o.get("ceil_mode")), True)
            case(f"max_pool{dims}d", T("f64", shape, 3), ref=ref, **o)
            case(f"max_pool{dims}d", T("f32", shape, 5), ref=ref, **o)
        for o in plans + [dict(kernel=(3,) * dims, stride=(2,) * dims, padding=(1,) * dims, exclude_padding=1)] + ([dict(kernel=(2,) * dims, divisor_override=3)] if dims > 1 else []):
            def ref(x, mean=mean, dims=dims, **o):
                more = (o.get("divisor_override"),) if dims > 1 else ()
                return mean(x, o["kernel"], o.get("stride"), o.get("padding", 0), bool(o.get("ceil_mode")), not o.get("exclude_padding"), *more)
            case(f"avg_pool{dims}d", T("f64", shape, 3), ref=ref, tol=8, floor=4, **o)
            case(f"avg_pool{dims}d", T("f32", shape, 5), ref=ref, tol=8, floor=4, **o)
        adaptive_mean, adaptive_max = getattr(F, f"adaptive_avg_pool{dims}d"), getattr(F, f"adaptive_max_pool{dims}d")
        for target in ((1,) * dims, (3,) * dims, (2, 3, 3)[:dims]):
            case(f"adaptive_avg_pool{dims}d", T("f64", shape, 3), ref=lambda x, size, f=adaptive_mean: f(x, size), tol=8, floor=4, size=target)
            case(f"adaptive_max_pool{dims}d", T("f64", shape, 3), ref=lambda x, size, f=adaptive_max: f(x, size, True), size=target)
    section("resizing")
    modes = {0: ("nearest",) * 3, 1: ("nearest-exact",) * 3, 2: ("linear", "bilinear", "trilinear"), 3: (None, "bicubic", None)}
    for mode, dims in itertools.product(modes, (1, 2, 3)):
        if not modes[mode][dims - 1]:
            continue
        for align in (0, 1) if mode > 1 else (0,):
            def ref(x, mode, align_corners=0, size=None, scale=None):
                return F.interpolate(x, size=size, scale_factor=scale, mode=modes[mode][x.ndim - 3], align_corners=bool(align_corners) if mode > 1 else None)
            shape = (1, 1) + ((5,), (3, 3), (2, 2, 2))[dims - 1]
            options = dict(mode=mode, **({"align_corners": 1} if align else {}))
            case("interpolate", T("f64", shape, 3), ref=ref, tol=64, floor=8, size=(5, 4, 3)[3 - dims:], **options)
            case("interpolate", T("f32", shape, 3), ref=ref, tol=64, floor=8, size=(2, 3, 4)[:dims], **options)
            if dims < 3:
                case("interpolate", T("f64", shape, 3), ref=ref, tol=64, floor=8, scale=(2,) * dims, **options)


# ================================================================ layers and losses

REDUCTIONS = ("mean", "sum", "none")


def layer_cases():
    section("activations, norms, losses")
    for name, ref in (("silu", F.silu),):
        case(name, T("f64", (2, 4), 3), ref=ref, tol=16, floor=1)
        case(name, T("f32", (2, 4), 3), ref=ref, tol=16, floor=1)
        case(name, L("f64", 0, 100, -100, 1000, -1000), ref=ref, tol=16, floor=1)
    for weight, bias in itertools.product((0, 1), (0, 1)):
        w, b = T("f64", (4,), 13) if weight else None, T("f64", (4,), 23) if bias else None
        ref = lambda x, w, b, eps: F.layer_norm(x, x.shape[-1:], w, b, eps)
        case("layer_norm", T("f64", (2, 4), 3), w, b, ref=ref, tol=64, floor=4, eps=2.0**-17)
    case("layer_norm", T("f32", (2, 2, 4), 3), T("f32", (4,), 13), T("f32", (4,), 23), ref=ref, tol=64, floor=4, eps=2.0**-17)
    x = T("f64", (3, 4), 3)
    for reduction in range(3):
        r = dict(reduction=reduction)
        entropy = lambda x, t, reduction, ignore_index=-100, label_smoothing=0: F.cross_entropy(
            x, t.long() if not t.is_floating_point() else t, ignore_index=ignore_index, reduction=REDUCTIONS[reduction], label_smoothing=label_smoothing)
        for dtype in ("i64", "i32", "u8"):
            case("cross_entropy", x, I((3,), 2, 0, 3, dtype=dtype), ref=entropy, tol=32, floor=4, **r)
        case("cross_entropy", T("f32", (3, 4), 3), I((3,), 2, 0, 3), ref=entropy, tol=32, floor=4, **r)
        case("cross_entropy", x, I((3,), 2, 0, 3), ref=entropy, tol=32, floor=4, label_smoothing=0.125, **r)
        case("cross_entropy", x, I((3,), 2, 0, 3), ref=entropy, tol=32, floor=4, ignore_index=3, **r)
        case("cross_entropy", x, I((3,), 2, -100, 3), ref=entropy, tol=32, floor=4, ignore_index=-100, label_smoothing=0.25, **r)
        case("cross_entropy", T("f64", (2, 3, 2), 3), I((2, 2), 2, 0, 1, 1), ref=entropy, tol=32, floor=4, **r)
        case("cross_entropy", T("f64", (4,), 3), I((), 2), ref=entropy, tol=32, floor=4, **r)
        case("cross_entropy", x, T("f64", (3, 4), 13, 0, 0.5), ref=entropy, tol=32, floor=4, **r)
        case("mse", x, T("f64", (3, 4), 13), ref=lambda x, y, reduction: F.mse_loss(x, y, reduction=REDUCTIONS[reduction]), tol=32, floor=4, **r)
        bce = lambda x, y, reduction: F.binary_cross_entropy_with_logits(x, y, reduction=REDUCTIONS[reduction])
        case("bce_with_logits", x, T("f64", (3, 4), 13, 0, 1), ref=bce, tol=32, floor=4, **r)
        case("bce_with_logits", L("f64", 100, -100, 1000), L("f64", 1, 1, 0), ref=bce, tol=32, floor=4, **r)
    case("accuracy", x, I((3,), 2, 0, 3), ref=lambda x, t: (x.argmax(-1) == t).float().mean(), out="f32", tol=1, grad=False)
    for norm, kind in ((1, 2), (100, 2), (2, 1), (0.5, inf)):
        def ref(*g, max_norm, norm_type):
            total = torch.linalg.vector_norm(torch.cat([t.reshape(-1) for t in g]), norm_type)
            scale = torch.clamp(max_norm / (total + 1e-6), max=1)
            return [t * scale for t in g] + [total]
        case("clip_grad_norm", T("f64", (2, 2), 3), T("f64", (3,), 13), ref=ref, tol=16, floor=1, max_norm=norm, norm_type=kind, grad=False)
    case("clip_grad_value", T("f64", (2, 2), 3), T("f64", (3,), 13), ref=lambda *g, clip_value: [t.clamp(-clip_value, clip_value) for t in g], clip_value=1.5)


# ================================================================ scans, sorting, counting

def scan_cases():
    section("scans, sorting, counting")
    for name, ref in (("cumsum", torch.cumsum), ("cumprod", torch.cumprod), ("logcumsumexp", torch.logcumsumexp)):
        ordinary = lambda x, axis, ref=ref: ref(x, axis)
        for shape, axis in (((2, 4), 1), ((3, 2), 0), ((2, 3, 2), -2), ((), 0), ((0,), 0)):
            case(name, T("f64", shape, 3, -2, 2), ref=ordinary, tol=32, floor=8, axis=axis)
        case(name, T("f32", (3, 4), 3, -2, 2), ref=ordinary, tol=32, floor=8, axis=1)
        if name == "logcumsumexp":
            case(name, L("f64", -inf, -inf, 1, 2, inf), ref=ordinary, tol=8, axis=0, grad=False)
            case(name, T("i32", (3,), 3), ref=lambda x, axis: torch.logcumsumexp(x.float(), axis), tol=8, axis=0)
        else:
            for dtype in ("i32", "u8", "bool", "i64"):
                case(name, T(dtype, (2, 3), 3, 0 if dtype in ("u8", "bool") else -3, 2 if dtype == "bool" else 4), ref=ordinary, axis=1, out="i64")
            for values in ([2, 0, 3, 0], [0, 2, 3, 4], [1, nan, 2, inf]):
                case(name, L("f64", *values), ref=ordinary, tol=4, axis=0, grad=not any(math.isnan(v) for v in values))
    for name, ref in (("cummax", torch.cummax), ("cummin", torch.cummin)):
        both_results = lambda x, axis, ref=ref: ref(x, axis)
        for dtype in ("f64", "f32", "i32", "u8"):
            case(name, T(dtype, (3, 4), 3, 0 if dtype == "u8" else -4, 4), ref=both_results, out=(dtype, "i32"), axis=1)
            case(name, T(dtype, (4, 2), 3, 0 if dtype == "u8" else -4, 4), ref=both_results, out=(dtype, "i32"), axis=0)
        case(name, L("f64", 1, 3, 3, 1, 3, 1), ref=both_results, out=("f64", "i32"), axis=0)
        case(name, L("f64", 1, nan, 3, nan, 4), ref=both_results, out=("f64", "i32"), axis=0, grad=False)

    def recurrence(a, b, axis):
        a, b = torch.broadcast_tensors(a, b)
        y = [b.select(axis, 0)]
        for i in range(1, b.shape[axis]):
            y.append(a.select(axis, i) * y[-1] + b.select(axis, i))
        return torch.stack(y, axis)
    for a, b, axis in (((2, 4), (2, 4), 1), ((1,), (4, 2), 0), ((3, 1), (3, 2), 0)):
        case("recurrence", T("f64", a, 3, -1, 1), T("f64", b, 13), ref=recurrence, tol=8, floor=8, axis=axis)
    case("recurrence", T("i64", (4,), 3), T("i64", (4,), 13), ref=recurrence, axis=0)
    for dtype in ("f64", "f32", "i32", "u8", "bool"):
        low, high = (0, 2) if dtype == "bool" else (0, 4) if dtype == "u8" else (-4, 4)
        for descending in (0, 1):
            sort = lambda x, axis, descending: torch.sort(x, dim=axis, descending=bool(descending), stable=True)
            argsort = lambda x, axis, descending: torch.sort(x, dim=axis, descending=bool(descending), stable=True)[1]
            for shape, axis in (((3, 5), 1), ((5, 2), 0), ((0,), 0)):
                case("sort", T(dtype, shape, 3, low, high), ref=sort, out=(dtype, "i32"), axis=axis, descending=descending)
            case("argsort", T(dtype, (3, 5), 7, low, high), ref=argsort, out="i32", axis=-1, descending=descending)
        if dtype != "bool":
            ref = lambda x, axes=None: torch.median(x) if axes is None else torch.median(x, axes[0])[0]
            case("median", T(dtype, (3, 4), 3, low, high), ref=ref, axes=(1,))
            case("median", T(dtype, (3, 3), 3, low, high), ref=ref)
            for smallest in (0, 1):  # distinct elements: PyTorch's order of equal ones is open
                topk = lambda x, k, axis, smallest: torch.topk(x, k, axis, largest=not smallest)
                values = [3, 9, 1, 7, 5, 2, 8, 4, 6, 0]
                case("topk", T(dtype, (2, 5), values=values), ref=topk, out=(dtype, "i32"), k=3, axis=1, smallest=smallest)
                case("topk", T(dtype, (5, 2), values=values), ref=topk, out=(dtype, "i32"), k=2, axis=0, smallest=smallest)
    for descending in (0, 1):
        case("sort", L("f64", 2, nan, -inf, inf, 0, nan), out=("f64", "i32"), axis=0, descending=descending, grad=False,
             ref=lambda x, axis, descending: torch.sort(x, dim=axis, descending=bool(descending), stable=True))
    case("median", L("f64", 2, nan, 1), ref=torch.median, grad=False)
    for right in (0, 1):
        ref = lambda a, v, right: torch.searchsorted(a, v, right=bool(right))
        for dtype in ("f64", "f32", "i32", "i64"):
            case("searchsorted", L(dtype, -2, 0, 0, 1, 3), T(dtype, (2, 4), 3), ref=ref, out="i32", right=right)
        case("searchsorted", L("f64", -2, 0, 0, 1, 3), L("f64", -inf, -2, 0, 3, inf, 0.5), ref=ref, out="i32", right=right)
    for dtype in ("i32", "i64", "u8"):
        case("bincount", T(dtype, (9,), 3, 0, 4), None, ref=lambda x, w, size: torch.bincount(x, minlength=size), size=5)
    case("bincount", T("i32", (9,), 3, 0, 4), T("f64", (9,), 13), ref=lambda x, w, size: torch.bincount(x, w, size), tol=4, floor=8, size=5, grad=False)
    for dtype in ("f64", "f32"):
        for low, high in ((-4, 4), (-1, 2), (0, 0)):
            case("histc", T(dtype, (5, 5), 3), ref=lambda x, bins, low, high: torch.histc(x, bins, low, high), bins=8, low=low, high=high, grad=False)


def comparison_cases():
    section("comparisons with a number or a tolerance, bounds")
    for name, ref in (("lt", torch.lt), ("le", torch.le), ("gt", torch.gt), ("ge", torch.ge), ("eq", torch.eq), ("ne", torch.ne)):
        for value in (1, -1, 2.5):
            scalar = lambda x, number, ref=ref: ref(x.double(), number)
            for dtype in ("f64", "f32", "i32", "u8"):
                case(name + "_scalar", L(dtype, 0, 1, 2, 3, *((-1, 2.5, nan) if dtype[0] == "f" else (5,))), ref=scalar, number=value)
    for name, ref in (("minimum_scalar", torch.minimum), ("maximum_scalar", torch.maximum)):
        scalar = lambda x, number, ref=ref: ref(x, torch.tensor(number, dtype=x.dtype))
        case(name, L("f64", -1, 0.5, 2, inf, -inf), ref=scalar, number=0.5)
        case(name, L("f64", nan, 1), ref=scalar, number=0.5, grad=False)
        case(name, T("f32", (2, 3), 3), ref=scalar, number=1)
        case(name, T("i32", (2, 3), 3), ref=scalar, number=1)
    for name, ref in (("fmin", torch.fmin), ("fmax", torch.fmax)):
        case(name, T("f64", (2, 1), 3), T("f64", (3,), 13), ref=ref)
        case(name, L("f64", 1, nan, nan, inf, -inf, 2), L("f64", nan, 1, nan, 1, 1, 2), ref=ref)
        case(name, T("i32", (4,), 3), T("i32", (4,), 13), ref=ref)
        case(name, T("f32", (4,), 3), T("f32", (4,), 13), ref=ref)
    clamp = lambda x, low, high: torch.clamp(x, low, high)
    case("clamp_tensor", T("f64", (2, 3), 3), T("f64", (3,), 13, -3, 0), T("f64", (2, 1), 23, 0, 3), ref=clamp)
    case("clamp_tensor", T("f64", (2, 3), 3), T("f64", (3,), 13, -3, 0), None, ref=clamp)
    case("clamp_tensor", T("f32", (2, 3), 3), None, T("f32", (2, 1), 23, 0, 3), ref=clamp)
    case("clamp_tensor", T("i32", (6,), 3), T("i32", (6,), 13, -3, 0), T("i32", (6,), 23, 0, 3), ref=clamp)
    for equal_nan in (0, 1):
        close = lambda a, b, rtol, atol, equal_nan: torch.isclose(a, b, rtol, atol, bool(equal_nan))
        case("isclose", L("f64", 1, 1, nan, inf, inf, 0), L("f64", 1.25, 2, nan, inf, -inf, 0.0625), ref=close, rtol=0.25, atol=0.125, equal_nan=equal_nan)
        case("isclose", L("f32", 1, 1, nan), L("f32", 1.25, 2, nan), ref=close, rtol=0.25, atol=0.125, equal_nan=equal_nan)


def product_cases():
    section("products of integers, of several tensors, and their relatives")
    for dtype in ("i32", "i64", "u8", "i8", "i16"):
        low = 0 if dtype == "u8" else -4
        case("matmul", T(dtype, (2, 3), 3, low, 4), T(dtype, (3, 2), 13, low, 4), ref=torch.matmul)
    case("einsum", T("i32", (2, 3), 3), T("i32", (3, 2), 13), ref=lambda a, b, text: torch.einsum(text, a, b), text="ij,jk->ik")
    for text, shapes in (("ij,jk,kl->il", ((2, 3), (3, 2), (2, 3))), ("ii->i", ((3, 3),)), ("ii", ((3, 3),)), ("ij->ji", ((2, 3),)),
                         ("...ij,...jk", ((2, 1, 2, 3), (2, 3, 2))), ("ba", ((2, 3),)), ("i,j,k->kji", ((2,), (3,), (2,))), ("iij,jk->ik", ((2, 2, 3), (3, 2))),
                         ("...,...", ((2, 3), (3,))), ("ij,ij,ij->", ((2, 3), (2, 3), (2, 3))), ("a...b->b...a", ((2, 2, 3),))):
        inputs = [T("f64", shape, 3 + 10 * k) for k, shape in enumerate(shapes)]
        case("einsum", *inputs, ref=lambda *x, text: torch.einsum(text, *x), tol=32, floor=64, text=text)
    tensordot = lambda a, b, count=0, axes_a=(), axes_b=(): torch.tensordot(a, b, dims=(list(axes_a), list(axes_b)) if axes_a else count or 2)
    case("tensordot", T("f64", (2, 3, 2), 3), T("f64", (3, 2, 2), 13), ref=tensordot, tol=16, floor=64)
    case("tensordot", T("f64", (2, 3), 3), T("f64", (3, 2), 13), ref=tensordot, tol=16, floor=64, count=1)
    case("tensordot", T("f64", (2, 3, 2), 3), T("f64", (2, 2, 3), 13), ref=tensordot, tol=16, floor=64, axes_a=(0, 1), axes_b=(1, 2))
    for dtype in ("f64", "f32", "i32"):
        case("outer", T(dtype, (2,), 3), T(dtype, (3,), 13), ref=torch.outer, tol=2)
        case("dot", T(dtype, (5,), 3), T(dtype, (5,), 13), ref=torch.dot, tol=16, floor=16)
        case("inner", T(dtype, (2, 3), 3), T(dtype, (2, 3), 13), ref=torch.inner, tol=16, floor=16)
        case("kron", T(dtype, (2, 2), 3), T(dtype, (1, 2), 13), ref=torch.kron, tol=2)
    case("kron", T("f64", (2,), 3), T("f64", (2, 2), 13), ref=torch.kron, tol=2)
    case("inner", T("f64", (), 3), T("f64", (2,), 13), ref=torch.inner, tol=2)
    case("bilinear", T("f64", (2, 2), 3), T("f64", (2, 3), 13), T("f64", (2, 2, 3), 23), T("f64", (2,), 33), ref=F.bilinear, tol=32, floor=64)
    case("bilinear", T("f32", (2, 2), 3), T("f32", (2, 3), 13), T("f32", (2, 2, 3), 23), None, ref=F.bilinear, tol=32, floor=64)
    case("multi_dot", T("f64", (2, 3), 3), T("f64", (3, 1), 13), T("f64", (1, 3), 23), ref=lambda *x: torch.linalg.multi_dot(x), tol=32, floor=64)
    case("multi_dot", T("f64", (3,), 3), T("f64", (3, 2), 13), T("f64", (2,), 23), ref=lambda *x: torch.linalg.multi_dot(x), tol=32, floor=64)


def norm_cases():
    section("normalisation")
    eps = 2.0**-17
    pairs_of = lambda shape: ((None, None), (T("f64", shape, 13), T("f64", shape, 23)))
    case("layer_norm", T("f64", (2, 2, 3), 3), T("f64", (2, 3), 13), T("f64", (2, 3), 23), ref=lambda x, w, b, eps: F.layer_norm(x, w.shape, w, b, eps), tol=64, floor=4, eps=eps)

    def rms(x, w, eps):
        y = x / torch.sqrt((x * x).mean(-1, keepdim=True) + eps)
        return y if w is None else y * w
    case("rms_norm", T("f64", (2, 4), 3), T("f64", (4,), 13), ref=rms, tol=64, floor=4, eps=eps)
    case("rms_norm", T("f32", (2, 4), 3), None, ref=rms, tol=64, floor=4, eps=eps)
    for w, b in pairs_of((4,)):
        group = lambda x, w, b, groups, eps: F.group_norm(x, groups, w, b, eps)
        case("group_norm", T("f64", (2, 4, 2), 3), w, b, ref=group, tol=64, floor=4, groups=2, eps=eps)
        case("norm_forward", T("f64", (2, 4), 3), w, b, ref=group, tol=64, floor=4, groups=2, eps=eps) if w else None
        case("instance_norm", T("f64", (1, 4, 3), 3), w, b, ref=lambda x, w, b, eps: F.instance_norm(x, None, None, w, b, eps=eps), tol=64, floor=4, eps=eps)
    for shape in ((3, 2), (2, 2, 3), (2, 2, 2, 2)):
        for w, b in pairs_of((2,)):
            batch = lambda x, m, v, w, b, training=0, eps=0: F.batch_norm(x, m, v, w, b, bool(training), eps=eps)
            case("batch_norm", T("f64", shape, 3), None, None, w, b, ref=batch, tol=64, floor=4, training=1, eps=eps)
            case("batch_norm", T("f64", shape, 3), T("f64", (2,), 33), T("f64", (2,), 43, 0.5, 2), w, b, ref=batch, tol=64, floor=4, eps=eps,
                 grad=[0, 3, 4] if w else [0])
    response = lambda x, size, alpha=1e-4, beta=0.75, k=1: F.local_response_norm(x, size, alpha, beta, k)
    case("local_response_norm", T("f64", (1, 5, 2), 3), ref=response, tol=32, floor=4, size=3)
    case("local_response_norm", T("f64", (1, 5, 2), 3), ref=response, tol=32, floor=4, size=2, alpha=0.5, beta=0.5, k=2)
    for p in (1, 2, 3, inf):
        case("normalize", T("f64", (2, 3), 3), ref=lambda x, p, axis, eps: F.normalize(x, p, axis, eps), tol=32, floor=1, p=p, axis=1, eps=2.0**-40)
    index = I((2, 2), 1, 0, 2, 1)
    case("embedding_forward", index, T("f64", (3, 2), 3), ref=lambda i, w, pad, padding_index: F.embedding(i, w, padding_idx=padding_index), pad=1, padding_index=2)


def loss_cases():
    section("more losses")
    x, y = T("f64", (3, 4), 3), T("f64", (3, 4), 13)
    signs = T("f64", (3, 4), values=[1, -1, 1, 1, -1, 1, -1, -1, 1, 1, -1, 1])
    labels, row = I((3,), 2, 0, 3), T("f64", (4,), 53, 0.5, 2)
    for k, name in enumerate(REDUCTIONS):
        r, red = dict(reduction=k), dict(reduction=name)
        tol = dict(tol=64, floor=4)
        nll = lambda x, t, w, reduction, ignore_index=-100, red=red: F.nll_loss(x, t, w, ignore_index=ignore_index, **red)
        case("nll", x, labels, None, ref=nll, **tol, **r)
        case("nll", x, labels, row, ref=nll, **tol, **r, grad=[0])
        case("nll", x, labels, None, ref=nll, **tol, **r, ignore_index=3)
        for p, margin in ((1, 1), (2, 0.5)):
            case("multi_margin", x, labels, None, ref=lambda x, t, w, reduction, p, margin, red=red: F.multi_margin_loss(x, t, p, margin, **red), **tol, **r, p=p, margin=margin)
        case("multi_margin", x, labels, row, ref=lambda x, t, w, reduction, p, margin, red=red: F.multi_margin_loss(x, t, p, margin, w, **red), **tol, **r, p=1, margin=1, grad=[0])
        case("l1", x, y, ref=lambda x, y, reduction, red=red: F.l1_loss(x, y, **red), **tol, **r)
        for beta in (1, 0.5):
            case("smooth_l1", x, y, ref=lambda x, y, reduction, beta, red=red: F.smooth_l1_loss(x, y, beta=beta, **red), **tol, **r, beta=beta)
            case("huber", x, y, ref=lambda x, y, reduction, delta, red=red: F.huber_loss(x, y, delta=delta, **red), **tol, **r, delta=beta)
        case("kl_div", x, T("f64", (3, 4), 13, 0.125, 1), ref=lambda x, y, reduction, red=red: F.kl_div(x, y, **red), **tol, **r)
        case("kl_div", x, y, ref=lambda x, y, reduction, log_target, red=red: F.kl_div(x, y, log_target=True, **red), **tol, **r, log_target=1)
        probabilities = T("f64", (3, 4), 23, 0.125, 0.875)
        bce = lambda x, y, w, reduction, red=red: F.binary_cross_entropy(x, y, w, **red)
        case("bce", probabilities, T("f64", (3, 4), 13, 0, 1), None, ref=bce, **tol, **r)
        case("bce", probabilities, T("f64", (3, 4), 13, 0, 1), row, ref=bce, **tol, **r, grad=[0])
        for full in (0, 1):
            counts = T("f64", (3, 4), 13, 0, 6)
            case("poisson_nll", x, counts, ref=lambda x, y, reduction, full, red=red: F.poisson_nll_loss(x, y, True, bool(full), **red), **tol, **r, full=full, grad=[0])
            case("gaussian_nll", x, y, T("f64", (3, 4), 33, 0.5, 2), ref=lambda x, y, v, reduction, full, red=red: F.gaussian_nll_loss(x, y, v, full=bool(full), **red), **tol, **r, full=full)
        case("poisson_nll", T("f64", (3, 4), 3, 0.5, 3), y, ref=lambda x, y, reduction, no_log_input, red=red: F.poisson_nll_loss(x, y, False, **red), **tol, **r, no_log_input=1)
        case("soft_margin", x, signs, ref=lambda x, y, reduction, red=red: F.soft_margin_loss(x, y, **red), **tol, **r, grad=[0])
        case("hinge_embedding", x, signs, ref=lambda x, y, reduction, margin, red=red: F.hinge_embedding_loss(x, y, margin, **red), **tol, **r, margin=2, grad=[0])
        case("margin_ranking", x, y, signs, ref=lambda x, y, t, reduction, margin, red=red: F.margin_ranking_loss(x, y, t, margin, **red), **tol, **r, margin=0.5, grad=[0, 1])
        case("cosine_embedding", x, y, L("f64", 1, -1, -1), ref=lambda x, y, t, reduction, margin, red=red: F.cosine_embedding_loss(x, y, t, margin, **red), **tol, **r, margin=-0.5, grad=[0, 1])
        for p, swap in ((2, 0), (1, 1)):
            case("triplet_margin", x, y, T("f64", (3, 4), 43), **tol, **r, p=p, swap=swap, margin=2,
                 ref=lambda a, b, c, reduction, p, swap, margin, red=red: F.triplet_margin_loss(a, b, c, margin, p, swap=bool(swap), **red))
        target = T("f64", (3, 4), 7, 0, 1)
        case("multilabel_soft_margin", x, target, ref=lambda x, y, reduction, red=red: F.multilabel_soft_margin_loss(x, y, **red), **tol, **r, grad=[0])
    for p in (1, 2, 3):
        case("pairwise_distance", x, y, ref=lambda x, y, p: F.pairwise_distance(x, y, p), tol=32, floor=1, p=p)
    for axis in (1, 0):
        case("cosine_similarity", x, y, ref=lambda x, y, axis: F.cosine_similarity(x, y, axis), tol=32, floor=1, axis=axis)


# ================================================================ attention, recurrent layers

def attention_cases():
    section("attention, rotary positions, recurrent layers")

    def attention(q, k, v, mask=None, causal=0, scale=0):
        repeat = q.shape[-3] // k.shape[-3] if q.ndim > 2 else 1
        k, v = (torch.repeat_interleave(t, repeat, -3) if repeat > 1 else t for t in (k, v))
        scores = q @ k.transpose(-1, -2) * (scale or q.shape[-1] ** -0.5)
        if mask is not None:
            scores = scores.masked_fill(~mask, -inf) if mask.dtype == torch.bool else scores + mask
        if causal:
            scores = scores.masked_fill(~torch.ones(scores.shape[-2:], dtype=torch.bool).tril(), -inf)
        return torch.softmax(scores, -1) @ v
    for dtype in ("f64", "f32"):
        q, k, v = T(dtype, (2, 3, 2), 3, -2, 2), T(dtype, (2, 4, 2), 13, -2, 2), T(dtype, (2, 4, 3), 23, -2, 2)
        mask = T("bool", (3, 4), values=[1, 0, 1, 1, 0, 1, 1, 1, 1, 0, 0, 0])
        tol = dict(ref=attention, tol=64, floor=4)
        case("attention", q, k, v, **tol)
        case("attention", q, k, v, **tol, causal=1)
        case("attention", q, k, v, **tol, scale=0.25)
        case("attention", q, k, v, mask, **tol)
        case("attention", q, k, v, T(dtype, (2, 1, 4), 33, -2, 2), **tol)
        case("attention", T(dtype, (1, 4, 2, 2), 3, -2, 2), T(dtype, (1, 2, 3, 2), 13, -2, 2), T(dtype, (1, 2, 3, 2), 23, -2, 2), **tol)

    def rope(x, positions=None, base=0, interleaved=0):
        size = x.shape[-1]
        p = torch.arange(x.shape[-2], dtype=torch.float64) if positions is None else positions.double()
        angle = p[..., None] * (base or 10000.0) ** (-2 * torch.arange(size // 2, dtype=torch.float64) / size)
        a, b = (x[..., 0::2], x[..., 1::2]) if interleaved else (x[..., :size // 2], x[..., size // 2:])
        c, s = torch.cos(angle).to(x.dtype), torch.sin(angle).to(x.dtype)
        turned = (a * c - b * s, b * c + a * s)
        return torch.stack(turned, -1).flatten(-2) if interleaved else torch.cat(turned, -1)
    for interleaved in (0, 1):
        case("rope", T("f64", (2, 3, 4), 3), None, ref=rope, tol=64, floor=4, interleaved=interleaved)
        case("rope", T("f64", (3, 4), 3), I((3,), 5, 6, 7, dtype="i32"), ref=rope, tol=64, floor=4, base=100, interleaved=interleaved)
    for dtype in ("f64", "f32"):
        def sinusoids(dtype, count, size):
            angle = np.arange(count)[:, None] / 10000.0 ** (2 * np.arange(size // 2) / size)
            return np.stack([np.sin(angle), np.cos(angle)], -1).reshape(count, size)
        case("sinusoidal_positions", ref=np_ref(lambda **o: sinusoids(**o)), tol=16, floor=1, dtype=dtype, count=3, size=4, out=dtype)

    def heads_of(x, w, b, ow, ob, heads, causal=0):
        mask = ~torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).tril() if causal else None
        y = x.transpose(0, 1)
        return F.multi_head_attention_forward(y, y, y, x.shape[-1], heads, w, b, None, None, False, 0.0, ow, ob, False, None, False, mask)[0].transpose(0, 1)
    for causal in (0, 1):
        case("multihead_attention_forward", T("f64", (2, 3, 4), 3, -1, 1), T("f64", (12, 4), 13, -1, 1), T("f64", (12,), 23, -1, 1), T("f64", (4, 4), 33, -1, 1),
             T("f64", (4,), 43, -1, 1), ref=heads_of, tol=64, floor=4, heads=2, causal=causal, grad=[0, 2, 3, 4])
    cells, layers = (torch.rnn_tanh_cell, torch.rnn_relu_cell, torch.gru_cell, torch.lstm_cell), (torch.rnn_tanh, torch.rnn_relu, torch.gru, torch.lstm)

    def cell(x, h, c, wi, wh, bi=None, bh=None, kind=0):
        h = torch.zeros(x.shape[0], wh.shape[1], dtype=x.dtype) if h is None else h
        if kind < 3:
            return cells[kind](x, h, wi, wh, bi, bh)
        return cells[kind](x, (h, torch.zeros_like(h) if c is None else c), wi, wh, bi, bh)

    def sequence(x, h, c, *w, kind, bidirectional=0, batch_first=0):
        shape = (1 + bidirectional, x.shape[1 - batch_first], w[1].shape[1])
        h = torch.zeros(shape, dtype=x.dtype) if h is None else h
        state = (h, torch.zeros_like(h) if c is None else c) if kind == 3 else h
        results = layers[kind](x, state, list(w), True, 1, 0.0, False, bool(bidirectional), bool(batch_first))
        return results
    for kind, gates in enumerate((1, 1, 3, 4)):
        parameters = lambda seed: [T("f64", (gates * 2, 3), seed, -1, 1), T("f64", (gates * 2, 2), seed + 10, -1, 1), T("f64", (gates * 2,), seed + 20, -1, 1),
                                   T("f64", (gates * 2,), seed + 30, -1, 1)]
        h = T("f64", (2, 2), 53, -1, 1)
        c = T("f64", (2, 2), 63, -1, 1) if kind == 3 else None
        case("rnn_cell_forward", T("f64", (2, 3), 3, -1, 1), h, c, *parameters(13), ref=cell, tol=64, floor=1, kind=kind)
        case("rnn_cell_forward", T("f64", (2, 3), 3, -1, 1), None, None, *parameters(13)[:2], ref=cell, tol=64, floor=1, kind=kind)
        h = T("f64", (1, 1, 2), 53, -1, 1)
        c = T("f64", (1, 1, 2), 63, -1, 1) if kind == 3 else None
        case("rnn_forward", T("f64", (3, 1, 3), 3, -1, 1), h, c, *parameters(13), ref=sequence, tol=64, floor=1, kind=kind, grad=[0, 1, 4])
        case("rnn_forward", T("f64", (1, 3, 3), 3, -1, 1), None, None, *parameters(13), *parameters(33), ref=sequence, tol=64, floor=1, kind=kind,
             bidirectional=1, batch_first=1, grad=[0, 8])


def activation_cases():
    section("activations: with gradients, at kinks, far out")
    alike = {name: [({}, getattr(F, name))] for name in ("mish", "selu", "relu6", "hardswish", "logsigmoid", "softsign", "tanhshrink")}
    alike["hardsigmoid"] = [({}, lambda x: F.relu6(x + 3) / 6)]  # PyTorch's own has 1/6 in f32 in its gradient
    alike["quick_gelu"] = [({}, lambda x: x * torch.sigmoid(1.702 * x))]
    alike["squared_relu"] = [({}, lambda x: torch.relu(x) ** 2)]
    alike["gelu"] = [(dict(approximate=a), lambda x, approximate: F.gelu(x, approximate=approximate)) for a in ("tanh", "none")]
    alike["threshold"] = [(dict(threshold=t, value=v), F.threshold) for t, v in ((0.5, -7), (-1, 3))]
    alike["softplus"] = [(o, lambda x, beta=1, threshold=20: F.softplus(x, beta, threshold)) for o in ({}, dict(beta=2, threshold=3))]
    for name in ("elu", "celu"):
        alike[name] = [(o, getattr(F, name)) for o in ({}, dict(alpha=0.5))]
    alike["leaky_relu"] = [(o, lambda x, slope=0.01: F.leaky_relu(x, slope)) for o in ({}, dict(slope=0.25))]
    alike["rrelu"] = [(o, lambda x, low=1 / 8, high=1 / 3: F.rrelu(x, low, high, False)) for o in ({}, dict(low=0.25, high=0.5))]
    alike["hardtanh"] = [(o, lambda x, low=-1, high=1: F.hardtanh(x, low, high)) for o in ({}, dict(low=-2, high=0.5))]
    for name in ("softshrink", "hardshrink"):
        alike[name] = [(o, lambda x, f=getattr(F, name), **o: f(x, o.get("lambda", 0.5))) for o in ({}, {"lambda": 1})]
    for name, variants in alike.items():
        for options, ref in variants:
            case(name, T("f64", (2, 4), 3), ref=ref, tol=32, floor=1, **options)
            case(name, T("f32", (2, 4), 3), ref=ref, tol=32, floor=1, **options)
            kinks = [0, 0.5, -0.5, 1, -1, 3, 6, 100, -100, 1e4, -1e4] + ([-3] if name != "hardswish" else [])
            case(name, L("f64", *kinks), ref=ref, tol=32, floor=1, **options)
            if name == "softshrink":  # PyTorch before 2.0 gives 0 for NaN
                ref = lambda x, ref=ref, **o: torch.where(torch.isnan(x), x, ref(x, **o))
            case(name, L("f64", inf, nan), ref=ref, tol=32, floor=1, grad=False, **options)
    prelu = lambda x, w: F.prelu(x, w)
    case("prelu", T("f64", (2, 3, 2), 3), T("f64", (3,), 13, 0, 1), ref=prelu, tol=4, floor=1)
    case("prelu", T("f64", (2, 3), 3), T("f64", (1,), 13, 0, 1), ref=prelu, tol=4, floor=1)
    gates = {"glu": torch.sigmoid, "reglu": torch.relu, "geglu": F.gelu, "swiglu": F.silu}
    for name, gate in gates.items():
        ref = lambda x, axis, gate=gate: x.chunk(2, axis)[0] * gate(x.chunk(2, axis)[1])
        case(name, T("f64", (2, 4), 3), ref=ref, tol=32, floor=1, axis=-1)
        case(name, T("f32", (4, 2), 3), ref=ref, tol=32, floor=1, axis=0)
    for shape, axis in (((2, 3), 1), ((3, 2), 0)):
        case("softmin", T("f64", shape, 3), ref=lambda x, axis: F.softmin(x, axis), tol=16, floor=1, axis=axis)
    for text, gradients, ref in (("a * exp(b)", "g * exp(b); g * y", lambda a, b: a * torch.exp(b)), ("sqrt(a) + b", "g / (2 * y - 2 * b); g", lambda a, b: torch.sqrt(a) + b)):
        case("expression_with_gradient", T("f64", (2, 3), 3, 0.5, 3), T("f64", (3,), 13, 0.5, 3), ref=lambda a, b, text, gradients, ref=ref: ref(a, b), tol=16,
             floor=1, text=text, gradients=gradients)


# ================================================================ f16, bf16

HALF = {"f16": (11, -24, 65504.0), "bf16": (8, -133, float.fromhex("0x1.fep127"))}  # bits, exponent of the last place at least, the largest


def rounded(array, dtype):
    """f64 to the nearest number of the dtype, ties to even, in one rounding."""
    bits, least, largest = HALF[dtype]
    exponent = np.maximum(np.frexp(np.where(np.isfinite(array), array, 0))[1] - bits, least)
    near = np.ldexp(np.round(np.ldexp(array, -exponent)), exponent)
    return np.where(np.abs(near) > largest, np.copysign(inf, near), near)


class H(T):
    """A tensor of f16 or bf16, whose value here is f64; its numbers must be numbers of the dtype."""

    def __init__(self, dtype, shape, seed=1, low=-4, high=4, values=None):
        super().__init__("f64", shape, seed, low, high, values)
        self.text = dtype + self.text[3:]
        assert np.array_equal(rounded(self.array, dtype), self.array, equal_nan=True)


def half_case(name, *inputs, ref, out, tol=1, **options):
    """As case, without gradients; out may be f16 or bf16."""
    result = as_numpy(ref(*[as_torch(t.array) for t in inputs], **options))
    value = rounded(result, out) if out in HALF else result.astype(NUMPY[out])
    words = [name] + [t.text for t in inputs] + [f"{k}={option(v)}" for k, v in options.items()] + ([f"~{tol:g}"] if tol else [])
    lines.append(" ".join(words + ["=>", f"{out}[{','.join(map(str, value.shape))}]", numbers(value)]))


def half_cases():
    section("f16 and bf16: conversions, promotion, values that are computed in f32 and rounded")
    for dtype in HALF:
        numbers_of = T("f64", (18,), values=[0, -0.0, 1, -1.5, 1 / 3, 1 + 2.0**-9, 1 + 2.0**-11, 1 + 3 * 2.0**-11, 65504, 65519.99, 65520, 1e-7, -3e-8,
                                             2.9e-8, 3.3e38, 3.4e38, inf, nan])
        half_case("cast", numbers_of, ref=lambda x, dtype: x, out=dtype, tol=0, dtype=dtype)
        half_case("cast", T("f32", (6,), values=[1 + 2.0**-9, 1 + 2.0**-12 + 2.0**-23, -2.0**-24, 1e5, inf, nan]), ref=lambda x, dtype: x.double(), out=dtype,
                  tol=0, dtype=dtype)
        half_case("cast", L("i32", 1, -3, 2049, 65535, -2**31), ref=lambda x, dtype: x.double(), out=dtype, tol=0, dtype=dtype)
        some = H(dtype, (7,), values=[0, -0.0, 1.5, -2.5, 2.0**-14, inf, nan])
        for target in ("f32", "f64"):
            half_case("cast", some, ref=lambda x, dtype: x, out=target, tol=0, dtype=target)
        for target in ("i32", "u8", "bool"):
            half_case("cast", some, ref=lambda x, dtype: torch.from_numpy(cast_reference(as_numpy(x), dtype)), out=target, tol=0, dtype=target)
        x, y = H(dtype, (2, 3), 5), H(dtype, (3,), 60)
        for name, ref in (("neg", torch.neg), ("abs", torch.abs), ("exp", torch.exp), ("sigmoid", torch.sigmoid), ("tanh", torch.tanh), ("relu", torch.relu),
                          ("square", torch.square), ("floor", torch.floor), ("sin", torch.sin), ("erf", torch.erf), ("gelu", F.gelu), ("silu", F.silu)):
            half_case(name, x, ref=ref, out=dtype)
        for name, ref in (("add", torch.add), ("sub", torch.sub), ("mul", torch.mul), ("div", torch.div), ("maximum", torch.maximum), ("minimum", torch.minimum)):
            half_case(name, x, H(dtype, (3,), 61, 0.5, 2.5), ref=ref, out=dtype)
        half_case("lt", x, y, ref=torch.lt, out="bool", tol=0)
        for other, out in (("f32", "f32"), ("f64", "f64"), ("i32", dtype), ("bool", dtype), ("u8", dtype)):
            half_case("add", x, T(other, (3,), 3, 0, 2), ref=lambda a, b: a + b.double(), out=out)
        for name, ref in (("sum", lambda x: x.sum()), ("mean", lambda x: x.mean()), ("max", lambda x: x.max()), ("prod", lambda x: x.prod()),
                          ("logsumexp", lambda x: torch.logsumexp(x, (0, 1)))):
            half_case(name, x, ref=ref, out=dtype)
        half_case("softmax", x, ref=lambda x, axis: torch.softmax(x, axis), out=dtype, axis=1)
        half_case("matmul", x, H(dtype, (3, 2), 71, -2, 2), ref=torch.matmul, out=dtype)
        half_case("reshape", x, ref=lambda x, shape: x.reshape(shape), out=dtype, tol=0, shape=(3, 2))
        half_case("pad", x, ref=padded, out=dtype, tol=0, low=(1, 0), high=(0, 1))
        half_case("take", x, I((2,), 1, 0), ref=lambda x, i, axis: x.index_select(axis, i), out=dtype, tol=0, axis=0)
        half_case("where", T("bool", (2, 3), 3, 0, 2), x, y, ref=lambda c, a, b: torch.where(c, a, b), out=dtype, tol=0)
    half_case("add", H("f16", (3,), 5), H("bf16", (3,), 15), ref=torch.add, out="f32", tol=0)


def gradient_point_cases():
    section("gradients at zeros, far out and at the ends of domains")
    points = [0, -0.0, 1, -1, 0.5, 30, -30, 700, -700, 1e10, -1e10, 1e300, inf, -inf]
    for name, (ref, low, high, tol, floats) in UNARY.items():
        if name not in ("cbrt", "digamma", "isnan", "isinf", "isfinite", "signbit", "logical_not"):  # acosh: its value at -1 is NaN already
            case(name, L("f64", *[p for p in points if name != "acosh" or p != -1]), ref=ref, tol=max(tol, 8), floor=1, grad=True)
    for name, (ref, low, high, tol) in BINARY.items():
        if name not in NO_GRADIENT + ("lt", "le", "gt", "ge", "eq", "ne", "logical_and", "logical_or", "logical_xor"):
            a, b = pairs("f64", (1, -1, 2.5, -2) if name == "xlogy" else (0, 1, -1, 2.5, -2))  # xlogy at 0: ours are 0, PyTorch's NaN
            case(name, a, b, ref=ref, tol=max(tol, 8), floor=1)
    for name, (function, floor) in REDUCE.items():
        for values in ([0, 0], [1e300, 1], [-inf, -inf], [-inf, 1], [1, 1], [5]):
            if name not in ("any", "all", "count_nonzero") and not (name in ("var", "std") and -inf in values):
                case(name, L("f64", *values), ref=reduced(function), tol=8, floor=1)
    for p in (0, 1, 2, 3, 0.5, inf, -inf, -1):
        for values in ([0, 0], [0, 3], [-1, 1], [5], [-2]):
            case("norm", L("f64", *values), ref=lambda x, p: torch.linalg.vector_norm(x, p), tol=8, floor=1, p=p)
    for name, ref in (("softmax", torch.softmax), ("log_softmax", torch.log_softmax)):
        for values in ([0, 0], [0, -inf], [-inf, -inf], [1000, 0], [inf, 0], [5], [nan, 1]):
            case(name, L("f64", *values), ref=ref, tol=8, floor=1, axis=0)
    for exponent in (0, 1, 2, 3, -1, 0.5, -0.5, 1.5, 17):
        case("pow", L("f64", 0, 1, -1, 2, -2, inf), ref=torch.pow, tol=8, floor=1, exponent=exponent)


def option_cases():
    section("more options: scales that are no whole numbers, weights of losses, means over the batch")
    names = {0: ("nearest",) * 2, 1: ("nearest-exact",) * 2, 2: ("linear", "bilinear"), 3: (None, "bicubic")}
    for mode, scale, dims in itertools.product(names, (1.5, 0.75, 2.25), (1, 2)):
        for align in (0, 1) if mode > 1 else (0,):
            if names[mode][dims - 1]:
                ref = lambda x, mode, scale, align_corners=0: F.interpolate(x, scale_factor=scale, mode=names[mode][x.ndim - 3],
                                                                           align_corners=bool(align_corners) if mode > 1 else None)
                case("interpolate", T("f64", (1, 1) + (5, 3)[:dims], 3), ref=ref, tol=64, floor=8, scale=(scale,) * dims, mode=mode,
                     **({"align_corners": 1} if align else {}))
    x, row = T("f64", (3, 4), 3), T("f64", (4,), 53, 0.5, 2)
    for k, name in enumerate(REDUCTIONS):
        red, r = dict(reduction=name), dict(tol=32, floor=4, reduction=k)
        entropy = lambda x, t, w, reduction, ignore_index=-100, label_smoothing=0, red=red: F.cross_entropy(
            x, t, w, ignore_index=ignore_index, label_smoothing=label_smoothing, **red)
        for o in (dict(), dict(label_smoothing=0.25), dict(ignore_index=3), dict(ignore_index=3, label_smoothing=0.25)):
            case("cross_entropy", x, I((3,), 2, 0, 3), row, ref=entropy, grad=[0], **r, **o)
        for o in (dict(), dict(label_smoothing=0.25)):
            case("cross_entropy", x, T("f64", (3, 4), 13, 0, 0.5), row, ref=entropy, grad=[0], **r, **o)
        case("cross_entropy", T("f64", (2, 3, 2), 3), I((2, 2), 2, 0, 1, 1), T("f64", (3,), 53, 0.5, 2), ref=entropy, grad=[0], **r)
        bce = lambda x, y, w, p, reduction, red=red: F.binary_cross_entropy_with_logits(x, y, w, pos_weight=p, **red)
        case("bce_with_logits", x, T("f64", (3, 4), 13, 0, 1), None, row, ref=bce, grad=[0], **r)
        case("bce_with_logits", x, T("f64", (3, 4), 13, 0, 1), row, row, ref=bce, grad=[0], **r)
    case("kl_div", x, T("f64", (3, 4), 13, 0.125, 1), ref=lambda x, y, reduction: F.kl_div(x, y, reduction="batchmean"), tol=32, floor=4, reduction=3)
    case("kl_div", x, T("f64", (3, 4), values=[0, 0.5, 0.25, 0.25] * 3), ref=lambda x, y, reduction: F.kl_div(x, y, reduction="sum"), tol=32, floor=4, reduction=1, grad=[0])
    case("bce", L("f64", 0, 1, 0.5), L("f64", 1, 0, 1), None, ref=lambda x, y, w, reduction: F.binary_cross_entropy(x, y, reduction="none"), tol=32, floor=4, reduction=2, grad=False)
    case("gaussian_nll", x, T("f64", (3, 4), 13), T("f64", (3, 1), 33, 0.5, 2), ref=lambda x, y, v, reduction: F.gaussian_nll_loss(x, y, v), tol=32, floor=4, reduction=0)
    for name, (function, floor) in REDUCE.items():
        big = T("f32", (3, 1100), 3, 0.75, 1.25) if name == "prod" else T("f32", (3, 1100), 3)
        case(name, big, ref=reduced(function), tol=64, floor=(floor or 0) * 256 if name in ("sum", "nansum") else floor, axes=(1,))
    for shape in ((300,), (40, 7)):
        case("softmax", T("f32", shape, 3), ref=torch.softmax, tol=16, floor=0.125, axis=0) if len(shape) == 2 else None
    case("matmul", T("f32", (3, 600), 3, -1, 1), T("f32", (600, 2), 13, -1, 1), ref=torch.matmul, tol=16, floor=64)
    case("matmul", T("f64", (2, 300), 3, -1, 1), T("f64", (300, 17), 13, -1, 1), ref=torch.matmul, tol=16, floor=64, grad=False)


SECTIONS = (unary_cases, binary_cases, other_elementwise, dtype_cases, reduction_cases, contraction_cases, movement_cases, indexing_cases,
            convolution_cases, layer_cases, scan_cases, comparison_cases, product_cases, norm_cases, loss_cases,
            attention_cases, activation_cases, half_cases, gradient_point_cases,
            option_cases)


def main():
    for add_cases in SECTIONS:
        add_cases()
    text = "# Written by make_ops.py, which says what a line means.\n" + "\n".join(lines) + "\n"
    if "--check" in sys.argv:
        same = open(FILE).read() == text
        print("ops.txt is what this script writes" if same else "ops.txt differs from what this script writes")
        sys.exit(not same)
    with open(FILE, "w") as out:
        out.write(text)
    print(f"{sum(not l.startswith(('#', chr(10))) for l in lines)} cases, {len(text)} bytes")


main()
