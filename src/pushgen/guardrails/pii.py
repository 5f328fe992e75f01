"""A push gives away nobody's phone, address, card or identity number."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pushgen.guardrails.finding import Remedy, scan
from pushgen.records import Candidate, Content, Severity, Verdict

_DIGITS = str.maketrans("０１２３４５６７８９－", "0123456789-")
_PII = re.compile(
    r"""
    (?P<email>[A-Za-z0-9][\w.+%-]{0,63}@[A-Za-z0-9][A-Za-z0-9-]{0,62}(?:\.[A-Za-z0-9-]{1,62})*\.[A-Za-z]{2,18})
  | (?P<resident>(?<!\d)[1-9]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?![\dA-Za-z]))
  | (?P<card>(?<![\d.,-])\d(?:[ -]?\d){12,18}(?![\d.,]*\d))
  | (?P<ssn>(?<![\d-])(?!000|666|9)\d{3}[- ](?!00)\d{2}[- ](?!0000)\d{4}(?![\d-]))
  | (?P<phone>(?<![\w+])\+\d{1,3}[\s.-]?(?:\(\d{1,4}\)[\s.-]?)?\d{2,5}(?:[\s.-]?\d{2,5}){1,3}(?!\d)
        |(?<![\d.-])(?:1[\s.-]?)?(?:\([2-9]\d{2}\)[\s.-]?|[2-9]\d{2}[\s.-])\d{3}[\s.-]\d{4}(?![\d-])
        |(?<!\d)(?:86[\s-]?)?1[3-9]\d[\s-]?\d{4}[\s-]?\d{4}(?!\d)
        |(?<![\d-])(?:0\d{2,3}[\s-]?[2-9]\d{6,7}|\(0\d{2,3}\)\s?[2-9]\d{6,7}|[48]00[\s-]?\d{3}[\s-]?\d{4})(?!\d))
  | (?P<account>(?:微信号?|VX|vx|V信|v信|威信|薇信|加[Vv]|[Qq]{2}群?号?|WhatsApp|whatsapp|Telegram|telegram)
        \s?(?:[:：是号]|me\sat)?\s?
        \+?(?=[A-Za-z0-9_-]*\d)[A-Za-z0-9_-]{5,20})
    """,
    re.VERBOSE,
)
_WORDS = {
    "email": "e-mail address",
    "resident": "Chinese resident identity number",
    "card": "payment card number",
    "ssn": "US social security number",
    "phone": "phone number",
    "account": "contact account",
}
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class PiiRule:
    """Blocks e-mail addresses, phone numbers (international, North American, Chinese), payment cards (Luhn, ISO/IEC
    7812), US social security numbers, Chinese resident identity numbers (check digit of GB 11643) and chat accounts.

    That the caption holds it too is no excuse.
    """

    severity: Severity = Severity.BLOCK
    allowed: tuple[str, ...] = ()
    """Addresses and numbers that may be sent, as they stand in a text: the company's own hotline."""
    remedy: Remedy | None = "drop"
    rule: str = "pii"

    def check(self, content: Content, candidates: Sequence[Candidate]) -> list[Verdict]:
        del content
        return scan(self, candidates, self._look)

    def _look(self, text: str) -> Iterator[tuple[int, int, str]]:
        plain = text.translate(_DIGITS)
        place = 0
        while match := _PII.search(plain, place):
            kind = match.lastgroup or ""
            if (kind == "card" and not is_card(match.group())) or (
                kind == "resident" and not is_resident(match.group())
            ):
                # What is no card may still hold a phone number.
                place = match.start() + 1
                continue
            place = match.end()
            if match.group() not in self.allowed:
                yield match.start(), match.end(), _WORDS[kind]


def is_card(number: str) -> bool:
    """Whether 13 to 19 digits pass the Luhn check and begin as cards do."""
    digits = [int(sign) for sign in number if sign.isdigit()]
    if digits[0] not in (2, 3, 4, 5, 6) or len(set(digits)) < 2:
        return False
    doubled = [2 * digit - 9 * (digit > 4) if place % 2 else digit for place, digit in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0


def is_resident(number: str) -> bool:
    """Whether the last sign of 18 is the check digit of the first 17 (ISO 7064, MOD 11-2)."""
    total = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
    return "10X98765432"[total % 11] == number[-1].upper()
