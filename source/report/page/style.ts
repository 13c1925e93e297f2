import {html} from '../../core/text/html.ts';

/** Style of a report in a browser: light, dark and on paper. */
export const style = html`:root{color-scheme:light dark;--paper:#fff;--ink:#1c2127;--faint:#5c6670;--rule:#d5dae0;--soft:#f3f5f7;--critical:#b3261e;--warning:#8a5a00;--notice:#3b6ea5;--cpu:#2e8b57;--io:#2f6fbf;--lwlock:#b5589c;--lock:#c8372d;--client:#7a8794;--other:#b88a00;--unknown:#e4e7ea}
@media (prefers-color-scheme:dark){:root{--paper:#14181c;--ink:#e4e8ec;--faint:#9aa5b0;--rule:#37404a;--soft:#1d2329;--critical:#ff8a80;--warning:#f0b849;--notice:#8ab8ec;--cpu:#4fb37c;--io:#5b9be8;--lwlock:#d587bd;--lock:#ef6b60;--client:#95a1ad;--other:#d4ac3a;--unknown:#2a3138}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1rem 1.25rem 3rem;max-width:75rem;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
h1{font-size:1.5rem;line-height:1.25;margin:.5rem 0 1rem}
h2{font-size:1.15rem;margin:2.25rem 0 .75rem;padding-bottom:.25rem;border-bottom:1px solid var(--rule)}
h3{font-size:1rem;margin:1.5rem 0 .5rem}
nav{display:flex;flex-wrap:wrap;gap:.25rem 1rem;font-size:.9rem}
a{color:inherit}
.scroll{overflow-x:auto;margin:.75rem 0}
table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}
th,td{text-align:left;vertical-align:top;padding:.25rem .9rem .25rem 0;border-bottom:1px solid var(--rule)}
th{font-weight:600;color:var(--faint);white-space:nowrap}
td.right,th.right{text-align:right}
td.sql,pre{font-family:ui-monospace,"DejaVu Sans Mono",monospace;font-size:.85em}
td.sql{min-width:18rem}
td.text{min-width:12rem}
td.word{white-space:nowrap}
tr.critical>td:nth-child(-n+3),td.critical{color:var(--critical);font-weight:600}
tr.warning>td:nth-child(-n+3),td.warning{color:var(--warning);font-weight:600}
tr:target>td,h3:target{background:var(--soft)}
pre{margin:.5rem 0;padding:.6rem .8rem;background:var(--soft);white-space:pre-wrap}
figure{margin:.75rem 0 1.25rem}
figcaption{color:var(--faint);font-size:.9rem;margin-bottom:.4rem}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;margin:0 0 .5rem;padding:0;font-size:.9rem}
.legend small{color:var(--faint)}
.swatch{vertical-align:-1px}
svg.chart{display:block;overflow:hidden}
svg text{font:12px system-ui,sans-serif;fill:var(--ink)}
svg .tick{fill:var(--faint);font-size:11px}
svg .on{paint-order:stroke;stroke:var(--paper);stroke-width:3px}
svg .strong{font-weight:600}
svg .name{paint-order:stroke;stroke:var(--paper);stroke-width:3px}
svg .number{fill:var(--paper);font-size:10px;font-weight:600}
svg rect{shape-rendering:crispEdges}
.grid,.level{stroke:var(--rule);stroke-width:1;shape-rendering:crispEdges}
line.point{stroke:var(--ink);stroke-dasharray:3 2}
circle.point{fill:var(--ink)}
.cpu{fill:var(--cpu)}.io{fill:var(--io)}.lwlock{fill:var(--lwlock)}.lock{fill:var(--lock)}.client{fill:var(--client)}.other{fill:var(--other)}.unknown{fill:var(--unknown)}
rect.critical,rect.blocked{fill:var(--critical)}rect.warning{fill:var(--warning)}rect.notice{fill:var(--notice)}
@media (max-width:40rem){body{padding:.75rem}svg .wide{display:none}td.sql{min-width:14rem}}
@media (max-width:28rem){svg .half{display:none}}
@media print{:root{color-scheme:light;--paper:#fff;--ink:#000;--faint:#444;--rule:#bbb;--soft:#f3f3f3;--critical:#b3261e;--warning:#8a5a00;--notice:#3b6ea5;--cpu:#2e8b57;--io:#2f6fbf;--lwlock:#b5589c;--lock:#c8372d;--client:#7a8794;--other:#b88a00;--unknown:#e4e7ea}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}body{font-size:10pt;max-width:none;padding:0}nav{display:none}.scroll{overflow:visible}figure,tr,pre{break-inside:avoid}h2,h3{break-after:avoid}td.sql,td.text{min-width:0}@page{margin:14mm}}
`;

/** SHA-256 of the style in Base64, by which the policy of the page allows it. */
export const styleHash = 'aH5TWkxmBFp21Ki+bY4aVcn2gBsd1wLpXHbniYYC75E=';
