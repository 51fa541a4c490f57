/** Builds each template of an app with the packed client, and uses it in a browser with the packed server. Run by `npm run test:long`, after a build. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser, missingBrowser } from '../../scripts/screenshots/browser';
import { freePort, inTemporaryFolder } from '../../testkit/serverProcess';
import { TcpProxy } from '../../testkit/tcpProxy';
import { createProject, expectSame, pack, run, startPackedServer, startProgram } from './packedProjects';

interface Template {
  example: string;
  /** The variable that names the server at the time of the build. */
  variable: string;
  /** Serves the built app at this port. */
  serve(port: string): [string, ...string[]];
  /** What the user does between the login and the first message. */
  openChat?(page: Page): Promise<void>;
  /** How the app names who has written a message. Default: `server`, and `sending` for an unsent one. */
  names?: { reply: string; unsent: string };
}

const previewWithVite = (port: string): [string, ...string[]] => [
  ...(['npx', 'vite', 'preview', '--host', '127.0.0.1', '--strictPort', '--port', port] as const),
];

const startChat = (page: Page) => page.click('text=Start a chat');
/** Both adapters show an unsent message like a sent one. */
const NAMES_OF_ADAPTERS = { reply: 'assistant', unsent: 'user' };

const TEMPLATES: readonly Template[] = [
  { example: 'vite-react', variable: 'VITE_CHAT_URL', serve: previewWithVite },
  { example: 'vue', variable: 'VITE_CHAT_URL', serve: previewWithVite },
  {
    example: 'next',
    variable: 'NEXT_PUBLIC_CHAT_URL',
    serve: (port) => ['npx', 'next', 'start', '--hostname', '127.0.0.1', '--port', port],
    openChat: startChat,
  },
  ...['ai-sdk', 'assistant-ui'].map((example) => ({
    example,
    variable: 'VITE_CHAT_URL',
    serve: previewWithVite,
    openChat: startChat,
    names: NAMES_OF_ADAPTERS,
  })),
];

/** How the programs that serve the built apps print where they listen, perhaps in color. */
const SERVED = /(http:\/\/127\.0\.0\.1:\d+)/;

/** Signs up, sends, gets the reply, and does the same again while the link is cut. */
async function chat(page: Page, proxy: TcpProxy, template: Template): Promise<void> {
  const { example, openChat, names: { reply, unsent } = { reply: 'server', unsent: 'sending' } } = template;
  const name = `${example}-user`;
  await page.fill('[placeholder=Username]', name);
  await page.fill('[placeholder=Password]', 'correct horse battery');
  await page.fill('[placeholder^=Email]', `${name}@example.com`);
  await page.click('text=Continue');
  await openChat?.(page);
  await page.getByText('online').waitFor();
  await send(page, 'Hello');
  await page.getByText(`${reply}: Hello`).waitFor();
  proxy.refuse();
  await page.getByText('offline').waitFor();
  await send(page, 'over a cut link');
  await page.getByText(`${unsent}: over a cut link`).waitFor();
  await proxy.accept();
  await page.getByText(`${reply}: over a cut link`).waitFor();
  expectSame(
    `${example}: every message is there once`,
    (await page.locator('ol li').allTextContents()).join('\n'),
    ['user: Hello', `${reply}: Hello`, 'user: over a cut link', `${reply}: over a cut link`].join('\n'),
  );
}

async function send(page: Page, content: string): Promise<void> {
  await page.fill('[placeholder=Message]', content);
  await page.getByRole('button', { name: 'Send', exact: true }).click();
}

async function drive(browser: Browser, project: string, proxy: TcpProxy, template: Template): Promise<void> {
  const port = String(await freePort());
  const app = await startProgram(project, template.serve(port), { NO_COLOR: '1' }, SERVED);
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(String(error)));
    await page.goto(`http://127.0.0.1:${port}`);
    await chat(page, proxy, template);
    await page.reload();
    await page.getByText('online').waitFor();
    expectSame(`${template.example}: no errors`, problems.join('\n'), '');
  } finally {
    await context.close();
    app.stop();
  }
}

/** The bot sends its report once a day, however often it runs. */
function runBot(project: string, url: string): void {
  const env = { CHAT_URL: url, BOT_PASSWORD: 'correct horse battery' };
  const reports = [1, 2].map(() => run(project, 'npm', ['start', '--silent'], env));
  expectSame(
    'node-bot: the second run prints the first report again',
    reports[1] ?? '',
    reports[0] ?? 'nothing',
  );
}

/** The outline for React Native compiles with its types. */
function compileReactNative(directory: string, client: string): void {
  const packages = [
    'react-native',
    '@react-native-async-storage/async-storage',
    '@types/react',
    'react',
    'typescript',
  ];
  const project = createProject(directory, 'react-native', [client, ...packages, '--ignore-scripts']);
  const source = readFileSync(join(__dirname, '../../examples/react-native/App.tsx'));
  writeFileSync(join(project, 'App.tsx'), source);
  const options = ['--strict', '--noEmit', '--skipLibCheck', '--jsx', 'react-jsx', '--target', 'es2022'];
  const modules = [
    '--module',
    'esnext',
    '--moduleResolution',
    'bundler',
    '--customConditions',
    'react-native',
  ];
  expectSame(
    'react-native: it compiles',
    run(project, 'npx', ['tsc', ...options, ...modules, 'App.tsx']),
    '',
  );
}

async function main(only: readonly string[]): Promise<void> {
  const missing = missingBrowser();
  if (missing !== null) throw new Error(missing);
  const isWanted = (example: string) => only.length === 0 || only.includes(example);
  await inTemporaryFolder(async (directory) => {
    const client = pack('client', directory);
    const server = await startPackedServer(createProject(directory, 'server', [pack('.', directory)]));
    const proxy = await TcpProxy.to(server.url);
    const browser = await launchBrowser();
    try {
      for (const template of TEMPLATES.filter(({ example }) => isWanted(example))) {
        const project = createProject(directory, template.example, [client], template.example);
        const env = { [template.variable]: `http://${proxy.host}`, NEXT_TELEMETRY_DISABLED: '1' };
        run(project, 'npm', ['run', 'build', '--silent'], env);
        await drive(browser, project, proxy, template);
      }
      if (isWanted('node-bot'))
        runBot(createProject(directory, 'node-bot', [client], 'node-bot'), server.url);
      if (isWanted('react-native')) compileReactNative(directory, client);
    } finally {
      await browser.close();
      proxy.refuse();
      server.stop();
    }
  });
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error}\n`);
  process.exit(1);
});
