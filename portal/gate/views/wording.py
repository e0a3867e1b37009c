"""How the gate's pages write figures."""

from fractions import Fraction


def show_percent(chance: Fraction) -> str:
    """A chance in percent, with two digits that mean something: '1.1 %', '0.01 %'."""
    return f"{float(f'{float(chance * 100):.2g}'):f}".rstrip("0").rstrip(".") + " %"
