import { type AppendMessage, type ThreadMessageLike, useExternalStoreRuntime } from '@assistant-ui/react';
import { useMemo } from 'react';
import { branchOf, type Draft, type Message, type OutgoingMessage } from 'smart-chat-client';
import { useMessages } from 'smart-chat-client/react';

/** A runtime of assistant-ui for a session, with its unsent messages, drafts, edits, further replies and earlier messages. */
export function useSmartChatRuntime(sessionId: string) {
  const { messages, unsent, drafts, status, hasEarlier, loadEarlier, send, edit, regenerate, stop } =
    useMessages(sessionId);
  const shown = useMemo(() => threadOf(messages, unsent, drafts), [messages, unsent, drafts]);
  return useExternalStoreRuntime<ThreadMessageLike>({
    messages: shown,
    convertMessage: (message) => message,
    isRunning: drafts.some(({ state }) => state !== 'failed'),
    isLoading: status === 'loading',
    hasEarlier,
    onLoadEarlier: loadEarlier,
    onNew: async (message) => void (await send(textOf(message))),
    async onEdit(message) {
      if (message.sourceId !== null) await edit(message.sourceId, textOf(message));
    },
    async onReload(parentId) {
      if (parentId !== null) await regenerate(parentId);
    },
    onCancel: () => stop(),
  });
}

/** The latest version of the conversation, with the newest reply to each message, and what is not stored yet. */
function threadOf(
  messages: readonly Message[],
  unsent: readonly OutgoingMessage[],
  drafts: readonly Draft[],
): ThreadMessageLike[] {
  const stored = branchOf(messages).flatMap(({ message, replies }) => {
    const draft = drafts.find(({ replyTo }) => replyTo === message.messageId);
    const reply = replies.at(-1);
    return [
      userMessage(message.messageId, message.content),
      ...(draft && draft.state !== 'failed' ? [draftMessage(draft)] : reply ? [replyMessage(reply)] : []),
    ];
  });
  return [...stored, ...unsent.map((each) => userMessage(each.clientMessageId, each.content))];
}

function userMessage(id: string, text: string): ThreadMessageLike {
  return { id, role: 'user', content: [{ type: 'text', text }] };
}

function draftMessage({ replyTo, variant, text }: Draft): ThreadMessageLike {
  return {
    id: `${replyTo} ${variant}`,
    role: 'assistant',
    content: [{ type: 'text', text }],
    status: { type: 'running' },
  };
}

function replyMessage({ replyTo, variant = 1, content, finish }: Message): ThreadMessageLike {
  const isComplete = finish === undefined;
  return {
    // The same id as that of its draft, so that it takes its place.
    id: `${replyTo} ${variant}`,
    role: 'assistant',
    content: [{ type: 'text', text: content }],
    status: isComplete
      ? { type: 'complete', reason: 'stop' }
      : { type: 'incomplete', reason: finish === 'stopped' ? 'cancelled' : 'other' },
  };
}

function textOf({ content }: AppendMessage): string {
  return content.map((part) => (part.type === 'text' ? part.text : '')).join('');
}
