"""A push holds no slot that nobody filled and no markup that nobody rendered."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pushgen.guardrails.finding import Remedy, scan
from pushgen.records import Candidate, Content, Severity, Verdict

_LEFTOVER = re.compile(
    r"""
    (?P<slot>\{\{[^{}\n]{0,60}\}\}|\$?\{[^{}\n]{0,60}\}|\#\{[^{}\n]{0,60}\}|\{%[^%\n]{0,60}%\}|<%[^%\n]{0,60}%>
        |\[\[[^\[\]\n]{1,60}\]\]|\$\([\w.]{1,40}\)|%\([\w.]{1,40}\)[sdif]|%\d?\$?[sd@](?![A-Za-z])|%\.\d[fd](?![A-Za-z])
        |(?<![\w%])%%?[A-Z][A-Z0-9_]{2,}%%?|(?<!\w)__[A-Z][A-Z0-9_]+__(?!\w)|\*\|[A-Z0-9_:]{2,40}\|\*
        |[\[【〔(（<](?i:(?:insert|your|enter|add)?[ _]?
            (?:user|first|last|full|product|brand|app|company|city|item|title|content)?
            [ _]?(?:name|title|link|url|date|time|price|product|brand|city|emoji|placeholder|here))[\]】〕)）>]
        |[\[【〔(（<](?:用户名?|姓名|昵称|标题|链接|商品名?|品牌名?|城市|日期|时间|价格|占位符|请?填写|插入)[^\]】〕)）>\n]{0,6}[\]】〕)）>]
        |[Xx×]{3,}(?=先生|女士|用户|元|品牌|商品))
  | (?P<markup></?[A-Za-z][A-Za-z0-9]{0,12}(?:\s[^<>\n]{0,120})?/?>|<!--|&(?:[a-z]{2,8}|\#\d{2,6}|\#x[0-9a-f]{2,6});
        |\[[^\[\]\n]{1,80}\]\([^()\s]{1,200}\)|(?<!\*)\*\*[^*\n]{1,120}\*\*|(?<![\w`])`{1,3}[^`\n]{1,80}`{1,3}
        |(?m:^\#{1,6}\s))
  | (?P<escape>\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|\\[nrt](?![A-Za-z])|\\")
  | (?P<value>\[object\ Object\]|(?<![\w.])NaN(?!\w)
        |(?<=\b[Hh]i\s)(?:null|None|undefined)\b|(?<=\b[Hh]ello\s)(?:null|None|undefined)\b
        |(?<=\b[Hh]ey\s)(?:null|None|undefined)\b
        |(?<=\b[Dd]ear\s)(?:null|None|undefined)\b|(?<![\w.])(?:null|undefined)(?=[,!?，！？:：])
        |[\u4e00-\u9fff]\s?(?:null|None|undefined)(?![A-Za-z])
        |\A(?:null|None|undefined|N/A)\Z)
  | (?P<dummy>(?i:\blorem\ ipsum\b|\bTODO\b(?=[:\s])|\bTBD\b|\bFIXME\b)|(?:待补充|待填写|此处填))
    """,
    re.VERBOSE,
)
_WORDS = {
    "slot": "slot that nobody filled",
    "markup": "markup that nobody rendered",
    "escape": "escape sequence",
    "value": "missing value",
    "dummy": "dummy text",
}
_FILLABLE = re.compile(r"\{(\w{1,40})\|[^{}|\n]{1,60}\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftoversRule:
    r"""Blocks `{slot}`, `{{x}}`, `%s`, `[NAME]`, `<b>`, `&amp;`, `\\n`, `Hi null` and dummy text."""

    severity: Severity = Severity.BLOCK
    slots: tuple[str, ...] = ()
    """Slots that the delivery fills at the last moment; they pass where they bring a default: `{first_name|there}`."""
    remedy: Remedy | None = "drop"
    rule: str = "leftovers"

    def check(self, content: Content, candidates: Sequence[Candidate]) -> list[Verdict]:
        del content
        return scan(self, candidates, self._look)

    def _look(self, text: str) -> Iterator[tuple[int, int, str]]:
        for match in _LEFTOVER.finditer(text):
            fillable = _FILLABLE.fullmatch(match.group())
            if fillable is None or fillable.group(1) not in self.slots:
                yield match.start(), match.end(), f"{_WORDS[match.lastgroup or '']}: {match.group()!r}"
