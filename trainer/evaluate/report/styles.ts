/** The look of a report: the system's own letters, two colours of data, light and dark, paper. */
export const STYLES = `
:root{color-scheme:light dark;--page:#fff;--text:#1b1d21;--quiet:#575d66;--rule:#dcdfe4;--panel:#f5f6f8;--first:#0b5cad;--second:#b4400b;--third:#2d7a46;--other:#6d737d;--alarm:#a3161a;--alarm-panel:#fdf1f0}
@media screen and (prefers-color-scheme:dark){:root{--page:#15171a;--text:#e7e9ec;--quiet:#a3aab4;--rule:#363b42;--panel:#1e2125;--first:#74b3f2;--second:#f79a63;--third:#7fcb94;--other:#9aa1ab;--alarm:#ff8f88;--alarm-panel:#33191a}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--text);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
main{max-width:66rem;margin:0 auto;padding:2.5rem 1.25rem 4rem}
h1,h2,h3{line-height:1.2;font-weight:650;text-wrap:balance}
h1{font-size:2rem;margin:0 0 1rem;letter-spacing:-.01em}
h2{font-size:1.25rem;margin:0 0 .4rem}
h3{font-size:1rem;margin:1.25rem 0 .5rem}
p{margin:0 0 .75rem}
section{margin-top:2.75rem;padding-top:1.25rem;border-top:1px solid var(--rule)}
#figures{margin-top:1.5rem;padding-top:0;border:0}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.kind{margin:0 0 .25rem;color:var(--quiet);font-size:.875rem}
.versus{font-weight:400;color:var(--quiet)}
.facts{margin:0 0 1.25rem;font-size:.9375rem}
.facts div{display:grid;grid-template-columns:5.5rem 1fr;gap:.75rem}
dt{color:var(--quiet)}dd{margin:0}
.verdict{font-size:1.1875rem;line-height:1.45;max-width:46rem;margin:0}
.lead{max-width:46rem;color:var(--quiet)}
.none{color:var(--quiet)}
.figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(9.25rem,100%),1fr));gap:1.25rem 1.25rem;margin:0;border-top:1px solid var(--rule);padding-top:1.25rem}
.figures dt{font-size:.875rem}
.figures .value{font-size:1.75rem;font-weight:600;line-height:1.25;letter-spacing:-.01em}
.figures .detail,.figures .against{font-size:.8125rem;line-height:1.4;color:var(--quiet)}
.figures .against{color:var(--text);margin-top:.2rem}
.figures b{font-weight:600;white-space:nowrap}
.cautions{margin-top:1.5rem;padding:.75rem 1rem;background:var(--panel);border-left:3px solid var(--other);font-size:.9375rem}
.cautions h3{margin:0 0 .25rem}.cautions ul{margin:0;padding-left:1.1rem}
.checks{list-style:none;margin:0;padding:0}
.checks li{display:grid;grid-template-columns:7rem 1fr;gap:.75rem;padding:.6rem .75rem;border-left:3px solid var(--rule)}
.checks li+li{margin-top:.4rem}
.checks p{margin:0;color:var(--quiet);font-size:.9375rem}
.checks .raised{border-color:var(--alarm);background:var(--alarm-panel)}
.checks .raised p{color:var(--text)}
.checks .raised .state{color:var(--alarm);font-weight:650}
.checks .quiet .state,.checks .not-made .state{color:var(--quiet)}
.checks b{font-weight:600}
.beside{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(26rem,100%),1fr));gap:1.5rem 2.5rem;align-items:start}
.tables{display:flex;flex-wrap:wrap;gap:1.5rem 2.5rem;align-items:flex-start}
.tables>figure{flex:0 1 31rem}
.beside>*,.tables>*{min-width:0;max-width:100%}
.titled h3{margin-top:0}.titled>.scroll+.scroll{margin-top:1.25rem}
figure{margin:0;min-width:0}
figcaption,.note{font-size:.8125rem;line-height:1.45;color:var(--quiet);margin-top:.35rem}
.plot{display:block;width:100%;height:auto;max-width:31rem;overflow:visible}
.plot text{font-size:12px;fill:var(--text)}
.plot .tick text,.plot .names text,.plot .mark text{fill:var(--quiet)}
.plot .label{font-size:12px}
.grid{stroke:var(--rule);fill:none;stroke-width:1}
.axis{stroke:var(--text);fill:none;stroke-width:1}
.line path{fill:none;stroke-width:1.75;stroke-linejoin:round;stroke-linecap:round}
.first{stroke:var(--first);fill:var(--first)}.second{stroke:var(--second);fill:var(--second)}.third{stroke:var(--third);fill:var(--third)}
.line circle,.line rect{stroke:none}
.dashed path{stroke-dasharray:5 4;stroke-linecap:butt}
.dashed circle,.dashed rect{fill:var(--page);stroke:inherit;stroke-width:1.5}
.mark path{stroke:var(--other);stroke-dasharray:1.5 3;fill:none}
.bars.model path{fill:var(--first)}.bars.baseline path{fill:var(--other)}
.bars.model .apart path{fill:color-mix(in srgb,var(--first) 60%,var(--page))}.bars.baseline .apart path{fill:color-mix(in srgb,var(--other) 60%,var(--page))}
.bars .apart path.cut{stroke:var(--page);stroke-width:3.5;fill:none}
.bars text{font-size:11px}
.limit{stroke:var(--text);stroke-dasharray:3 3;fill:none}
.band{fill:var(--first);fill-opacity:.16}
.quantiles g path{fill:none;stroke:var(--first);stroke-width:1}
.quantiles .median path{stroke-width:2.5}
.quantiles .end path{stroke-dasharray:2 3}
.quantiles circle{fill:var(--first)}
.quantiles .names path{stroke:var(--other);stroke-width:.75}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.15rem 1.1rem;margin:0 0 .4rem;padding:0;font-size:.8125rem}
.legend li{display:flex;align-items:center;gap:.4rem;min-width:0}
.legend svg{flex:none}
.swatch{flex:none;width:.8rem;height:.8rem}
.swatch.model{background:var(--first)}.swatch.baseline{background:var(--other)}.swatch.inner{background:color-mix(in srgb,var(--first) 30%,var(--page))}.swatch.outer{background:color-mix(in srgb,var(--first) 16%,var(--page))}
.verdict strong{font-weight:650;color:var(--alarm)}
.scroll{overflow-x:auto;max-width:100%}
table{border-collapse:collapse;font-size:.875rem;line-height:1.35}
caption{text-align:left;font-weight:600;padding-bottom:.35rem}
th,td{text-align:left;padding:.3rem .8rem .3rem 0;border-bottom:1px solid var(--rule);vertical-align:top;font-weight:400}
th:last-child,td:last-child{padding-right:0}
thead th{color:var(--quiet);vertical-align:bottom}
thead th[scope=colgroup]{color:var(--text);font-weight:600}
.number{text-align:right;white-space:nowrap}
small{display:block;font-size:.75rem;line-height:1.3;color:var(--quiet)}
thead th[scope=colgroup]{text-align:center}
th+.apart,td+.apart{padding-left:.6rem}
tbody th{min-width:3.25rem;max-width:14rem;overflow-wrap:break-word}
.quartiles{display:block}
.quartiles .rail{stroke:var(--rule)}
.quartiles rect{fill:color-mix(in srgb,var(--first) 55%,var(--page))}.quartiles .model path{stroke:var(--text);stroke-width:2}
.quartiles .baseline rect{fill:var(--other)}.quartiles .baseline path{stroke:var(--text);stroke-width:1}
.examples{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(17rem,100%),1fr));gap:1.25rem 1.5rem}
.triple{display:grid;grid-template-columns:repeat(3,1fr);gap:.4rem}
.triple div{min-width:0}
.triple img{display:block;width:100%;height:auto;image-rendering:pixelated;border:1px solid var(--rule)}
.triple span{display:block;font-size:.8125rem;text-align:center;padding-top:.15rem}
details{margin-top:1rem}
summary{cursor:pointer;font-weight:600}
pre{background:var(--panel);padding:.75rem 1rem;overflow-x:auto;max-height:30rem;font-size:.8125rem;line-height:1.45}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace}
code{font-size:.92em}
:focus-visible{outline:2px solid var(--first);outline-offset:2px}
@media (max-width:34rem){main{padding:1.5rem 1rem 3rem}h1{font-size:1.6rem}.checks li{grid-template-columns:1fr;gap:.15rem}.facts div{grid-template-columns:4.5rem 1fr}}
@media print{pre{max-height:none;white-space:pre-wrap}details::details-content{content-visibility:visible;height:auto}@page{margin:16mm}body{font-size:10.5pt}main{max-width:none;padding:0}section{margin-top:1.5rem}figure,.checks li,tr,.cautions,.figures div{break-inside:avoid}h2,h3,.lead{break-after:avoid}.beside{grid-template-columns:1fr 1fr}.scroll{overflow:visible}.triple img,.band,.bars,.swatch,.checks li,.quartiles{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
`.replaceAll(/\n/g, '');
