"""Parts of an HTML page. All text passes `text`; what returns markup is called so, and is never given to `text`."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

from training.runfolder.text import plain

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""The browser loads nothing and runs no script, whatever a label holds."""
STYLE = """
:root { color-scheme: light dark; --ink: #1c2128; --dim: #57606a; --paper: #ffffff; --card: #f4f5f7; --line: #d0d7de;
  --accent: #0060a0; }
@media (prefers-color-scheme: dark) { :root { --ink: #d8dee6; --dim: #9aa4b0; --paper: #101216; --card: #161a20;
  --line: #333b45; --accent: #6cbcf0; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 62rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.55 system-ui, sans-serif; overflow-wrap: break-word; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .5rem; }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .6rem; padding-bottom: .25rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1.05rem; margin: 1.5rem 0 .4rem; }
p, ul, dl { margin: .5rem 0; }
a { color: var(--accent); }
nav ul { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; padding: 0; list-style: none; }
.dim, figcaption { color: var(--dim); font-size: .9rem; }
.wide { overflow-x: auto; border: 1px solid var(--line); border-radius: 6px; margin: .8rem 0; }
.wide:focus-visible, summary:focus-visible, a:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding: .5rem .7rem; font-weight: 600; }
th, td { padding: .35rem .7rem; text-align: left; vertical-align: top; border-top: 1px solid var(--line); }
thead th { border-top: 0; background: var(--card); white-space: nowrap; }
tbody th { font-weight: 500; min-width: 7rem; }
td.number { white-space: nowrap; }
dt { font-weight: 600; margin-top: .8rem; }
dd { margin: .1rem 0 0; }
dl.short { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; }
dl.short dt, dl.short dd { margin: 0; }
dd ul, li ul { padding-left: 1.2rem; }
figure { margin: 1.2rem 0; padding: .8rem; background: var(--card); border: 1px solid var(--line); border-radius: 6px; }
picture { display: block; }
figure img { display: block; width: 100%; max-width: 34rem; height: auto; margin: 0 auto .6rem; }
figure.page picture { overflow-x: auto; }
figure.page img { max-width: 100%; min-width: 36rem; }
@media (prefers-color-scheme: light) { figure { background: #ffffff; } }
summary { cursor: pointer; padding: .3rem 0; font-weight: 600; }
pre { overflow-x: auto; padding: .7rem; background: var(--card); border: 1px solid var(--line); border-radius: 6px;
  font-size: .85rem; white-space: pre-wrap; overflow-wrap: anywhere; }
code { font-size: .85em; overflow-wrap: anywhere; }
@media print { body { max-width: none; } .wide { overflow: visible; } nav { display: none; } }
"""


def text(words: str) -> str:
    """Plain text as markup."""
    return html.escape(plain(words))


def page(title: str, body: Iterable[str]) -> str:
    """Args:
    title: plain.
    body: markup.
    """
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            '<meta name="generator" content="iqa-tui paper">',
            f"<title>{text(title)}</title>",
            f"<style>{STYLE}</style>",
            "</head>",
            "<body>",
            *body,
            "</body>",
            "</html>",
            "",
        ]
    )


def section(name: str, heading: str, body: Iterable[str]) -> list[str]:
    """Markup under a heading that the list of contents can name."""
    return [
        f'<section id="{name}" aria-labelledby="{name}-h">',
        f'<h2 id="{name}-h">{text(heading)}</h2>',
        *body,
        "</section>",
    ]


def table(caption: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table that scrolls by itself on a narrow screen; the first cell of a row is its heading.

    Args:
        caption, headings: plain; the caption is short, since it scrolls with the table.
        rows: cells in markup.
    """
    lines = [f'<div class="wide" role="region" tabindex="0" aria-label="{text(caption)}"><table>']
    lines += [f"<caption>{text(caption)}</caption>", "<thead><tr>"]
    lines += [f'<th scope="col">{text(heading)}</th>' for heading in headings]
    lines += ["</tr></thead>", "<tbody>"]
    for first, *others in rows:
        cells = "".join(f'<td class="number">{cell}</td>' for cell in others)
        lines.append(f'<tr><th scope="row">{first}</th>{cells}</tr>')
    return [*lines, "</tbody></table></div>"]


def bullets(points: Iterable[str]) -> list[str]:
    """Args:
    points: markup.
    """
    return ["<ul>", *(f"<li>{point}</li>" for point in points), "</ul>"]


def code_block(lines: Iterable[str]) -> str:
    """Args:
    lines: plain.
    """
    return f"<pre><code>{chr(10).join(map(text, lines))}</code></pre>"
