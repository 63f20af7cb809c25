"""The looks of the dashboard beyond those of the reports."""

from __future__ import annotations

DASHBOARD_CSS = """
header.bar{padding-top:0}
.top{display:flex;flex-wrap:wrap;align-items:center;gap:4px 24px;padding:12px 0;border-bottom:1px solid var(--rule)}
.top nav{flex:1}
.top nav ul{margin:0}
.top nav a{color:var(--dim);text-decoration:none;padding:4px 0;border-bottom:2px solid transparent}
.top nav a:hover{color:var(--ink)}
.top nav a[aria-current]{color:var(--ink);border-color:var(--c0)}
.brand{font-weight:700;font-size:1.0625rem;color:var(--ink);text-decoration:none;letter-spacing:-.01em}
button.quiet{background:none;color:var(--dim);font-weight:400;padding:4px 0;font-size:.925rem;text-decoration:underline}
.trail ol{display:flex;flex-wrap:wrap;list-style:none;padding:0;margin:12px 0 0;font-size:.925rem;color:var(--dim)}
.trail li+li::before{content:"/";padding:0 8px;color:var(--unknown-fill)}
main>h1{margin:24px 0 4px;overflow-wrap:anywhere}
.verdict{display:flex;align-items:center;gap:14px;margin:24px 0 8px;padding:16px 20px;border-radius:12px;border:1px solid var(--rule);border-left:6px solid var(--fill);background:color-mix(in srgb,var(--fill) 9%,var(--paper))}
.verdict h1{font-size:1.35rem;margin:0}
.verdict p{margin:2px 0 0;color:var(--dim);font-size:.925rem}
.gateways{list-style:none;padding:0;margin:0;display:grid;gap:0}
.gateways>li{display:grid;grid-template-columns:minmax(9rem,13rem) 1fr 6rem;gap:4px 20px;align-items:center;padding:10px 0;border-bottom:1px solid var(--rule)}
.gateways .who{min-width:0}
.gateways .who a{font-weight:600;color:var(--ink);text-decoration:none;overflow-wrap:anywhere}
.gateways .who a:hover{text-decoration:underline}
.gateways .who span{display:block;font-size:.8125rem}
.gateways .up{text-align:right;font-variant-numeric:tabular-nums;font-weight:600}
.gateways .up small{display:block;font-weight:400;color:var(--dim);font-size:.75rem}
.gateways>li.ends{border:0;padding:4px 0}
.gateways .scale{grid-column:2;margin:0}
.days{display:block;width:100%;height:30px}
.days .fill.idle{opacity:.7}
.days rect:hover{opacity:.6}
.days.small{width:130px;height:14px;border-radius:3px;overflow:hidden}
@media (max-width:900px){.days.small{width:88px}}
.scale{display:flex;justify-content:space-between;font-size:.75rem;color:var(--dim);margin:2px 0 0}
.wide-days{margin:16px 0}
.wide-days .days{height:44px}
.matrix td.left{text-align:left;color:var(--dim);font-size:.875rem}
.matrix th[scope=row] a{color:inherit;text-decoration:none}
.matrix th[scope=row] a:hover{text-decoration:underline}
.matrix td .days{margin:0 auto}
form.login{max-width:26rem;margin:10vh auto;padding:24px 28px;border:1px solid var(--rule);border-radius:12px;background:var(--panel)}
form.login h1{margin:0 0 8px}
form.login label{display:block;margin:16px 0 12px;font-size:.925rem}
form.login input{display:block;width:100%;margin-top:6px;font-size:1rem;padding:8px 12px}
.progress{height:14px;border-radius:7px}
.incidents{list-style:none;padding:0;margin:0;display:grid;gap:10px}
.incidents li{border:1px solid var(--rule);border-left:4px solid var(--fill);border-radius:8px;padding:10px 14px;overflow-wrap:anywhere}
.incidents strong{margin-right:8px}
.progress .rest{fill:var(--idle-fill)}
.incidents ul.plain{display:block;padding-left:20px;list-style:disc}
.incidents ul.plain li{border:0;padding:0;display:list-item}
.incidents p{margin:2px 0 0;color:var(--dim);font-size:.925rem}
.spans{display:flex;flex-wrap:wrap;gap:6px;list-style:none;padding:0;margin:12px 0}
.spans a{display:inline-block;padding:3px 12px;border:1px solid var(--rule);border-radius:99px;font-size:.875rem;text-decoration:none;color:var(--ink)}
.spans a[aria-current]{background:var(--ink);color:var(--paper);border-color:var(--ink)}
.badge img{max-width:100%;height:auto;vertical-align:middle}
@media (max-width:700px){
.gateways>li{grid-template-columns:1fr auto}
.gateways .days{grid-column:1/-1;grid-row:2}
.gateways .scale{grid-column:1/-1}
.days{height:24px}
.verdict{padding:12px 14px}
}
@media print{.top nav,.top form,.spans{display:none}}
"""
