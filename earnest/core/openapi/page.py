"""The API as pages for people: made from the OpenAPI document alone, without scripts and without another host.

One page names the groups, one page a group shows its calls; everything that is folded opens without a script.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from functools import cached_property
from html import escape
from typing import Any
from urllib.parse import quote, urlencode

from earnest.core.openapi.operations import XML
from earnest.core.openapi.schemas import Schema

# Deeper than any documented body; a type may contain itself.
DEPTH_MAX = 8
METHODS = ("get", "post", "put", "patch", "delete")

_STYLE = """\
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --accent: #2563eb; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 76rem; margin: 0 auto; padding: 1.5rem; }
a { color: var(--accent); text-decoration: none; } a:hover { text-decoration: underline; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; } h3 { font-size: 1rem; margin: 1.2rem 0 .3rem; }
nav { display: flex; flex-wrap: wrap; gap: .3rem .8rem; border-bottom: 1px solid var(--line); padding-bottom: .8rem; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; vertical-align: top; padding: .25rem .6rem .25rem 0;
  border-bottom: 1px solid var(--line); } th { font-weight: 600; }
code, pre { font: 13px/1.45 ui-monospace, monospace; } pre { background: var(--soft); padding: .7rem; overflow-x: auto; }
details { border: 1px solid var(--line); border-radius: 6px; margin: .5rem 0; padding: 0 .9rem; } summary { padding: .55rem 0;
  cursor: pointer; } details[open] > summary { border-bottom: 1px solid var(--line); }
