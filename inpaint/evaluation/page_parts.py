"""The templates, the style and the script of the page of an evaluation."""

from __future__ import annotations

EVALUATION_STYLE = """
h3 { margin: 1.4rem 0 .3rem; font-weight: 500; color: #666; overflow-wrap: anywhere; }
h3 b { color: #222; }
th { cursor: pointer; }
th, td { white-space: nowrap; padding: .25rem .5rem; font-size: .82rem; }
th[aria-sort=ascending]::after { content: " \\25B2"; }
th[aria-sort=descending]::after { content: " \\25BC"; }
.answers { display: grid; grid-auto-flow: column; grid-auto-columns: minmax(0, 192px); gap: .4rem; }
.answers figure { cursor: pointer; }
.answers img { width: 100%; height: auto; }
figcaption { font-size: .8rem; text-align: center; color: #222; }
figcaption span { color: #666; }
.compare { position: relative; width: min(100%, 24rem); margin: .4rem 0; }
.compare img { width: 100%; height: auto; display: block; }
.compare img + img { position: absolute; inset: 0; clip-path: inset(0 0 0 var(--cut, 50%)); }
.compare input { width: 100%; margin: .2rem 0; }
.curves { max-width: 30rem; margin: .8rem 0; }
.curves svg { width: 100%; font: 11px system-ui, sans-serif; fill: #444; }
.curves polyline { fill: none; stroke-width: 1.8; }
.curves line { stroke: #ddd; }
.curves figcaption { text-align: left; }
details { margin: 1rem 0; }
summary { cursor: pointer; font-weight: 600; }
"""
EVALUATION_BODY = """<p>{{ legend }} in bold; {{ count }} pictures, seed {{ seed }}. Click on a heading to sort. The
number under a picture is its PSNR over the mask; the outline in the input shows the mask and is not part of it.
Pictures are compressed for this page, numbers were taken before.</p>
{% if skipped %}<ul>{% for line in skipped %}<li>{{ line }}</li>{% endfor %}</ul>{% endif %}
{% for section in sections %}{{ section }}{% endfor %}
{% for name, tables in others %}
<details><summary>By {{ name }}</summary>
{% for case, best, table in tables %}<h3><b>{{ case }}</b> {{ best }}</h3>
{{ table }}{% endfor %}
</details>
{% endfor %}
"""
SECTION = """<section>
<h2>{{ case }}</h2>
<p class="note">{{ best }}</p>
{{ table }}
{{ curves }}
{% for example in examples %}{{ example }}{% endfor %}
</section>
"""
EXAMPLE = """<h3><b>{{ name }}</b> {{ place }}{{ ";" if place and best }} {{ best }}</h3>
<div class="example">
<div class="answers">
{% for name, picture, value in figures %}
<figure><img loading="lazy" alt="{{ name }}" title="{{ name }}" src="{{ picture }}" width="{{ width }}"
 height="{{ height }}"><figcaption>{{ name }}<br><span>{{ value }}</span></figcaption></figure>
{%- endfor %}
</div>
</div>
"""
EVALUATION_SCRIPT = """
function value(row, column) {
  const text = row.cells[column].textContent.replace(/,/g, "").trim(), number = parseFloat(text);
  return column === 0 ? text : Number.isNaN(number) ? -Infinity : number;
}
for (const head of document.querySelectorAll("th")) head.addEventListener("click", () => {
  const column = head.cellIndex, body = head.closest("table").tBodies[0];
  const up = head.getAttribute("aria-sort") === "descending";
  for (const other of head.parentNode.cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", up ? "ascending" : "descending");
  const order = (a, b) => { const x = value(a, column), y = value(b, column); return x < y ? -1 : x > y ? 1 : 0; };
  body.append(...[...body.rows].sort((a, b) => up ? order(a, b) : order(b, a)));
});
for (const example of document.querySelectorAll(".example")) {
  const shown = [...example.querySelectorAll(".answers img")], compare = document.createElement("div");
  compare.className = "compare";
  const left = new Image(), right = new Image(), slider = document.createElement("input");
  slider.type = "range"; slider.value = 50; slider.setAttribute("aria-label", "how much of the left picture is shown");
  slider.addEventListener("input", () => compare.style.setProperty("--cut", slider.value + "%"));
  const said = document.createElement("div"); said.className = "note";
  function show(one) {
    left.src = one.src; left.alt = one.alt; right.src = shown.at(-1).src; right.alt = shown.at(-1).alt;
    said.textContent = one.alt + " | " + right.alt;
  }
  for (const one of shown) one.closest("figure").addEventListener("click", () => show(one));
  show(shown[Math.max(shown.length - 2, 0)]);
  compare.append(left, right); example.append(compare, slider, said);
  slider.style.width = "min(100%, 24rem)";
}
"""
