// Functions of floating-point numbers on one number or sixteen, by polynomials of our own: the same
// accuracy on every device, and vector code where the device's library has none.

#define CHOOSE(condition, yes, no) select((F)(no), (F)(yes), (I)(condition))

// e^x = 2^n · e^r with n = round(x / ln 2), |r| ≤ ln(2)/2 (Cody and Waite, Software Manual for the Elementary
// Functions, 1980): ln 2 is split so that n times its first part is exact. e^r = 1 + r + r²·q(r). ≤ 2 ulp.
static F exponential(F x) {
    I vanishes = x < (F)(-104.0f);
    F held = CHOOSE(vanishes, 0.0f, CHOOSE(x > (F)(89.0f), 89.0f, x));
    F shifted = fma(held, (F)(1.44269504f), (F)(12582912.0f));
    F n = shifted - (F)(12582912.0f);
    F r = fma(n, (F)(-0.693359375f), held);
    r = fma(n, (F)(2.12194440e-4f), r);
    F q = fma((F)(0.001381431589834392f), r, (F)(0.008368851616978645f));
    q = fma(q, r, (F)(0.041668400168418884f));
    q = fma(q, r, (F)(0.1666651964187622f));
    q = fma(q, r, (F)(0.4999999403953552f));
    F p = fma(q, r * r, r) + (F)(1.0f);
    // 2^n in two factors, so that a denormal result is rounded once and n = 128 does not overflow early.
    I exponent = AS_I(shifted) - (I)(0x4b400000);
    I first = exponent >> 1;
    F low = AS_F((first + 127) << 23), high = AS_F((exponent - first + 127) << 23);
    return CHOOSE(vanishes, 0.0f, p * low * high);
}

// x·p(x²) below 0.9; beyond, ±(1 − e^(−s)) where s = −log(erfc) is a polynomial up to 3.95. ≤ 3 ulp.
static F error_function(F x) {
    F magnitude = fabs(x), square = x * x;
    F p = fma((F)(-0.0006111288676038384f), square, (F)(0.0050162277184426785f));
    p = fma(p, square, (F)(-0.026781955733895302f));
    p = fma(p, square, (F)(0.11282230168581009f));
    p = fma(p, square, (F)(-0.3761253356933594f));
    p = fma(p, square, (F)(1.1283791065216064f));
    F t = CHOOSE(magnitude > (F)(3.95f), 3.95f, magnitude);
    F s = fma((F)(-0.0001982219546334818f), t, (F)(0.003065511118620634f));
    s = fma(s, t, (F)(-0.022315289825201035f));
    s = fma(s, t, (F)(0.10411382466554642f));
    s = fma(s, t, (F)(0.6369759440422058f));
    s = fma(s, t, (F)(1.1277973651885986f));
    s = fma(s, t, (F)(0.0001664287265157327f));
    F large = copysign((F)(1.0f) - exponential(-s), x);
    return CHOOSE(magnitude < (F)(0.9f), x * p, large);
}

// x + x³·p(x²) below 0.625; beyond, ±(1 − 2 / (e^(2|x|) + 1)), where nothing cancels. ≤ 3 ulp.
static F hyperbolic_tangent(F x) {
    F magnitude = fabs(x), square = x * x;
    F p = fma((F)(-0.005717025604099035f), square, (F)(0.02065056934952736f));
    p = fma(p, square, (F)(-0.05374349281191826f));
    p = fma(p, square, (F)(0.13331490755081177f));
    p = fma(p, square, (F)(-0.3333328366279602f));
    F small = fma(p, square * x, x);
    F large = copysign((F)(1.0f) - (F)(2.0f) / (exponential(magnitude + magnitude) + (F)(1.0f)), x);
    return CHOOSE(x == (F)(0.0f), x, CHOOSE(magnitude < (F)(0.625f), small, large));
}

// 1 / (1 + e⁻ˣ), as e^x / (1 + e^x) for negative x: nothing overflows, small results keep their accuracy.
static F logistic(F x) {
    F e = exponential(-fabs(x));
    return CHOOSE(x < (F)(0.0f), e, 1.0f) / (e + (F)(1.0f));
}

// Small and large arguments apart: SLEEF, which PoCL takes for vectors, reduces all numbers of a vector as its largest
// needs, and small ones lose all their digits in that.
#if WIDTH == 1
#define APART(function, x) function(x)
#else
#define APART(function, x) \
    CHOOSE(fabs(x) <= (F)(100.0f), function(CHOOSE(fabs(x) <= (F)(100.0f), x, 0.0f)), \
           function(CHOOSE(fabs(x) <= (F)(100.0f), 1000.0f, x)))
#endif

// MARK: Operations on floating-point numbers

