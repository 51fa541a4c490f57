/** Where things are, from a phone to a wide screen. */
export const LAYOUT = `
* { box-sizing: border-box; }
html { scroll-padding-top: 76px; -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--text); font: 16px/1.6 var(--sans); }

.skip { position: absolute; left: -999px; }
.skip:focus { left: 12px; top: 12px; z-index: 3; padding: 8px 14px; background: var(--surface); border-radius: 8px; }

.top {
  position: sticky; top: 0; z-index: 2; display: flex; align-items: center; gap: 12px;
  height: 56px; padding: 0 24px; background: var(--surface); border-bottom: 1px solid var(--line);
}
.brand { display: flex; align-items: center; gap: 10px; color: var(--text); font-weight: 650; text-decoration: none; }
.mark {
  width: 22px; height: 18px; border-radius: 6px 6px 6px 1px; background: var(--accent);
}
.version { padding: 1px 9px; border: 1px solid var(--line); border-radius: 99px; color: var(--muted); font-size: 12.5px; }
.files { display: flex; gap: 18px; margin-left: auto; font: 13px var(--mono); }

.columns { display: grid; grid-template-columns: 272px minmax(0, 1fr); max-width: 1520px; margin: 0 auto; }
.contents {
  position: sticky; top: 56px; height: calc(100vh - 56px); overflow-y: auto; padding: 20px 12px 48px 24px;
  border-right: 1px solid var(--line); font-size: 14px; scrollbar-width: thin;
}
.contents-small { display: none; }
main { min-width: 0; padding: 44px 48px 96px; }

.hero { max-width: 46rem; margin-bottom: 36px; }
.group { margin-top: 64px; }
.hero + .group { margin-top: 0; }
.entry {
  display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 29rem); gap: 12px 44px; align-items: start;
  padding: 32px 0 36px; border-top: 1px solid var(--line);
}
.samples { position: sticky; top: 80px; display: grid; gap: 14px; min-width: 0; }
.text { min-width: 0; }
.shape { display: block; max-width: 46rem; }

@media (max-width: 1180px) {
  main { padding: 36px 32px 80px; }
  .entry { grid-template-columns: minmax(0, 1fr); gap: 20px; }
  .samples { position: static; }
}
@media (max-width: 820px) {
  html { scroll-padding-top: 64px; }
  .top { padding: 0 16px; }
  .version { display: none; }
  .files { gap: 12px; font-size: 12px; }
  .columns { grid-template-columns: minmax(0, 1fr); }
  .contents { display: none; }
  .contents-small {
    display: block; margin: 16px 16px 0; padding: 0 14px; background: var(--surface); border: 1px solid var(--line);
    border-radius: 10px; font-size: 15px;
  }
  main { padding: 24px 16px 64px; }
  .group { margin-top: 44px; }
  .entry { padding: 26px 0 28px; }
}
@media (max-width: 440px) {
  .brand { font-size: 15px; }
  .files a:last-child, .files a:first-child { font-size: 11px; }
  .files { flex-direction: column; gap: 1px; text-align: right; line-height: 1.5; }
}
@media print {
  .top, .contents, .contents-small { display: none; }
  .columns, .entry { display: block; }
}
`;
