import type { AuthResult } from '../../src/domain/user';
import {
  checkAnswer,
  checkDocumented,
  checkNotFoundPage,
  checkPage,
  checkTransportAnswer,
  isNotFoundPage,
  isPage,
} from './answers';
import { type Attacker, namesLogin } from './attacker';
import { Fault } from './fault';
import { type HttpAnswer, HttpSender } from './http';
import type { Body, HttpInput, PollingInput } from './inputs/input';
import { patiently } from './patience';
import { replaceInHeaders, replaceWords, type Words } from './words';

/** Where Socket.IO answers instead of the app. */
const TRANSPORT = /^\/socket\.io/;
const REFRESH = '/api/auth/refresh';
const NEEDS_LOGIN = /^\/api\/(?:sessions|auth\/(?:me|logins|password|logout))/;
/** Opens a connection of the transport that needs no WebSocket. */
const POLLING = '/socket.io/?EIO=4&transport=polling';

/** Sends what goes through requests. */
export class HttpLane {
  private readonly sender: HttpSender;

  constructor(
    url: string,
    private readonly attacker: Attacker,
    private readonly secret: string,
  ) {
    this.sender = new HttpSender(url);
  }

  async send(input: HttpInput, words: Words): Promise<string> {
    const answer = await this.exchange(input, words);
    const { method } = input;
    const path = replaceWords(input.path, words);
    if (TRANSPORT.test(input.path)) checkTransportAnswer(answer, this.secret);
    else if (isNotFoundPage(answer)) checkNotFoundPage(answer, { method, path }, this.secret);
    else if (isPage(answer)) checkPage(answer, path, this.secret);
    else {
      checkAnswer(answer, method, this.secret);
      checkDocumented(answer, method, path);
    }
    checkLetIn(answer, input);
    await this.followLogin(answer, input, words);
    return String(answer.status);
  }

  async poll({ payload }: PollingInput, words: Words): Promise<string> {
    const opened = await this.exchange({ method: 'GET', path: POLLING, headers: {}, body: null }, words);
    checkTransportAnswer(opened, this.secret);
    const sid = /"sid":"([\w-]+)"/.exec(opened.text)?.[1];
    const path = `${POLLING}&sid=${sid}`;
    const headers = { 'Content-Type': 'text/plain;charset=UTF-8' };
    const answer = await this.exchange({ method: 'POST', path, headers, body: { text: payload } }, words);
    checkTransportAnswer(answer, this.secret);
    return String(answer.status);
  }

  close(): void {
    this.sender.close();
  }

  private exchange(
    { method, path, headers, body }: Omit<HttpInput, 'kind'>,
    words: Words,
  ): Promise<HttpAnswer> {
    const type = body && headers['Content-Type'] === undefined ? { 'Content-Type': 'application/json' } : {};
    const sending = this.sender.send({
      method,
      path: replaceWords(path, words),
      headers: { ...type, ...replaceInHeaders(headers, words) },
      body: body && bytesOf(body, words),
    });
    return patiently(sending, `${method} ${path}`);
  }

  /** Inputs are to find a login that lives, whatever the ones before have ended. */
  private async followLogin(answer: HttpAnswer, { path, headers }: HttpInput, words: Words): Promise<void> {
    if (path === REFRESH) {
      if (answer.status === 200) this.attacker.take(loginIn(answer.text));
      return;
    }
    const isOwn = headers.Authorization === 'Bearer ~token~' && words.token === this.attacker.token;
    if (isOwn && /"code":"(UNAUTHENTICATED|TOKEN_EXPIRED)"/.test(answer.text)) await this.attacker.renew();
  }
}

/** Nobody is let in without a token: it needs no look at what was done. */
function checkLetIn({ status }: HttpAnswer, { kind, method, path, headers }: HttpInput): void {
  if (kind !== 'route' || status >= 300 || !NEEDS_LOGIN.test(path)) return;
  if (namesLogin(headers.Authorization ?? '')) return;
  throw new Fault('leak', `${method} ${path} was answered ${status} without the token of a login`);
}

function bytesOf(body: Body, words: Words): Buffer {
  if ('bytes' in body) return Buffer.from(body.bytes);
  return Buffer.from(replaceWords('text' in body ? body.text : (JSON.stringify(body.json) ?? ''), words));
}

function loginIn(text: string): AuthResult {
  const { login }: { login: AuthResult } = { login: JSON.parse(text) };
  return login;
}
