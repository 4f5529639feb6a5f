from __future__ import annotations

import re

from earnest.engine.expression import Declarations, Type, compile_expression
from tools.rules_page import PAGE, introduction, page


def test_the_page_of_the_rule_language_is_the_catalogue_as_it_stands() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(introduction()), "run python -m tools.rules_page"


def test_every_condition_that_the_introduction_shows_compiles() -> None:
    declared = Declarations(customer={"birthday": Type.DATE})
    shown = re.findall(r"^\| [^|]+ \| `(current.+)` \|$", introduction(), re.MULTILINE)
    assert len(shown) == 6
    for text in shown:
        compile_expression(text, "TransactionAdd", None, declared)
