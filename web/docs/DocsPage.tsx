import type { AsyncApiDocument, OpenApiDocument } from '../../src/apiDocs/documents';
import type { ClientExport } from './ClientEntry';
import { type Section, sectionsOf } from './sections';

interface DocsPageProps {
  openApi: OpenApiDocument;
  asyncApi: AsyncApiDocument;
  /** What the client library exports. */
  client: readonly ClientExport[];
  /** The URL of the style sheet. */
  styleSheet: string;
  /** The URL of the script. The page needs none to be read. */
  script: string;
}

/** The API reference: both documents, guides and the client library as one page. A script adds a search, tabs, and buttons that copy code. */
export function DocsPage({ openApi, asyncApi, client, styleSheet, script }: DocsPageProps) {
  const sections = sectionsOf(openApi, asyncApi, client);
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="description" content="The routes and events of Smart Chat Server." />
        <title>Smart Chat Server · API reference</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href={styleSheet} />
        <script src={script} defer />
      </head>
      <body>
        <a class="skip" href="#content">
          Skip to the content
        </a>
        <header class="top">
          <a class="brand" href="#content">
            <span class="mark" aria-hidden="true" />
            Smart Chat Server
          </a>
          <span class="version">API {openApi.info.version}</span>
          <nav class="files" aria-label="Documents">
            <a class="to-chat" href="/">
              Open the chat
            </a>
            <a href="/api/openapi.json">openapi.json</a>
            <a href="/api/asyncapi.json">asyncapi.json</a>
          </nav>
        </header>
        <div class="columns">
          <nav class="contents" aria-label="Contents">
            <Contents sections={sections} />
          </nav>
          <details class="contents-small">
            <summary>Contents</summary>
            <Contents sections={sections} />
          </details>
          <main id="content">
            <div class="hero">
              <h1>API reference</h1>
              <p>
                Accounts and history over REST, live messages over Socket.IO. Every message is stored exactly
                once and in order before it is acknowledged.
              </p>
              <search class="find" hidden>
                <input type="search" aria-label="Search the reference" placeholder="Search the reference" />
                <p role="status" />
              </search>
            </div>
            {sections.map(({ title, description, entries }) => (
              <section key={title} class="group">
                <h2>{title}</h2>
                {description !== undefined && <p class="lead">{description}</p>}
                {entries.map(({ view }) => view)}
              </section>
            ))}
          </main>
        </div>
      </body>
    </html>
  );
}

function Contents({ sections }: { sections: readonly Section[] }) {
  return (
    <>
      {sections.map(({ title, entries }) => (
        <>
          <p class="title">{title}</p>
          <ul>
            {entries.map(({ id, label }) => (
              <li key={id}>
                <a href={`#${id}`}>{label}</a>
              </li>
            ))}
          </ul>
        </>
      ))}
    </>
  );
}
