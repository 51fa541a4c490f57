/** What texts, tables and badges look like. */
export const CONTENT = `
a { color: var(--accent); text-decoration: none; }
a:hover { text-decoration: underline; text-underline-offset: 3px; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
code { font-family: var(--mono); font-size: 0.875em; }
p code, li code, dd code, td code { padding: 1px 5px; background: var(--code-soft); border-radius: 5px; }
p { margin: 0 0 12px; }

h1 { margin: 0 0 10px; font-size: clamp(30px, 5vw, 42px); line-height: 1.12; letter-spacing: -0.022em; }
.hero p { color: var(--muted); font-size: 18px; }
h2 { margin: 0 0 4px; font-size: 27px; line-height: 1.25; letter-spacing: -0.015em; }
.lead { margin-bottom: 20px; color: var(--muted); }
h3 { margin: 0 0 8px; font-size: 19px; line-height: 1.3; letter-spacing: -0.008em; }
h4 { margin: 22px 0 6px; color: var(--muted); font-size: 12.5px; letter-spacing: 0.06em; text-transform: uppercase; }
h4 .note { text-transform: none; letter-spacing: 0; }
.anchor { color: inherit; }
.anchor:hover::after { content: ' #'; color: var(--muted); }
.entry:target h3 { color: var(--accent); }

.contents .title, .contents-small .title {
  margin: 22px 0 4px; padding: 0 10px; color: var(--muted); font-size: 12px; font-weight: 600; letter-spacing: 0.06em;
  text-transform: uppercase;
}
.contents .title:first-child { margin-top: 0; }
.contents ul, .contents-small ul { margin: 0; padding: 0; list-style: none; }
.contents li a, .contents-small li a {
  display: flex; align-items: baseline; gap: 8px; padding: 4px 10px; border-radius: 7px; color: var(--text);
}
.contents li a:hover { background: var(--accent-soft); text-decoration: none; }
.contents li .method { flex: 0 0 44px; padding: 0; background: none; font-size: 10.5px; }
.contents li code, .contents-small li code { padding: 0; background: none; font-size: 13px; }
.contents-small li a { padding: 8px 10px; }
.contents-small summary { padding: 12px 0; font-weight: 600; cursor: pointer; }

.route { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 10px; margin-bottom: 14px; overflow-wrap: anywhere; }
.route > code { padding: 0; background: none; font-size: 15px; }
.route em { color: var(--muted); }
.method { padding: 2px 8px; border-radius: 6px; background: var(--code-soft); font: 650 12px/1.5 var(--mono); letter-spacing: 0.02em; }
.get { color: var(--get); } .post { color: var(--post); } .put { color: var(--put); } .patch { color: var(--patch); }
.delete { color: var(--delete); } .emit { color: var(--emit); } .on { color: var(--on); }
.tag { padding: 0 8px; border: 1px solid var(--line); border-radius: 99px; color: var(--muted); font-size: 12.5px; }

.members { margin: 0; }
.members > div { padding: 9px 0; border-top: 1px dashed var(--line); }
.members > div:first-child { border-top: 0; }
dt > code { font-size: 14px; font-weight: 650; }
dd { margin: 1px 0 0; color: var(--muted); font-size: 15px; }
.type, .note, .limits { font-size: 14px; }
.type { color: var(--muted); }
.note { color: var(--put); font-weight: 400; }

.answers { margin: 0; padding: 0; list-style: none; }
.answers li { display: flex; gap: 12px; padding: 5px 0; font-size: 15px; }
.status { flex: none; width: 42px; font: 650 14px/1.7 var(--mono); }
.s2 { color: var(--get); } .s3 { color: var(--muted); } .s4 { color: var(--put); } .s5 { color: var(--delete); }
.failures { margin-top: 8px; font-size: 15px; }
.steps { margin: 0; padding-left: 22px; }
.steps li { padding: 4px 0 8px 4px; }
.steps li::marker { color: var(--accent); font-weight: 650; }

.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: 15px; }
th { padding: 6px 12px 6px 0; color: var(--muted); font-size: 12.5px; text-align: left; }
td { padding: 9px 12px 9px 0; border-top: 1px solid var(--line); vertical-align: top; }
td:nth-child(2) { white-space: nowrap; }
td .note { display: block; font-size: 12.5px; }
tr:target td { background: var(--accent-soft); }
@media (max-width: 620px) {
  thead { display: none; }
  tr { display: grid; grid-template-columns: 48px 1fr; padding: 10px 0; border-top: 1px solid var(--line); }
  td { padding: 0; border: 0; }
  td:last-child { grid-column: 2; padding-top: 4px; }
  td .note { display: inline; }
}

.code { margin: 0; overflow: hidden; background: var(--panel); border: 1px solid var(--panel-line); border-radius: 10px; }
.code figcaption { padding: 8px 14px 0; color: var(--panel-muted); font: 12px/1.6 var(--mono); }
.code pre {
  margin: 0; max-height: 26rem; padding: 6px 14px 12px; overflow: auto; color: var(--panel-text); font: 13px/1.55 var(--mono);
  white-space: pre-wrap; overflow-wrap: anywhere; scrollbar-width: thin;
}
.code code { font-size: inherit; }
.key { color: var(--key); } .string { color: var(--string); } .number { color: var(--number); } .comment { color: var(--panel-muted); }
`;
