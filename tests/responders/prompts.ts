import type { OpenAiSettings } from '../../src/config/responder';
import { createOpenAiResponder } from '../../src/responders/httpResponders';
import {
  type ReplyPart,
  ResponderFailure,
  type StreamingPrompt,
  type StreamingResponder,
  type Turn,
} from '../../src/responders/responder';
import { boundedReply } from '../../src/services/replies/replyRequests';

export function newPrompt(content = 'Why?', history: Turn[] = []): StreamingPrompt {
  return {
    userId: 'u',
    sessionId: 's',
    content,
    replyTo: 'm',
    variant: 1,
    attempt: 1,
    history: async () => history,
  };
}

/** The settings of a responder that asks the service at `url`. */
export function openAiSettings(url: string, settings: Partial<OpenAiSettings> = {}): OpenAiSettings {
  return {
    kind: 'openai',
    url,
    apiKey: 'sk-secret',
    model: 'small',
    systemPrompt: null,
    contextTokens: 8192,
    maxTokens: 1024,
    extra: {},
    titles: false,
    firstTokenTimeoutMs: 10_000,
    idleTimeoutMs: 10_000,
    timeoutMs: 10_000,
    ...settings,
  };
}

export function openAi(
  url: string,
  settings?: Partial<OpenAiSettings>,
  onResponse?: (status: number | null) => void,
): StreamingResponder {
  return createOpenAiResponder(openAiSettings(url, settings), onResponse);
}

/** Everything that came of asking a responder. */
export interface Asked {
  text: string;
  parts: ReplyPart[];
  failure: ResponderFailure | null;
}

/** Asks the responder, as the server does, and collects its parts until it ends or fails. */
export async function ask(
  responder: StreamingResponder,
  prompt = newPrompt(),
  signal = new AbortController().signal,
): Promise<Asked> {
  const asked: Asked = { text: '', parts: [], failure: null };
  try {
    for await (const part of boundedReply(responder.respond(prompt, signal))) {
      asked.parts.push(part);
      if ('text' in part) asked.text += part.text;
    }
  } catch (error) {
    if (!(error instanceof ResponderFailure)) throw error;
    asked.failure = error;
  }
  return asked;
}
