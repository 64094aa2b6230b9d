#!/usr/bin/env python3
"""Writes vectors.txt beside this file: decimal arithmetic as Python's decimal module does it.

A line is `operation a b result`; a result of `-` means there is none (overflow, division by 0).
Results are compared with their exponents; negative zero is written as zero, which is what we have.
"""
import decimal, pathlib, random
from decimal import Decimal

context = decimal.Context(prec=34, rounding=decimal.ROUND_HALF_EVEN, Emin=-999, Emax=999, traps=[
    decimal.Overflow, decimal.DivisionByZero, decimal.InvalidOperation])
exact = decimal.Context(prec=9000, rounding=decimal.ROUND_HALF_EVEN, Emin=-99999, Emax=99999, traps=[])
random.seed(34)

def number():
    digits = random.choice([1, 1, 2, 3, 5, 9, 16, 18, 19, 20, 33, 34, 34])
    text = "".join(random.choice("0123456789") for _ in range(digits))
    shape = random.random()
    if shape < 0.1:
        text = "9" * digits
    elif shape < 0.2:
        text = "5" + "0" * (digits - 1)
    elif shape < 0.25:
        text = "0"
    near = random.random()
    exponent = random.randint(-5, 5) if near < 0.5 else random.randint(-40, 40) if near < 0.8 else random.randint(-1032, 999)
    value = Decimal(("-" if random.random() < 0.4 else "") + text + "E" + str(exponent))
    try:
        return context.plus(value)
    except decimal.Overflow:
        return number()

def show(value):
    if value is None:
        return "-"
    return str(abs(value) if value.is_zero() else value)

def attempt(operation):
    try:
        return operation()
    except (decimal.Overflow, decimal.DivisionByZero, decimal.InvalidOperation):
        return None

def remainder(a, b):
    if b.is_zero():
        return None
    # Python refuses where the quotient has more than 34 digits; the exact remainder always exists.
    return context.plus(exact.remainder(a, b))

lines = []
for _ in range(2200):
    a, b = number(), number()
    if random.random() < 0.1:
        b = context.plus(Decimal(a) * 10 if abs(a.adjusted()) < 900 else a)
    for name, operation in [("+", context.add), ("-", context.subtract), ("*", context.multiply), ("/", context.divide)]:
        lines.append(f"{name} {show(a)} {show(b)} {show(attempt(lambda: operation(a, b)))}")
    if abs(a.adjusted() - b.adjusted()) < 2100:
        lines.append(f"% {show(a)} {show(b)} {show(attempt(lambda: remainder(a, b)))}")
    lines.append(f"? {show(a)} {show(b)} {int(a.compare(b))}")
for _ in range(1200):
    whole = "".join(random.choice("0123456789") for _ in range(random.choice([1, 3, 20, 34, 40, 80])))
    part = "".join(random.choice("0123456789") for _ in range(random.choice([1, 3, 20, 34, 40, 80])))
    if random.random() < 0.3:
        whole = "1" + "0" * 33 + random.choice(["5", "50", "500001", "4999", "6"])
    text = random.choice(["", "-"]) + whole + random.choice(["", "." + part])
    if random.random() < 0.6:
        text += random.choice("eE") + random.choice(["", "-", "+"]) + str(random.choice([0, 1, 7, 50, 900, 990, 999, 1000, 1030, 1033, 1100]))
    lines.append(f"= {text} 0 {show(attempt(lambda: context.create_decimal(text)))}")
out = pathlib.Path(__file__).with_name("vectors.txt")
out.write_text("\n".join(lines) + "\n")
print(len(lines), "lines,", out.stat().st_size, "bytes")
