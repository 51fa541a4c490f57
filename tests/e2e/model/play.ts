import type { Batch } from './batches';
import { has } from './deed';
import type { Account, Deed, Device } from './device';
import type { Change } from './hearing';
import { connect, perform } from './perform';
import { expectOutcome, expectOwnOnly } from './verdict';
import { at, type Kept, World } from './world';

/** Plays the batches with new devices and new sessions, and looks after each whether all is as it must be. */
export async function play(accounts: readonly Account[], batches: readonly Batch[]): Promise<void> {
  const world = new World(accounts);
  try {
    await Promise.all(world.devices.map((device) => connect(world, device, false)));
    let kept: (Kept | null)[] = world.sessionIds.map(() => null);
    for (const batch of batches) kept = await playBatch(world, batch, kept);
  } finally {
    for (const device of world.devices) device.close();
  }
}

/** Returns what is kept of each session after it. */
async function playBatch(world: World, batch: Batch, before: readonly (Kept | null)[]) {
  const deeds = (await Promise.all(batch.map((step) => perform(world, step)))).flat();
  await Promise.all(world.devices.map((device) => device.flush()));
  for (const deed of deeds) expectOwnOnly(deed);
  for (const device of world.devices) expectToldOwnOnly(device, deeds);
  const after: (Kept | null)[] = [];
  for (const [session, old] of before.entries()) after.push(await lookAt(world, session, old, deeds));
  for (const device of world.devices) device.forgetTold();
  return after;
}

async function lookAt(world: World, session: number, before: Kept | null, all: readonly Deed[]) {
  const deeds = all.filter((deed) => deed.session === session);
  const after = deeds.length > 0 ? await world.look(session) : before;
  expectOutcome(before, deeds, after);
  const deletions = deeds.filter(({ result }) => result.what === 'deleted');
  for (const device of world.devices) {
    const change: Change = {
      history: after?.history ?? [],
      deleted: deletions.length > 0,
      deletedByOwnUser: deletions.some((deed) => deed.device.account === device.account),
    };
    const own = all.filter((deed) => deed.device === device && (deed.session ?? session) === session);
    const live = device.live.filter(({ message }) => message.sessionId === world.sessionId(session));
    at(device.hearings, session).look(change, own, live, device.isOnline);
  }
  return after;
}

/** Nothing of other users, and of every refused message that was sent without an ack an error. */
function expectToldOwnOnly(device: Device, deeds: readonly Deed[]): void {
  const { user, userId } = device.account;
  expect([...device.announced].filter((other) => other !== userId)).toEqual([]);
  for (const { message } of device.live) expect(message.content).toMatch(new RegExp(`^user ${user}: `));
  for (const error of device.errors) expect(error).toMatchObject({ event: 'message', code: 'NOT_FOUND' });
  if (has(deeds, 'deleted')) return;
  const refused = deeds.filter(
    ({ withoutAck, lost, result }) => withoutAck && !lost && result.what === 'refused',
  );
  if (device.isOnline)
    expect(device.errors).toHaveLength(refused.filter((deed) => deed.device === device).length);
}
