import { createHmac } from 'node:crypto';
import type { OpenAiSettings, WebhookSettings } from '../config/responder';
import {
  CHARACTERS_PER_TOKEN,
  estimateTokens,
  type ReplyPart,
  ResponderFailure,
  type StreamingPrompt,
  type StreamingResponder,
  type TitlePrompt,
  type Turn,
} from './responder';
import { type OnResponse, requestReply } from './upstream';

/** Replaces the middle of a message that is too long for the model. */
const OMISSION = '\n…\n';

/** The largest title, in tokens. */
const MAX_TITLE_TOKENS = 24;
/** How much of a message and of its reply a title is made of, in UTF-16 code units. */
const MAX_TITLED_CHARACTERS = 2_000;
const TITLE_INSTRUCTION =
  'Write a title of at most six words for this conversation, in its language. Answer with the title only.';

/**
 * Asks a model behind the Chat Completions API of OpenAI, which most providers and servers of models offer. A conversation that turns
 * out to be too long for the model is sent once more, with half of it.
 */
export function createOpenAiResponder(
  settings: OpenAiSettings,
  onResponse: OnResponse = () => {},
): StreamingResponder {
  const { model, contextTokens, maxTokens, systemPrompt, titles } = settings;
  const maxCharacters = (contextTokens - maxTokens) * CHARACTERS_PER_TOKEN;

  async function* complete(prompt: StreamingPrompt, budget: number, signal: AbortSignal) {
    const { replyTo, variant, attempt } = prompt;
    const messages = await conversationOf(systemPrompt, prompt, budget);
    // With the budget, because the shorter request is another one.
    const key = `${replyTo}.${variant}.${attempt}.${budget}`;
    yield* requestCompletion(
      settings,
      { key, messages, body: bodyOf(settings, messages), onResponse },
      signal,
    );
  }

  async function* title({ replyTo, content, reply }: TitlePrompt, signal: AbortSignal) {
    const messages: ChatTurn[] = [
      { role: 'system', content: TITLE_INSTRUCTION },
      {
        role: 'user',
        content: [content, reply].map((text) => shorten(text, MAX_TITLED_CHARACTERS)).join('\n\n'),
      },
    ];
    const body = shortened(bodyOf(settings, messages));
    yield* requestCompletion(settings, { key: `${replyTo}.0.1`, messages, body, onResponse }, signal);
  }

  return {
    kind: 'streaming',
    model,
    async *respond(prompt, signal) {
      let hasText = false;
      try {
        for await (const part of complete(prompt, maxCharacters, signal)) {
          hasText ||= 'text' in part;
          yield part;
        }
      } catch (error) {
        const isTooLong = error instanceof ResponderFailure && error.kind === 'contextTooLong';
        // A second text would follow the first one.
        if (!isTooLong || hasText) throw error;
        yield* complete(prompt, Math.floor(maxCharacters / 2), signal);
      }
    },
    ...(titles && { title }),
  };
}

interface CompletionRequest {
  /** The same for the same request only. */
  key: string;
  messages: readonly ChatTurn[];
  body: object;
  onResponse: OnResponse;
}

async function* requestCompletion(
  settings: OpenAiSettings,
  { key, messages, body, onResponse }: CompletionRequest,
  signal: AbortSignal,
): AsyncGenerator<ReplyPart> {
  const { url, apiKey } = settings;
  yield estimatedUsage(messages);
  yield* requestReply(
    {
      url: `${url.replace(/\/+$/, '')}/chat/completions`,
      headers: {
        Accept: 'text/event-stream',
        'Idempotency-Key': key,
        ...(apiKey !== null && { Authorization: `Bearer ${apiKey}` }),
      },
      body: JSON.stringify(body),
      onResponse,
      secrets: apiKey === null ? [] : [apiKey],
    },
    settings,
    signal,
  );
}

/** For providers that don't report the usage, and for requests that are aborted before they do. */
function estimatedUsage(messages: readonly { content: string }[]): ReplyPart {
  const characters = messages.reduce((sum, { content }) => sum + content.length, 0);
  return { usage: { promptTokens: estimateTokens(characters), completionTokens: 0, estimated: true } };
}

function bodyOf({ model, maxTokens, extra }: OpenAiSettings, messages: readonly ChatTurn[]): object {
  const body = {
    model,
    messages,
    stream: true,
    stream_options: { include_usage: true },
    max_tokens: maxTokens,
    ...extra,
  };
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
}

/** The same request with the limit of a title, under the name that the provider knows. */
function shortened(body: object): object {
  const isLimit = (name: string) => name === 'max_tokens' || name === 'max_completion_tokens';
  return Object.fromEntries(
    Object.entries(body).map(([name, value]) => [name, isLimit(name) ? MAX_TITLE_TOKENS : value]),
  );
}

type ChatTurn = Turn | { role: 'system'; content: string };

/** The system prompt, as much of the conversation as fits, and the message. */
async function conversationOf(
  systemPrompt: string | null,
  prompt: StreamingPrompt,
  maxCharacters: number,
): Promise<ChatTurn[]> {
  const room = maxCharacters - (systemPrompt?.length ?? 0);
  const content = shorten(prompt.content, room);
  const turns: ChatTurn[] = systemPrompt === null ? [] : [{ role: 'system', content: systemPrompt }];
  const history = room > content.length ? await prompt.history(room - content.length) : [];
  const last = history.at(-1);
  // Some chat templates insist on alternating roles.
  if (last?.role !== 'user') return [...turns, ...history, { role: 'user', content }];
  const joined = `${last.content}\n\n${content}`;
  return [...turns, ...history.slice(0, -1), { role: 'user', content: joined }];
}

/** Cuts out the middle of a text that is longer than `maxLength`, but never all of it. */
function shorten(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const half = Math.max(100, Math.floor((maxLength - OMISSION.length) / 2));
  if (text.length <= 2 * half) return text;
  return (text.slice(0, half) + OMISSION + text.slice(-half)).toWellFormed();
}

/** How much of the conversation is sent, in UTF-16 code units. */
const MAX_HISTORY_CHARACTERS = 65_536;

/**
 * Asks a web service of the operator: `POST {replyTo, variant, attempt, user: {id}, session: {id}, message, history}`. It responds with
 * `{"content": "…"}`, or with a stream of the Chat Completions API. With a secret, `X-Signature: t=SECONDS,v1=HEX` carries the
 * HMAC-SHA256 of `SECONDS.BODY`.
 */
export function createWebhookResponder(
  settings: WebhookSettings,
  onResponse: OnResponse = () => {},
): StreamingResponder {
  const { url, secret } = settings;
  return {
    kind: 'streaming',
    async *respond({ userId, sessionId, content, replyTo, variant, attempt, history }, signal) {
      const turns = await history(MAX_HISTORY_CHARACTERS);
      const body = JSON.stringify({
        replyTo,
        variant,
        attempt,
        user: { id: userId },
        session: { id: sessionId },
        message: content,
        history: turns,
      });
      const headers = {
        Accept: 'text/event-stream, application/json',
        'Idempotency-Key': `${replyTo}.${variant}.${attempt}`,
        ...(secret !== null && { 'X-Signature': signatureOf(body, secret) }),
      };
      yield estimatedUsage([...turns, { content }]);
      const secrets = secret === null ? [] : [secret];
      yield* requestReply({ url, headers, body, onResponse, secrets }, settings, signal);
    },
  };
}

function signatureOf(body: string, secret: string): string {
  const seconds = Math.floor(Date.now() / 1000);
  const digest = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
  return `t=${seconds},v1=${digest}`;
}
