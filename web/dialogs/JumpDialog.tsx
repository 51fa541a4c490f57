import { useId } from 'preact/hooks';
import type { ChatClient } from '../../client/src';
import type { Session } from '../../src/domain/session';
import type { FoundMessages } from '../state/conversation';
import { useClient } from '../state/hooks';
import { notify } from '../state/notices';
import { FormDialog } from './Dialog';

export interface JumpDialogProps {
  session: Session;
  onFound(result: FoundMessages): void;
  onClose(): void;
}

/** Asks for a day, and finds the first message on it or after it. */
export function JumpDialog({ session, onFound, onClose }: JumpDialogProps) {
  const client = useClient();
  const id = useId();
  return (
    <FormDialog
      title="Jump to a date"
      action="Jump"
      fields={['date']}
      validate={({ date = '' }) => (isDate(date) ? {} : { date: 'Choose a date.' })}
      submit={async ({ date = '' }) => {
        const result = await findFirstSince(client, session, startOf(date).toISOString());
        if (!result) return notify('There are no messages on that day or after it.');
        onFound(result);
      }}
      onClose={onClose}
    >
      {({ date }) => (
        <div class={`field ${date ? 'field-wrong' : ''}`}>
          <label for={id}>Date</label>
          <div class="field-box">
            <input
              id={id}
              name="date"
              type="date"
              min={localDate(new Date(session.createdAt))}
              max={localDate(new Date())}
              defaultValue={localDate(new Date(session.createdAt))}
              aria-invalid={Boolean(date)}
              aria-describedby={`${id}-hint`}
            />
          </div>
          <p class={date ? 'field-problem' : 'field-hint'} id={`${id}-hint`}>
            {date ?? 'Shows the first message of that day, or the next one.'}
          </p>
        </div>
      )}
    </FormDialog>
  );
}

function isDate(date: string): boolean {
  return !Number.isNaN(startOf(date).getTime());
}

/** The begin of a day in the time zone of the device. */
function startOf(date: string): Date {
  return new Date(`${date}T00:00`);
}

/** The day as a date field has it. */
function localDate(time: Date): string {
  const pad = (part: number) => String(part).padStart(2, '0');
  return `${time.getFullYear()}-${pad(time.getMonth() + 1)}-${pad(time.getDate())}`;
}

const PAGE_SIZE = 50;
/** How many messages before the found one are shown too. */
const MESSAGES_BEFORE = 10;

/**
 * The first message at or after a time, with its neighbors; null if there is none. Halves the range of `seq` with each page: a session of
 * 1,000,000 messages takes at most 16 requests.
 */
async function findFirstSince(
  client: ChatClient,
  { id, lastSeq }: Session,
  time: string,
): Promise<FoundMessages | null> {
  const pageAfter = (after: number) => client.history(id, { after, limit: PAGE_SIZE });
  // All messages up to `low` are older. The one at `high` is not, or doesn't exist.
  let low = 0;
  let high = lastSeq + 1;
  while (high - low > 1) {
    const after = Math.max(low, Math.floor((low + high - PAGE_SIZE) / 2));
    const { messages } = await pageAfter(after);
    const last = messages.at(-1);
    if (!last) high = after + 1;
    else {
      const found = messages.find(({ timestamp }) => timestamp >= time);
      if (!found) low = last.seq;
      else if (found === messages[0]) high = found.seq;
      else [low, high] = [found.seq - 1, found.seq];
    }
  }
  const { messages, hasMore } = await pageAfter(Math.max(0, high - 1 - MESSAGES_BEFORE));
  const found = messages.find(({ timestamp }) => timestamp >= time);
  return found ? { messages, hasNewer: hasMore, found } : null;
}
