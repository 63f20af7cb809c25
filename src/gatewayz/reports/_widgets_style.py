"""The looks of what the pages of runs and of the dashboard are built of, beside `_style.py`."""

from __future__ import annotations

_LIGHT = (
    "--good-fill:#2f9e62;--warn-fill:#e0a526;--bad-fill:#d4473f;--unknown-fill:#8a94a0;"
    "--idle-fill:#d9dee4;--shade:0 1px 2px rgb(16 24 40/.06)"
)
_DARK = (
    "--good-fill:#3fae74;--warn-fill:#d7a13a;--bad-fill:#e0635b;--unknown-fill:#7d8894;"
    "--idle-fill:#3a424c;--shade:none"
)
# Colours of words, of fills and of tints, for every tone.
_TONES = "".join(
    f".{tone},.of-{tone}{{--fill:var(--{tone}-fill);--text:var(--{ink})}}"
    for tone, ink in (
        ("good", "good"),
        ("warn", "warn"),
        ("bad", "bad"),
        ("unknown", "dim"),
        ("idle", "dim"),
    )
)

WIDGETS_CSS = (
    f":root{{{_LIGHT}}}@media (prefers-color-scheme:dark){{:root{{{_DARK}}}}}{_TONES}"
    """
.unknown,.idle{color:var(--dim)}
[hidden]{display:none!important}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
code{font-size:.9em;background:color-mix(in srgb,var(--ink) 7%,transparent);padding:1px 5px;border-radius:4px;overflow-wrap:anywhere}
.lead{color:var(--dim);margin:4px 0 0}
h2 .beside{float:right;font-size:.875rem;font-weight:400}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(130px,1fr));gap:12px;margin:20px 0}
.tiles>div{border:1px solid var(--rule);border-radius:10px;padding:12px 16px;background:var(--panel);box-shadow:var(--shade);min-width:0}
.tiles dt{color:var(--dim);font-size:.8125rem}
.tiles dd{margin:2px 0 0;font-size:1.5rem;font-weight:650;line-height:1.25;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
@media (max-width:1199px){.tiles dd{font-size:1.25rem}}
@media (min-width:481px) and (max-width:999px){.tiles:has(>:nth-child(6):last-child){grid-template-columns:repeat(3,1fr)}}
.tiles small{display:block;font-size:.8125rem;font-weight:400;color:var(--dim);margin-top:2px}
.pill,.mark{color:var(--text);background:color-mix(in srgb,var(--fill) 16%,transparent)}
.pill{display:inline-block;padding:1px 9px;border-radius:99px;font-size:.8125rem;font-weight:600;white-space:nowrap}
.mark{display:inline-flex;width:1.75rem;height:1.75rem;border-radius:6px;align-items:center;justify-content:center;font-weight:700;text-decoration:none;line-height:1}
.mark.good{font-weight:600}
.mark.idle{background:none}
a.mark:hover{background:var(--fill);color:var(--paper)}
.fill{fill:var(--fill)}
.share{display:block;width:100%;height:8px;border-radius:4px;overflow:hidden}
td .share{width:96px;height:6px;border-radius:3px;margin:8px 0}
.key-of{display:flex;flex-wrap:wrap;gap:4px 18px;list-style:none;padding:0;margin:8px 0;font-size:.875rem}
.key-of li{display:flex;align-items:center;gap:7px}
.swatch{width:11px;height:11px;border-radius:3px;background:var(--fill);flex:none}
.matrix{margin:12px 0}
.matrix fieldset{display:inline;border:0;margin:0;padding:0;min-width:0}
.matrix fieldset>input{position:absolute;opacity:0;width:1px;height:1px}
.matrix label{display:inline-block;padding:3px 12px;border:1px solid var(--rule);border-radius:99px;font-size:.875rem;margin:0 6px 10px 0;cursor:pointer}
.matrix fieldset>input:checked+label{background:var(--ink);color:var(--paper);border-color:var(--ink)}
.matrix fieldset>input:focus-visible+label{outline:3px solid var(--c0);outline-offset:2px}
.matrix label.find{border:0;padding:0;margin-right:0;cursor:auto}
input[type=search],input[type=password]{font:inherit;font-size:.875rem;color:var(--ink);background:var(--paper);border:1px solid var(--unknown-fill);border-radius:8px;padding:4px 10px;min-width:0;max-width:100%}
button{font:inherit;font-weight:600;color:var(--paper);background:var(--ink);border:0;border-radius:8px;padding:6px 16px;cursor:pointer}
.matrix .scroll{max-height:85vh;overflow:auto;scroll-padding:10rem 1rem 1rem 11.5rem;border:1px solid var(--rule);border-radius:10px}
.matrix table{border-collapse:separate;border-spacing:0}
.matrix th,.matrix td{padding:3px 8px;vertical-align:middle}
.matrix td{text-align:center}
.matrix td.number{text-align:right;color:var(--dim)}
.matrix thead th{position:sticky;top:0;z-index:2;background:var(--paper);text-align:center;vertical-align:bottom;padding-top:8px;padding-bottom:6px;border-bottom:1px solid var(--rule)}
.matrix thead th:first-child{left:0;z-index:3;text-align:left}
.matrix thead .up{writing-mode:vertical-rl;transform:rotate(180deg);white-space:nowrap;margin:0 auto}
@media (max-width:700px){.matrix thead .head{writing-mode:vertical-rl;transform:rotate(180deg);white-space:nowrap;margin:0 auto}}
.matrix th[scope=row]{position:sticky;left:0;z-index:1;background:var(--paper);font-weight:500;min-width:9rem;max-width:11rem}
.matrix th[scope=rowgroup]{position:sticky;left:0;background:var(--panel);text-align:left;white-space:normal;padding:8px}
.matrix tr.lane td{background:var(--panel);text-align:left;color:var(--dim);font-size:.875rem;white-space:normal}
.matrix tbody tr:hover th[scope=row]{background:var(--panel)}
.matrix tr:last-child>*{border-bottom:0}
.away{display:none}
@media (min-width:700px){.matrix th[scope=row]{min-width:12rem;max-width:15rem}.matrix .scroll{scroll-padding-left:15.5rem}}
@media (min-width:1000px){.matrix th[scope=row]{min-width:18rem;max-width:26rem}.matrix .scroll{scroll-padding-left:26.5rem}}
.cards{display:grid;gap:14px}
.card{border:1px solid var(--rule);border-left:4px solid var(--fill);border-radius:8px;padding:12px 16px;background:var(--paper);box-shadow:var(--shade);min-width:0}
.card h3{margin:0 0 2px;overflow-wrap:anywhere}
.card .where{color:var(--dim);margin:0 0 8px;font-size:.925rem;overflow-wrap:anywhere}
.card pre{margin:10px 0 4px;max-height:24rem;overflow:auto}
.card:target{outline:3px solid var(--c0);outline-offset:2px}
dl.facts dt::first-letter{text-transform:uppercase}
@media (max-width:480px){dl.facts{grid-template-columns:1fr;gap:0}dl.facts dd{margin-bottom:6px}main,header,footer{padding:0 14px}.tiles{grid-template-columns:1fr 1fr;gap:8px}.tiles>div{padding:10px 12px}.tiles dd{font-size:1.25rem}.tiles>div:last-child:nth-child(odd){grid-column:1/-1}}
.wide figure{max-width:none}
.wide .scroll>svg{min-width:820px}
@media (forced-colors:active){.matrix fieldset>input:checked+label,nav [aria-current],.spans [aria-current]{outline:2px solid Highlight;outline-offset:1px}.swatch{forced-color-adjust:none}}
@media print{
.matrix .scroll{max-height:none;overflow:visible;border:0}
.matrix thead th,.matrix th[scope=row],.matrix th[scope=rowgroup]{position:static}
.matrix fieldset,.matrix label{display:none}
.card{break-inside:avoid;box-shadow:none}
.card pre{max-height:none}
#about details{display:none}
details::details-content{content-visibility:visible;block-size:auto}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
"""
    f":root{{{_LIGHT}}}}}"
)
