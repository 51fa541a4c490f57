import { createHmac } from 'node:crypto';
import type { OpenAiSettings, WebhookSettings } from '../config/responder';
import {
  type ReplyPart,
  ResponderFailure,
  type StreamingPrompt,
  type StreamingResponder,
  type Turn,
} from './responder';
import { requestReply } from './upstream';

/** UTF-16 code units per token, estimated low: 4 in English, fewer in most other languages. */
const CHARACTERS_PER_TOKEN = 3;
/** Replaces the middle of a message that is too long for the model. */
const OMISSION = '\n…\n';

/**
 * Asks a model behind the Chat Completions API of OpenAI, which most providers and servers of models offer. A conversation that turns
 * out to be too long for the model is sent once more, with half of it.
 */
export function createOpenAiResponder(settings: OpenAiSettings): StreamingResponder {
  const { model, contextTokens, maxTokens } = settings;
  const maxCharacters = (contextTokens - maxTokens) * CHARACTERS_PER_TOKEN;
  return {
    kind: 'streaming',
    model,
    async *respond(prompt, signal) {
      try {
        yield* complete(settings, prompt, maxCharacters, signal);
      } catch (error) {
        if (!(error instanceof ResponderFailure) || error.kind !== 'contextTooLong') throw error;
        yield* complete(settings, prompt, Math.floor(maxCharacters / 2), signal);
      }
    },
  };
}

async function* complete(
  settings: OpenAiSettings,
  prompt: StreamingPrompt,
  maxCharacters: number,
  signal: AbortSignal,
): AsyncGenerator<ReplyPart> {
  const { url, apiKey } = settings;
  const { replyTo, variant, attempt } = prompt;
  const messages = await conversationOf(settings.systemPrompt, prompt, maxCharacters);
  yield* requestReply(
    {
      url: `${url.replace(/\/+$/, '')}/chat/completions`,
      headers: {
        Accept: 'text/event-stream',
        // With the budget, because the shorter request is another one.
        'Idempotency-Key': `${replyTo}.${variant}.${attempt}.${maxCharacters}`,
        ...(apiKey !== null && { Authorization: `Bearer ${apiKey}` }),
      },
      body: JSON.stringify(requestBody(settings, messages)),
      secrets: apiKey === null ? [] : [apiKey],
    },
    settings,
    signal,
  );
}

function requestBody({ model, maxTokens, extra }: OpenAiSettings, messages: ChatTurn[]): object {
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
export function createWebhookResponder(settings: WebhookSettings): StreamingResponder {
  const { url, secret } = settings;
  return {
    kind: 'streaming',
    async *respond({ userId, sessionId, content, replyTo, variant, attempt, history }, signal) {
      const body = JSON.stringify({
        replyTo,
        variant,
        attempt,
        user: { id: userId },
        session: { id: sessionId },
        message: content,
        history: await history(MAX_HISTORY_CHARACTERS),
      });
      const headers = {
        Accept: 'text/event-stream, application/json',
        'Idempotency-Key': `${replyTo}.${variant}.${attempt}`,
        ...(secret !== null && { 'X-Signature': signatureOf(body, secret) }),
      };
      yield* requestReply({ url, headers, body, secrets: secret === null ? [] : [secret] }, settings, signal);
    },
  };
}

function signatureOf(body: string, secret: string): string {
  const seconds = Math.floor(Date.now() / 1000);
  const digest = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
  return `t=${seconds},v1=${digest}`;
}
