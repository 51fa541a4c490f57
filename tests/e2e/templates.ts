/**
 * Builds each template of an app with the packed client, and uses it in a browser under every fault of the packed test kit. Run by
 * `npm run test:long`, after a build.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser, missingBrowser } from '../../scripts/screenshots/browser';
import { freePort, inTemporaryFolder } from '../../testkit/serverProcess';
import type { TestServer } from '../../testkit/testing';
import { sendUnderEveryFault } from '../testkit/everyFault';
import { createProject, expectSame, pack, run, startPackedServer, startProgram } from './packedProjects';

type TestKit = typeof import('../../testkit/testing');

/** How long an app may take to show everything after the last fault. */
const SETTLE_MS = 20_000;
/** Far longer than any step on a page takes, also on a busy machine. */
const PAGE_TIMEOUT_MS = 90_000;

interface Template {
  example: string;
  /** The variable that names the server at the time of the build. */
  variable: string;
  /** Serves the built app at this port. */
  serve(port: string): [string, ...string[]];
  /** What the user does between the login and the first message. */
  openChat?(page: Page): Promise<void>;
  /** The app takes the next message after the reply to the last one. */
  takesTurns?: boolean;
  /** How the app names the author of a reply. Default: `server`. */
  replyAuthor?: string;
}

const previewWithVite = (port: string): [string, ...string[]] => [
  ...(['npx', 'vite', 'preview', '--host', '127.0.0.1', '--strictPort', '--port', port] as const),
];

const startChat = (page: Page) => page.click('text=Start a chat');

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
    replyAuthor: 'assistant',
    takesTurns: example === 'ai-sdk',
  })),
];

/** How the programs that serve the built apps print where they listen, perhaps in color. */
const SERVED = /(http:\/\/127\.0\.0\.1:\d+)/;

/** Signs up, sends a message, gets the reply, and has both after a reload. */
async function firstChat(page: Page, { example, openChat, replyAuthor = 'server' }: Template): Promise<void> {
  await page.fill('[placeholder=Username]', `${example}-user`);
  await page.fill('[placeholder=Password]', 'correct horse battery');
  await page.fill('[placeholder^=Email]', `${example}@example.com`);
  await page.click('text=Continue');
  await openChat?.(page);
  await page.getByText('online').waitFor();
  await send(page, 'Hello');
  await page.getByText(`${replyAuthor}: Hello`).waitFor();
  await page.reload();
  await page.getByText('online').waitFor();
}

async function send(page: Page, content: string): Promise<void> {
  await page.fill('[placeholder=Message]', content);
  await page.getByRole('button', { name: 'Send', exact: true }).click();
}

/** Sends a message under each fault, and reads the conversation from the page. */
async function chatUnderFaults(
  page: Page,
  { expectNothingLost }: TestKit,
  server: TestServer,
  { example, openChat, takesTurns }: Template,
): Promise<void> {
  const user = await server.addUser();
  await page.fill('[placeholder=Username]', user.user.username);
  await page.fill('[placeholder=Password]', user.password);
  await page.click('text=Continue');
  await openChat?.(page);
  await page.getByText('online').waitFor();
  const sendButton = page.locator('button:enabled', { hasText: 'Send' });
  const untilReady = async () => {
    if (takesTurns) await sendButton.waitFor({ state: 'attached' });
  };
  const sent = await sendUnderEveryFault(server, user, (content) => send(page, content), untilReady);
  const received = async () => {
    const lines = await page.locator('ol li').allTextContents();
    return lines.map((line) => line.replace(/^\w+: /, ''));
  };
  await expectNothingLost({ user, sent, received }, { timeoutMs: SETTLE_MS });
  process.stdout.write(`ok: ${example}: loses, doubles and reorders nothing\n`);
}

async function drive(
  browser: Browser,
  project: string,
  template: Template,
  kit: TestKit,
  server: TestServer,
): Promise<void> {
  const port = String(await freePort());
  const app = await startProgram(project, template.serve(port), { NO_COLOR: '1' }, SERVED);
  const problems: string[] = [];
  try {
    for (const use of [
      (page: Page) => firstChat(page, template),
      (page: Page) => chatUnderFaults(page, kit, server, template),
    ]) {
      const context = await browser.newContext();
      const page = await context.newPage();
      page.setDefaultTimeout(PAGE_TIMEOUT_MS);
      page.on('pageerror', (error) => problems.push(String(error)));
      await page.goto(`http://127.0.0.1:${port}`);
      await use(page);
      await context.close();
    }
    expectSame(`${template.example}: no errors`, problems.join('\n'), '');
  } finally {
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

/** The packed server serves the packed client. */
async function installFromServer(directory: string, serverProject: string): Promise<void> {
  const { url, stop } = await startPackedServer(serverProject);
  try {
    const project = createProject(directory, 'from-server', [`${url}/smart-chat-client.tgz`]);
    const program =
      "const { createChatClient } = require('smart-chat-client'); process.stdout.write(typeof createChatClient);";
    expectSame('the client from the server', run(project, process.execPath, ['-e', program]), 'function');
    runBot(createProject(directory, 'node-bot', [`${url}/smart-chat-client.tgz`], 'node-bot'), url);
  } finally {
    stop();
  }
}

/** The examples that the command line names, or all. */
const only = process.argv.slice(2);
const isWanted = (example: string) => only.length === 0 || only.includes(example);

async function main(): Promise<void> {
  const missing = missingBrowser();
  if (missing !== null) throw new Error(missing);
  await inTemporaryFolder(async (directory) => {
    const client = pack('client', directory);
    const serverProject = createProject(directory, 'server', [pack('.', directory)]);
    if (isWanted('node-bot')) await installFromServer(directory, serverProject);
    const kit: TestKit = createRequire(join(serverProject, 'package.json'))('smart-chat-server/testing');
    const server = await kit.startTestServer();
    const browser = await launchBrowser();
    try {
      for (const template of TEMPLATES.filter(({ example }) => isWanted(example))) {
        const project = createProject(directory, template.example, [client], template.example);
        const env = { [template.variable]: server.url, NEXT_TELEMETRY_DISABLED: '1' };
        run(project, 'npm', ['run', 'build', '--silent'], env);
        await drive(browser, project, template, kit, server);
      }
    } finally {
      await browser.close();
      await server.close();
    }
    if (isWanted('react-native')) compileReactNative(directory, client);
  });
}

main().catch((error: unknown) => {
  process.stderr.write(`${error}\n`);
  process.exit(1);
});
