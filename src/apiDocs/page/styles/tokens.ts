/** The colours and fonts of the page, light and dark. */
export const TOKENS = `
:root {
  color-scheme: light dark;
  --ground: #f6f7fb;
  --surface: #ffffff;
  --text: #1b1f2d;
  --muted: #596075;
  --line: #e2e5ef;
  --accent: #3d4ed8;
  --accent-soft: #eceefd;
  --code-soft: #eef0f7;
  --panel: #151a28;
  --panel-line: #262d42;
  --panel-text: #d9def0;
  --panel-muted: #97a1c0;
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
    --ground: #0d1017;
    --surface: #131722;
    --text: #e4e8f4;
    --muted: #98a1b8;
    --line: #232938;
    --accent: #98a6ff;
    --accent-soft: #1d2340;
    --code-soft: #1e2433;
    --panel: #0a0d14;
    --panel-line: #232938;
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
