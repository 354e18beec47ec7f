"""A font of three by five pixels: letters in upper case, digits and signs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

WIDTH, HEIGHT = 4, 6
"""Pixels of a character with the gaps beside and below it."""

_TABLE = r"""
A25755 B65656 C34443 D65556 E74647 F74644 G34553 H55755 I72227 J11152 K55655 L44447 M57755
N65555 O75557 P65644 Q25563 R65655 S34216 T72222 U55557 V55552 W55775 X55255 Y55222 Z71247
025552 126227 261247 361216 455711 574616 634757 771222 875757 975716
.00002 ,00024 :02020 ;02024 !22202 ?61202 -00700 _00007 +02720 *05250 =07070 /11244 \44211 |22222
(12221 )42224 [32223 ]62226 <12421 >42124 {32623 }62326 '22000 "55000 `42000 ^25000 ~01740
@75547 #57575 $36236 %51245 &25253
"""

GLYPHS: Mapping[str, str] = {" ": "00000", **{word[0]: word[1:] for word in _TABLE.split()}}
"""Five rows of a character, the topmost first: each is an octal digit, with a bit for a pixel."""


def rows_of(text: str) -> Sequence[Sequence[bool]]:
    """The pixels of a line of text, row by row; true where it is lit."""
    glyphs = [GLYPHS.get(letter.upper(), GLYPHS["?"]) for letter in text]
    rows = [[_bits(glyph[row]) for glyph in glyphs] for row in range(HEIGHT - 1)]
    lit = [[bit for bits in row for bit in bits] for row in rows]
    return [*lit, [False] * (WIDTH * len(text))]


def _bits(digit: str) -> Sequence[bool]:
    number = int(digit)
    return [bool(number & 4), bool(number & 2), bool(number & 1), False]
