"""The grammar of rules.md 5.1 and 5.2, for lark (LALR: one pass, no recursion, however hostile the text).

Strings open and close with any of the three quotes, because stored rules mix them. `true` and `false` are names here and
become literals where a value stands alone. A single `=` compares.
"""

from __future__ import annotations

GRAMMAR = r"""
?start: or_
?or_: and_ (OR and_)*                               -> chain
?and_: equality (AND equality)*                     -> chain
?equality: relation (EQUALITY relation)*            -> chain
?relation: sum (RELATION sum)*                      -> chain
?sum: product ((PLUS | MINUS) product)*             -> chain
?product: unary ((STAR | SLASH | PERCENT) unary)*   -> chain
?unary: (BANG | MINUS) unary                        -> unary
      | postfix
?postfix: primary step*                             -> access
step: "." NAME                                      -> bare_step
    | "." NAME "(" ")"                              -> empty_step
    | "." NAME "(" or_ ("," or_)* ")"               -> called_step
?primary: NUMBER                                    -> number
        | STRING                                    -> string
        | NAME                                      -> name
        | "(" or_ ")"                               -> group

OR: "||"
AND: "&&"
EQUALITY: "==" | "!=" | "="
RELATION: "<=" | ">=" | "<" | ">"
PLUS: "+"
MINUS: "-"
STAR: "*"
SLASH: "/"
PERCENT: "%"
BANG: "!"
NAME: /[^\W\d]\w*/
NUMBER: /[0-9]+(\.[0-9]+)?/
STRING: /["“”]([^"“”\\]|\\[\s\S])*["“”]/
WHITE: /\s+/
%ignore WHITE
"""
