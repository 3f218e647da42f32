"""Vectors of 64 values in LLVM code: spins, fields, random numbers and decisions of 64 reads or 64 sites."""

from llvmlite import ir
from numba.core import cgutils

from neurosim.core.vector import INT64, Vectors
from neurosim.ising.rules import C1, C2, C3, C4, C5, LN2, METROPOLIS, MOST, L

WIDTH = 64
INT8, INT32 = ir.IntType(8), ir.IntType(32)
FLOAT, BITS64 = ir.FloatType(), ir.IntType(WIDTH)


def vector(kind):
    """Return the type of 64 values."""
    return ir.VectorType(kind, WIDTH)


class Emit:
    """The building blocks: one value for each of 64 reads or sites."""

    def __init__(self, builder):
        self.builder = builder

    def splat(self, value):
        """Return 64 times the same scalar."""
        return Vectors(self.builder, value.type, WIDTH, 1).splat(value)

    def real(self, value):
        """Return 64 times the same float32 constant."""
        return self.splat(ir.Constant(FLOAT, float(value)))

    def integer(self, value):
        """Return 64 times the same int32 constant."""
        return self.splat(ir.Constant(INT32, value))

    def load(self, array, row, kind):
        """Load a row of 64 elements."""
        return Vectors(self.builder, kind, WIDTH, kind.width // 8 if kind is not FLOAT else 4).load(
            self.place(array, row)
        )

    def store(self, value, array, row):
        """Store a row of 64 elements."""
        Vectors(self.builder, value.type.element, WIDTH, 1).store(value, self.place(array, row))

    def place(self, array, row):
        """Return the address of a row of 64 elements."""
        return self.builder.gep(array.data, [self.builder.mul(row, INT64(WIDTH))], inbounds=True)

    def call(self, name, *values):
        """Call an LLVM function on whole vectors."""
        kind = values[0].type
        suffix = "f32" if kind.element is FLOAT else f"i{kind.element.width}"
        signature = ir.FunctionType(kind, [value.type for value in values])
        function = cgutils.get_or_insert_function(self.builder.module, signature, f"{name}.v{WIDTH}{suffix}")
        return self.builder.call(function, values)

    def scalar(self, array, index):
        """Load one element."""
        return self.builder.load(self.builder.gep(array.data, [index], inbounds=True))

    def times_spin(self, field, spin):
        """Return s f."""
        builder, kind = self.builder, field.type.element
        if kind is FLOAT:
            minus = builder.icmp_signed("<", spin, ir.Constant(spin.type, None))
            return builder.select(minus, builder.fneg(field), field)
        sign = builder.ashr(spin, ir.Constant(spin.type, [7] * WIDTH))
        if kind.width > 8:
            sign = builder.sext(sign, field.type)
        return builder.sub(builder.xor(field, sign), sign)

    def draw(self, generators, row):
        """Return 64 uniform numbers in (0, 1): `rules.xoshiro` and `rules.unit_interval`."""
        builder = self.builder
        rows = [builder.add(builder.mul(row, INT64(4)), INT64(i)) for i in range(4)]
        a, b, c, d = (self.load(generators, r, INT32) for r in rows)
        word = builder.add(a, d)
        shifted = builder.shl(b, self.integer(9))
        c, d = builder.xor(c, a), builder.xor(d, b)
        b, a = builder.xor(b, c), builder.xor(a, d)
        c = builder.xor(c, shifted)
        d = builder.or_(builder.shl(d, self.integer(11)), builder.lshr(d, self.integer(21)))
        for value, r in zip((a, b, c, d), rows, strict=True):
            self.store(value, generators, r)
        upper = builder.uitofp(builder.lshr(word, self.integer(9)), vector(FLOAT))
        return builder.fmul(builder.fadd(upper, self.real(0.5)), self.real(2.0**-23))

    def least(self, a, b):
        """Return the lesser of two numbers."""
        return self.builder.select(self.builder.fcmp_ordered("<", a, b), a, b)

    def power_of_two(self, y):
        """Return 2^y: `rules.power_of_two`."""
        builder = self.builder
        whole = self.call("llvm.floor", y)
        f = builder.fsub(y, whole)
        series = builder.fmul(self.real(C5), f)
        for coefficient in (C4, C3, C2, C1):
            series = builder.fmul(builder.fadd(series, self.real(coefficient)), f)
        exponent = builder.add(builder.fptosi(whole, vector(INT32)), self.integer(127))
        power = builder.bitcast(builder.shl(exponent, self.integer(23)), vector(FLOAT))
        return builder.fmul(builder.fadd(series, self.real(1.0)), power)

    def accepts(self, rule, u, y):
        """Return which flips are accepted: `rules.accepts`."""
        builder = self.builder
        floor = self.real(-MOST)
        y = builder.select(builder.fcmp_ordered(">", y, floor), y, floor)
        decided = cgutils.alloca_once(builder, BITS64)
        metropolis = builder.icmp_signed("==", rule, INT64(METROPOLIS))
        with builder.if_else(metropolis) as (then, otherwise):
            with then:
                e = self.power_of_two(self.least(y, self.real(0.0)))
                builder.store(builder.bitcast(builder.fcmp_ordered("<", u, e), BITS64), decided)
            with otherwise:
                e = self.power_of_two(self.least(y, self.real(MOST)))
                product = builder.fmul(u, builder.fadd(e, self.real(1.0)))
                builder.store(builder.bitcast(builder.fcmp_ordered("<", product, e), BITS64), decided)
        return builder.bitcast(builder.load(decided), vector(ir.IntType(1)))

    def minus_log(self, u):
        """Return -ln u: `rules.minus_log`."""
        builder = self.builder
        bits = builder.bitcast(u, vector(INT32))
        exponent = builder.sub(builder.lshr(bits, self.integer(23)), self.integer(127))
        mantissa = builder.or_(builder.and_(bits, self.integer(0x7FFFFF)), self.integer(127 << 23))
        f = builder.fsub(builder.bitcast(mantissa, vector(FLOAT)), self.real(1.0))
        series = self.real(L[7])
        for k in range(6, -1, -1):
            series = builder.fadd(builder.fmul(series, f), self.real(L[k]))
        log = builder.fadd(builder.sitofp(exponent, vector(FLOAT)), builder.fmul(series, f))
        return builder.fmul(builder.fneg(log), self.real(LN2))

    def allowance(self, rule, u):
        """Return what dE / T has to be below: `rules.allowance`."""
        builder = self.builder
        own = self.minus_log(u)
        found = cgutils.alloca_once_value(builder, own)
        with builder.if_then(builder.icmp_signed("!=", rule, INT64(METROPOLIS))):
            other = self.minus_log(builder.fsub(self.real(1.0), u))
            builder.store(builder.fsub(own, other), found)
        return builder.load(found)
