import type { AsyncApiDocument } from '../events/asyncApiDocument';
import type { OpenApiDocument } from '../rest/openApi';
import { type Html, html } from './html';
import { type Section, sectionsOf } from './sections';

/** Renders both documents as one page. The style sheet is asked for at `styleSheet`. */
export function renderPage(openApi: OpenApiDocument, asyncApi: AsyncApiDocument, styleSheet: string): string {
  const sections = sectionsOf(openApi, asyncApi);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="description" content="The routes and events of Smart Chat Server, to read.">
<title>Smart Chat Server · API reference</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${styleSheet}">
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header class="top">
<a class="brand" href="#content"><span class="mark" aria-hidden="true"></span>Smart Chat Server</a>
<span class="version">API ${openApi.info.version}</span>
<nav class="files" aria-label="The documents"><a href="/api/openapi.json">openapi.json</a>
<a href="/api/asyncapi.json">asyncapi.json</a></nav>
</header>
<div class="columns">
<nav class="contents" aria-label="Contents">${contents(sections)}</nav>
<details class="contents-small"><summary>Contents</summary>${contents(sections)}</details>
<main id="content">
<div class="hero"><h1>API reference</h1>
<p>Accounts and history over REST, messages live over Socket.IO. Every message is stored before it is acknowledged, once, and in
order.</p></div>
${sections.map(sectionView)}
</main>
</div>
</body>
</html>
`;
  return page.text;
}

function contents(sections: readonly Section[]): Html[] {
  return sections.map(
    ({ title, entries }) => html`<p class="title">${title}</p>
<ul>${entries.map(({ id, label }) => html`<li><a href="#${id}">${label}</a></li>`)}</ul>`,
  );
}

function sectionView({ title, description, entries }: Section): Html {
  return html`<section class="group"><h2>${title}</h2>${
    description === undefined ? null : html`<p class="lead">${description}</p>`
  }${entries.map(({ view }) => view)}</section>`;
}