.method { display: inline-block; min-width: 4.2rem; font-weight: 700; } .soft { opacity: .7; } .needed { color: #c2410c; }
"""
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
CONTENT_SECURITY_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_CODE = re.compile(r"`([^`]+)`")


class Pages:
    """The pages of one document. `groups` are the names that `group` knows."""

    def __init__(self, document: Schema) -> None:
        self._document = document
        self._operations: dict[str, list[tuple[str, str, Schema]]] = {tag["name"]: [] for tag in document["tags"]}
        for path, item in sorted(document["paths"].items()):
            for method in METHODS:
                if method in item:
                    self._operations[item[method]["tags"][0]].append((method, path, item[method]))
        self.groups = tuple(self._operations)
        self._shown: dict[str, str] = {}

    @cached_property
    def index(self) -> str:
        """All groups with their calls, and how to authenticate."""
        document = self._document
        parts = [_paragraphs(document["info"]["description"]), "<h2>Credentials</h2><table>"]
        for name, scheme in document["components"]["securitySchemes"].items():
            parts.append(f"<tr><td><code>{escape(name)}</code><td>{_inline(scheme['description'])}")
        parts.append("</table>")
        for tag in document["tags"]:
            name = tag["name"]
            parts.append(f'<h2><a href="/docs/{quote(name)}">{escape(name)}</a></h2>')
            if "description" in tag:
                parts.append(f"<p>{_inline(tag['description'])}</p>")
            parts.append("<table>")
            for method, path, operation in self._operations[name]:
                link = f"/docs/{quote(name)}#{escape(operation['operationId'])}"
                parts.append(
                    f'<tr><td><span class="method">{method.upper()}</span><td><a href="{link}"><code>{escape(path)}</code>'
                    f"</a><td>{_inline(operation['summary'])}"
                )
            parts.append("</table>")
        return self._page("Earnest API", "".join(parts))

    def group(self, name: str) -> str:
        """The calls of one group. KeyError when there is no such group."""
        if name not in self._shown:
            shown = [self._operation(method, path, operation) for method, path, operation in self._operations[name]]
            self._shown[name] = self._page(f"{name} · Earnest API", f"<h1>{escape(name)}</h1>{''.join(shown)}")
        return self._shown[name]

    def _page(self, title: str, body: str) -> str:
        links = "".join(f'<a href="/docs/{quote(name)}">{escape(name)}</a>' for name in self.groups)
        version = escape(self._document["info"]["version"])
        return (
            '<!doctype html><html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>"
            f'<nav><a href="/docs"><b>Earnest {version}</b></a>{links}<a href="/openapi.json">openapi.json</a></nav>'
            f"{body}</body></html>"
        )

    def _operation(self, method: str, path: str, operation: Schema) -> str:
        identity = escape(operation["operationId"])
        parts = [
            f'<details id="{identity}" open><summary><span class="method">{method.upper()}</span> <code>{escape(path)}</code> '
            f"{_inline(operation['summary'])}</summary>"
        ]
        if "description" in operation:
            parts.append(_paragraphs(operation["description"]))
        notes = [f"operationId <code>{identity}</code>"]
        if "x-spelling-of" in operation:
            notes.append(f"another spelling of <code>{escape(operation['x-spelling-of'])}</code>")
        credentials = [escape(next(iter(alternative), "none")) for alternative in operation["security"]]
        notes.append(f"credentials: {' or '.join(credentials) or 'none'}")
        if access := operation.get("x-access"):
            notes.append(
                f"access: {escape(access['level'])} of {escape(access['resource'])} ({escape(access['kind'])})"
            )
        parts.append(f'<p class="soft">{"; ".join(notes)}</p>')
        parts.append(self._parameters(operation["parameters"]))
        if "requestBody" in operation:
            parts.append(self._body(operation["requestBody"]["content"]))
        parts.append(f"<h3>Try</h3><pre>{escape(self._curl(method, path, operation))}</pre>")
        parts.append(self._responses(operation))
        return "".join(parts) + "</details>"

    def _parameters(self, parameters: list[Schema]) -> str:
        rows = []
        for given in parameters:
            parameter = self._resolved(given)
            rows.append(
                f"<tr><td><code>{escape(parameter['name'])}</code>{_mark(bool(parameter.get('required')))}"
                f"<td>{escape(parameter['in'])}<td>{escape(self._type(parameter['schema']))}"
                f"<td>{_inline(parameter.get('description', ''))}"
            )
        if not rows:
            return ""
        return f"<h3>Parameters</h3><table><tr><th>Name<th>In<th>Type<th>Meaning{''.join(rows)}</table>"

    def _body(self, content: Schema) -> str:
        parts = [f"<h3>Body</h3><p>{', '.join(f'<code>{escape(media_type)}</code>' for media_type in content)}</p>"]
        for media_type, described in content.items():
            for name, value in _examples(described):
                text = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
                title = f"Example {name}".strip()
                parts.append(f"<p>{escape(title)}, <code>{escape(media_type)}</code></p><pre>{escape(text)}</pre>")
        if fields := self._fields(next(iter(content.values()))["schema"]):
            parts.append(f"<details><summary>Fields of the body</summary>{fields}</details>")
        return "".join(parts)

    def _responses(self, operation: Schema) -> str:
        parts = ["<h3>Answers</h3><table>"]
        for status, given in operation["responses"].items():
            parts.append(f"<tr><td>{escape(status)}<td>{_inline(self._resolved(given)['description'])}")
        parts.append("</table>")
        for status, given in operation["responses"].items():
            if "$ref" not in given and "content" in given:
                fields = self._fields(next(iter(given["content"].values()))["schema"])
                parts.append(f"<details><summary>Fields of the answer {escape(status)}</summary>{fields}</details>")
        if codes := self._resolved(operation.get("x-codes", {})):
            rows = "".join(f"<tr><td>{escape(code)}<td>{escape(text)}" for code, text in codes.items())
            parts.append(f"<details><summary>Codes</summary><table>{rows}</table></details>")
        return "".join(parts)

    def _curl(self, method: str, path: str, operation: Schema) -> str:
        query: dict[str, Any] = {}
        headers: list[str] = []
        for given in operation["parameters"]:
            parameter = self._resolved(given)
            example = parameter.get("example")
            if parameter["in"] == "path":
                path = path.replace("{" + parameter["name"] + "}", quote(str(example or parameter["name"]), safe=""))
            elif parameter["in"] == "query" and example is not None:
                query[parameter["name"]] = str(example).lower() if isinstance(example, bool) else example
            elif example is not None:
                headers.append("-H " + _quoted(f"{parameter['name']}: {example}"))
        first: Schema = next(iter(operation["security"]), {})
        credentials = {
            "till": ["-u TILL:MD5_OF_PASSWORD"],
            "administrator": ["-H 'Authorization: Bearer KEY'"],
        }.get(next(iter(first), ""), [])
        url = "http://127.0.0.1:8000" + path + (f"?{urlencode(query, doseq=True)}" if query else "")
        parts = [f"curl -X {method.upper()} {_quoted(url)}", *credentials, *headers]
        content = operation.get("requestBody", {}).get("content", {})
        for media_type, described in content.items():
            if media_type == XML:
                continue
            value: Any = next((value for _, value in _examples(described)), {})
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            parts += [f"-H 'Content-Type: {media_type}'", f"-d {_quoted(text)}"]
        return " \\\n  ".join(parts)

    def _fields(self, schema: Schema) -> str:
        rows = [
            f"<tr><td><code>{escape(name)}</code>{_mark(required)}<td>{escape(kind)}<td>{_inline(text)}"
            for name, required, kind, text in self._walk(schema, "", 0)
        ]
        return f"<table><tr><th>Field<th>Type<th>Meaning{''.join(rows)}</table>" if rows else ""

    def _walk(self, schema: Schema, prefix: str, depth: int) -> Iterator[tuple[str, bool, str, str]]:
        """Each field below a schema: its dotted name, whether it is required, its type, what it means."""
        if depth == DEPTH_MAX:
            return
        schema = self._resolved(schema)
        for alternative in (*schema.get("anyOf", ()), *schema.get("allOf", ())):
            yield from self._walk(alternative, prefix, depth)
        if "items" in schema:
            yield from self._walk(schema["items"], f"{prefix}[]", depth)
        required = schema.get("required", ())
        for name, field in schema.get("properties", {}).items():
            dotted = f"{prefix}.{name}" if prefix else name
            yield dotted, name in required, self._type(field), field.get("description", "")
            yield from self._walk(field, dotted, depth + 1)

    def _type(self, schema: Schema) -> str:
        schema = self._resolved(schema)
        if "enum" in schema:
            return " | ".join(json.dumps(value) for value in schema["enum"])
        if "const" in schema:
            return json.dumps(schema["const"])
        if alternatives := schema.get("anyOf"):
            return " | ".join(dict.fromkeys(self._type(alternative) for alternative in alternatives))
        kinds = schema.get("type", "any")
        if isinstance(kinds, list):
            return " | ".join(kinds)
        if kinds == "array":
            return f"list of {self._type(schema['items'])}" if "items" in schema else "list"
        fmt = schema.get("format")
        return f"{kinds} ({fmt})" if fmt and fmt != "int64" else str(kinds)

    def _resolved(self, schema: Schema) -> Schema:
        while "$ref" in schema:
            found: Any = self._document
            for step in schema["$ref"].removeprefix("#/").split("/"):
                found = found[step.replace("~1", "/").replace("~0", "~")]
            schema = found
        return schema


def _examples(described: Schema) -> list[tuple[str, Any]]:
    """The examples of a media type, by name; the only one has none."""
    if "example" in described:
        return [("", described["example"])]
    return [(name, example["value"]) for name, example in described.get("examples", {}).items()]


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _mark(required: bool) -> str:
    return ' <span class="needed" title="required">*</span>' if required else ""


def _inline(text: str) -> str:
    return _CODE.sub(r"<code>\1</code>", escape(text))


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{_inline(paragraph)}</p>" for paragraph in text.strip().split("\n\n"))
