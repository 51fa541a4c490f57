/** The colours and fonts of the page, light and dark. */
export const TOKENS = `
:root {
  color-scheme: light dark;
  --ground: #f5f2ea;
  --surface: #fffdf8;
  --text: #1c2521;
  --muted: #56605a;
  --line: #ded8c8;
  --accent: #14604f;
  --accent-soft: #d9e9e1;
  --code-soft: #ebe7db;
  --panel: #15211c;
  --panel-line: #2a3a32;
  --panel-text: #e2ebe6;
  --panel-muted: #9fb2a8;
  --key: #8fb4ff;
  --string: #a5dcae;
  --number: #f2b98b;
  --get: #1c7a4f;
  --post: #3d4ed8;
  --put: #96590a;
  --patch: #96590a;
  --delete: #b5303c;
  --emit: #7a3bc4;
  --on: #0d7380;
  --sans: system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', sans-serif;
  --mono: ui-monospace, 'SF Mono', 'Cascadia Code', Menlo, Consolas, 'Liberation Mono', monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0f1613;
    --surface: #151d19;
    --text: #e6ece8;
    --muted: #9fada5;
    --line: #27332d;
    --accent: #74d3b5;
    --accent-soft: #1d3a31;
    --code-soft: #1f2a25;
    --panel: #0b110e;
    --panel-line: #27332d;
    --get: #5fcf97;
    --post: #98a6ff;
    --put: #e8b15c;
    --patch: #e8b15c;
    --delete: #ff8f98;
    --emit: #c79bff;
    --on: #5cc8d6;
  }
}
`;
