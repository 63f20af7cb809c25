"""The looks of the HTML reports: light and dark as the reader's system has it, and on paper."""

from __future__ import annotations

# Eight colours that tell apart for most kinds of colour blindness, and a dash each besides. Every
# one has a contrast of 3 and more against its background (a test counts it).
LIGHT = ("#1d63b7", "#c4520c", "#0b7a5b", "#8b3fa0", "#8a6a00", "#b3274b", "#2b7c93", "#5a5f66")
DARK = ("#6aa9f7", "#f59a5c", "#4cc9a0", "#c98ae0", "#dcb84a", "#f2809b", "#6fc6dc", "#b4bac2")
PAPER, NIGHT = "#ffffff", "#15181d"
_DASHES = ("none", "7 3", "2 3", "9 3 2 3", "14 4", "4 2 1 2", "1 2", "10 2 2 2 2 2")


def _colours(colours: tuple[str, ...]) -> str:
    return "".join(f"--c{at}:{colour};" for at, colour in enumerate(colours))


_SLOTS = "".join(
    f".c{at}{{--colour:var(--c{at})}}.line.c{at}{{stroke-dasharray:{dash}}}"
    for at, dash in enumerate(_DASHES)
)
_LIGHT = (
    f"--paper:{PAPER};--ink:#1b1f24;--dim:#57606a;--rule:#d5dae0;--panel:#f5f7f9;"
    f"--good:#0b6b3a;--bad:#b3261e;--warn:#7a4d00;--warned:#fff4d6;--edge:rgb(27 31 36/.22);{_colours(LIGHT)}"
)
_DARK = (
    f"--paper:{NIGHT};--ink:#e8ebef;--dim:#a3adb8;--rule:#363d46;--panel:#1e232a;"
    f"--good:#5fd08f;--bad:#ff8f85;--warn:#ffd479;--warned:#3a2f12;--edge:rgb(0 0 0/.7);{_colours(DARK)}"
)

CSS = (
    f":root{{color-scheme:light dark;{_LIGHT}}}"
    f"@media (prefers-color-scheme:dark){{:root{{{_DARK}}}}}"
    """
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:1rem/1.5 system-ui,"Segoe UI",Roboto,Helvetica,Arial,sans-serif}
main,header,footer{max-width:1320px;margin:0 auto;padding:0 20px}
header{padding-top:24px}
h1{font-size:1.6rem;line-height:1.25;margin:0 0 4px}
h2{font-size:1.25rem;margin:40px 0 12px;padding-bottom:4px;border-bottom:1px solid var(--rule)}
h3{font-size:1.05rem;margin:28px 0 6px}
p,ul,dl{margin:8px 0}
li{overflow-wrap:anywhere}
a{color:var(--c0)}
:focus-visible{outline:3px solid var(--c0);outline-offset:2px}
.skip{position:absolute;left:-999px}
.skip:focus{left:8px;top:8px;background:var(--paper);padding:8px}
nav ul{display:flex;flex-wrap:wrap;gap:4px 16px;list-style:none;padding:0;margin:12px 0 0}
.dim,.ci,figcaption span{color:var(--dim)}
.name{overflow-wrap:anywhere}
dl.facts{display:grid;grid-template-columns:max-content 1fr;gap:2px 16px}
dl.facts dt{color:var(--dim)}
dl.facts dd{margin:0;overflow-wrap:anywhere}
.note{background:var(--warned);border-left:4px solid var(--warn);padding:8px 12px;margin:12px 0}
.good{color:var(--good)}.bad{color:var(--bad)}.warn{color:var(--warn)}
.scroll{overflow-x:auto;margin:0 0 8px;background:linear-gradient(to right,var(--paper) 40%,transparent) 0 0/44px 100% no-repeat local,linear-gradient(to left,var(--paper) 40%,transparent) 100% 0/44px 100% no-repeat local,linear-gradient(to right,var(--edge),transparent) 0 0/14px 100% no-repeat,linear-gradient(to left,var(--edge),transparent) 100% 0/14px 100% no-repeat}
table{border-collapse:collapse;font-size:.925rem;font-variant-numeric:tabular-nums;min-width:100%}
.caption{color:var(--dim);margin:8px 0 0}
th,td{padding:5px 8px;text-align:right;border-bottom:1px solid var(--rule);vertical-align:top;white-space:nowrap}
thead th{font-weight:600;color:var(--dim);vertical-align:bottom}
th[scope=row]{font-weight:600;white-space:normal;min-width:8rem}
@media (min-width:1000px){th[scope=row]{min-width:14rem}}
@media (max-width:999px){table{font-size:.875rem}th,td{padding:5px 6px}thead th{white-space:normal}}
th:first-child,.words{text-align:left}
td.words{white-space:normal;min-width:6rem}
tbody tr:hover{background:var(--panel)}
.ci{display:block;font-size:.8em;font-weight:400}
.pair{display:grid;grid-template-columns:1fr;gap:16px;margin:12px 0}
@media (min-width:700px){.pair{grid-template-columns:1fr 1fr}}
figure{margin:0;padding:12px;border:1px solid var(--rule);border-radius:8px;background:var(--panel);min-width:0;max-width:640px;container-type:inline-size}
figcaption strong{display:block}
figcaption span{font-size:.875rem}
figure svg{display:block;width:100%;height:auto}
figure .scroll{--paper:var(--panel)}
svg text{fill:var(--dim);font-size:13px}
@container (max-width:360px){figure>svg text{font-size:15.2px}}
@container (min-width:460px){figure>svg text{font-size:10px}}
svg text.title{fill:var(--ink)}
svg .grid{stroke:var(--rule);stroke-width:1}
svg .axis{stroke:var(--dim);stroke-width:1}
svg .across{stroke:var(--dim);stroke-width:1;stroke-dasharray:2 4}
svg .mark{stroke:var(--dim);stroke-width:1;stroke-dasharray:4 3}
svg .median{stroke:var(--ink);stroke-width:1.5}
svg .line{fill:none;stroke:var(--colour);stroke-width:2;stroke-linejoin:round}
svg .bar{fill:var(--colour);fill-opacity:.8}
svg .dot{fill:var(--colour)}
.pair>div{min-width:0}
.legend{list-style:none;padding:0;margin:6px 0 0;font-size:.875rem}
.legend li{display:flex;gap:8px;align-items:center}
figure .key{width:28px;flex:none}
.none{color:var(--dim);font-style:italic}
details{margin:8px 0}
summary{cursor:pointer;color:var(--c0)}
pre{overflow-x:auto;background:var(--panel);border:1px solid var(--rule);border-radius:6px;padding:10px;font-size:.85rem;white-space:pre-wrap;overflow-wrap:anywhere}
footer{padding-top:24px;padding-bottom:40px;color:var(--dim);font-size:.875rem}
"""
    f"{_SLOTS}"
    "@media print{"
    f":root{{color-scheme:light;{_LIGHT}}}"
    """
html{font-size:11px}
nav,.skip{display:none}
main,header,footer{max-width:none;padding:0}
h2,h3,.caption{break-after:avoid}
figure details{display:none}
figure,tr,.note{break-inside:avoid}
.pair{grid-template-columns:1fr 1fr}
.scroll{overflow:visible;background:none}
th,td{padding:2px 5px;white-space:normal}
th[scope=row]{min-width:0}
}
"""
)
