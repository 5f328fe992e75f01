"""Chinese numerals and their values."""

from decimal import Decimal

HAN_SCALES = {"十": 10, "百": 100, "千": 10**3, "万": 10**4, "亿": 10**8}
HAN_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}


def han_value(body: str) -> Decimal:
    """Value of a numeral such as 两万五千, 一百二十三 or 十点五."""
    whole, _, fraction = body.partition("点")
    total = section = current = 0
    for sign in whole:
        if sign in HAN_DIGITS:
            current = HAN_DIGITS[sign]
        elif HAN_SCALES[sign] < 10**4:
            section += (current or 1) * HAN_SCALES[sign]
            current = 0
        else:
            total = (total + section + current or 1) * HAN_SCALES[sign]
            section = current = 0
    value = Decimal(total + section + current)
    if fraction:
        value += Decimal("0." + "".join(str(HAN_DIGITS.get(sign, 0)) for sign in fraction))
    return value