#define op_copy(a) (a)
#define op_add(a, b) ((a) + (b))
#define op_subtract(a, b) ((a) - (b))
#define op_multiply(a, b) ((a) * (b))
#define op_divide(a, b) ((a) / (b))
#define op_power(a, b) pow(a, b)
// NaN if either is NaN.
#define op_minimum(a, b) CHOOSE(isnan(a), a, CHOOSE(isnan(b), b, CHOOSE((b) < (a), b, a)))
#define op_maximum(a, b) CHOOSE(isnan(a), a, CHOOSE(isnan(b), b, CHOOSE((a) < (b), b, a)))
#define op_negate(a) (-(a))
#define op_abs(a) fabs(a)
#define op_sign(a) CHOOSE((a) > (F)(0.0f), 1.0f, CHOOSE((a) < (F)(0.0f), -1.0f, a))
#define op_floor(a) floor(a)
#define op_exp(a) exponential(a)
#define op_log(a) log(a)
#define op_sqrt(a) sqrt(a)
#define op_reciprocal_sqrt(a) ((F)(1.0f) / sqrt(a))
#define op_reciprocal(a) ((F)(1.0f) / (a))
#define op_tanh(a) hyperbolic_tangent(a)
#define op_erf(a) error_function(a)
#define op_sin(a) APART(sin, a)
#define op_cos(a) APART(cos, a)
#define op_relu(a) CHOOSE((a) <= (F)(0.0f), 0.0f, a)
#define op_sigmoid(a) logistic(a)
#define op_silu(a) ((a) * logistic(a))
#define op_gelu(a) (((a) * (F)(0.5f)) * (error_function((a) * (F)(0.7071067811865475f)) + (F)(1.0f)))
// The approximation of Hendrycks and Gimpel (Gaussian Error Linear Units, 2016).
#define op_gelu_tanh(a) \
    (((a) * (F)(0.5f)) \
     * (hyperbolic_tangent(fma((a) * (a) * (a), (F)(0.044715f), (a)) * (F)(0.7978845608028654f)) + (F)(1.0f)))

// MARK: Comparisons and choices, on one number of any kind

#define op_equal(a, b) ((a) == (b))
#define op_less(a, b) ((a) < (b))
#define op_less_equal(a, b) ((a) <= (b))
#define op_greater(a, b) ((a) > (b))
#define op_greater_equal(a, b) ((a) >= (b))
#define op_and(a, b) ((a) && (b))
#define op_or(a, b) ((a) || (b))
#define op_not(a) (!(a))
#define op_where(condition, a, b) ((condition) ? (a) : (b))

// MARK: Operations on integers, which wrap. The host defines WHOLE and its unsigned twin.

#define op_int_add(a, b) ((WHOLE)((UNSIGNED)(a) + (UNSIGNED)(b)))
#define op_int_subtract(a, b) ((WHOLE)((UNSIGNED)(a) - (UNSIGNED)(b)))
#define op_int_multiply(a, b) ((WHOLE)((UNSIGNED)(a) * (UNSIGNED)(b)))
// x / 0 is 0, and the lowest value over −1 is itself: no quotient stops a device.
#define op_int_divide(a, b) ((b) == 0 ? (WHOLE)0 : (b) == -1 ? op_int_negate(a) : (WHOLE)((a) / (b)))
#define op_int_minimum(a, b) ((b) < (a) ? (b) : (a))
#define op_int_maximum(a, b) ((a) < (b) ? (b) : (a))
#define op_int_negate(a) ((WHOLE)(0 - (UNSIGNED)(a)))
#define op_int_abs(a) ((a) < 0 ? op_int_negate(a) : (a))
#define op_int_sign(a) ((WHOLE)(((a) > 0) - ((a) < 0)))

// MARK: Casts, to the nearest number

#define cast_to_float(a) convert_float(a)
// A float that rounds to 16 bits as the integer itself does: what it can't hold is rounded to odd, which decides no
// tie.
static float cast_to_odd(long a) {
    const ulong magnitude = a < 0 ? 0ul - (ulong)a : (ulong)a;
    const int dropped = max(0, 40 - (int)clz(magnitude));
    ulong kept = magnitude >> dropped;
    if (kept << dropped != magnitude) kept |= 1;
    const float number = (float)(uint)kept * as_float((uint)(127 + dropped) << 23);
    return a < 0 ? -number : number;
}
#define cast_float_to_i32(a) (isnan(a) ? 0 : convert_int_sat_rtz(a))
#define cast_float_to_i64(a) (isnan(a) ? 0L : convert_long_sat_rtz(a))
#define cast_to_i32(a) convert_int_sat(a)
#define cast_to_i64(a) ((long)(a))
#define cast_to_bool(a) ((a) != 0)
