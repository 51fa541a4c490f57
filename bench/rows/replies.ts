import { join } from 'node:path';
import { setTimeout as elapse } from 'node:timers/promises';
import { seedUsers } from '../../testkit/seeding';
import { fromSource, inTemporaryFolder, startProcess, stopProcess } from '../../testkit/serverProcess';
import type { Benchmark, Finding } from '../finding';
import { FrameSocket } from '../load/frameSocket';
import type { LoadUser } from '../load/plan';
import { MEMORY_PROBE, usageOf } from '../support/memory';
import { startOurs } from '../support/servers';

const REPLIES = 200;
const DEVICES_EACH = 2;
const TOKENS_PER_SECOND = 50;
/** Replies made one after the other, for the time to the first token. */
const SINGLE = 100;
const WARM_UP_MS = 2_000;
const MEASURE_MS = 5_000;
/** How long replies go on after the measurement, so that none ends within it. */
const REST_MS = 1_000;
const GOAL_MS = 100;
const GOAL_CORES = 1;
const GOAL_FIRST_MS = 10;
const MEGABYTE = 1024 ** 2;

/** Measures what the server adds between a model service that streams tokens and the devices of the users. */
export const replies: Benchmark = {
  name: 'replies',
  run: (log, scale) =>
    inTemporaryFolder(async (directory) => {
      const users = await seedUsers(directory, scale(REPLIES));
      const program = fromSource(join(__dirname, '../support/tokenService.ts'));
      const service = startProcess(directory, {}, [...program, String(TOKENS_PER_SECOND)]);
      const server = startOurs(directory, MEMORY_PROBE, {
        RESPONDER: 'openai',
        RESPONDER_URL: `${await service.listening}/v1`,
        RESPONDER_MODEL: 'clock',
        RESPONDER_CONCURRENCY: String(users.length),
      });
      try {
        const devices = await openDevices(await server.listening, users);
        const first = await firstTokens(devices, scale(SINGLE));
        log(`first token: p50 ${at(first, 0.5).toFixed(1)} ms, p99 ${at(first, 0.99).toFixed(1)} ms`);

        const [warmUpMs, measureMs] = [scale(WARM_UP_MS), scale(MEASURE_MS)];
        const tokens = Math.ceil(((warmUpMs + measureMs + REST_MS) / 1_000) * TOKENS_PER_SECOND);
        const idle = await usageOf(server);
        const ends = devices.map((device) => device.wholeReply());
        for (const [index, device] of devices.entries()) {
          if (index % DEVICES_EACH === 0) device.ask(tokens);
        }
        await elapse(warmUpMs);
        const before = await usageOf(server);
        const begun = performance.now();
        for (const device of devices) device.delays = [];
        await elapse(measureMs);
        const delays = devices.flatMap((device) => device.delays);
        const seconds = (performance.now() - begun) / 1_000;
        const after = await usageOf(server);
        await Promise.all(ends);
        for (const device of devices) device.close();

        const cores = (after.cpuMs - before.cpuMs) / 1_000 / seconds;
        const growth = (after.memory - idle.memory) / MEGABYTE;
        log(`${Math.round(delays.length / seconds)} tokens a second at ${devices.length} devices`);
        return [delayOf(delays, users.length, devices.length, growth), cpuOf(cores), firstTokenOf(first)];
      } finally {
        await Promise.all([stopProcess(server), stopProcess(service)]);
      }
    }),
};

function delayOf(delays: readonly number[], replies: number, devices: number, growth: number): Finding {
  const p99 = at(delays, 0.99);
  return {
    what: `p99 of a token from the model service to a device, ${replies} replies at once × ${TOKENS_PER_SECOND} tokens a second to ${devices} devices`,
    ours: `${p99.toFixed(0)} ms`,
    compared: `p50 ${at(delays, 0.5).toFixed(0)} ms; memory ${growth < 0 ? '' : '+'}${growth.toFixed(0)} MB`,
    ratio: '',
    goal: `≤ ${GOAL_MS} ms`,
    isReached: p99 <= GOAL_MS,
  };
}

function cpuOf(cores: number): Finding {
  return {
    what: 'CPU of the server meanwhile',
    ours: `${cores.toFixed(2)} cores`,
    compared: '',
    ratio: '',
    goal: `≤ ${GOAL_CORES}`,
    isReached: cores <= GOAL_CORES,
  };
}

function firstTokenOf(delays: readonly number[]): Finding {
  const median = at(delays, 0.5);
  return {
    what: 'from a message to the first token on a device, if the model service answers at once',
    ours: `${median.toFixed(1)} ms`,
    compared: `p99 ${at(delays, 0.99).toFixed(1)} ms`,
    ratio: '',
    goal: `≤ ${GOAL_FIRST_MS} ms`,
    isReached: median <= GOAL_FIRST_MS,
  };
}

/** The value below which this part of the values lies. */
function at(values: readonly number[], part: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * part)] ?? Number.NaN;
}

async function openDevices(url: string, users: readonly LoadUser[]): Promise<Device[]> {
  const devices: Device[] = [];
  for (const user of users.flatMap((each) => Array<LoadUser>(DEVICES_EACH).fill(each))) {
    const device = new Device(await FrameSocket.open(url, user.token), user.sessionId);
    await device.join();
    devices.push(device);
  }
  return devices;
}

/** The times from sending a message to the first token of its reply at another device, in milliseconds. */
async function firstTokens(devices: readonly Device[], count: number): Promise<number[]> {
  const [asking, watching] = devices;
  if (!asking || !watching) throw new Error('There are fewer than two devices');
  const times: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const ended = Promise.all([asking.wholeReply(), watching.wholeReply()]);
    const start = performance.now();
    watching.onFirstToken = () => times.push(performance.now() - start);
    asking.ask(2);
    await ended;
  }
  watching.onFirstToken = () => {};
  if (times.length < count)
    throw new Error(`${count - times.length} of ${count} replies came without a piece`);
  return times;
}

/** A connection in the session of its user. It checks that pieces of a reply follow each other. */
class Device {
  /** How long each token took from the model service to this device, in milliseconds. */
  delays: number[] = [];
  onFirstToken: () => void = () => {};
  private received = 0;
  private onAck: () => void = () => {};
  private onReply: () => void = () => {};

  constructor(
    private readonly socket: FrameSocket,
    private readonly sessionId: string,
  ) {
    socket.onFrame = (frame) => this.receive(frame);
  }

  join(): Promise<void> {
    return new Promise((resolve) => {
      this.onAck = resolve;
      this.socket.send(`420["join-session","${this.sessionId}"]`);
    });
  }

  /** Sends a message that the model service answers with this number of tokens. */
  ask(tokens: number): void {
    this.socket.send(`42["message",{"sessionId":"${this.sessionId}","content":"${tokens}"}]`);
  }

  /** Resolves when the next reply is stored. */
  wholeReply(): Promise<void> {
    return new Promise((resolve) => {
      this.onReply = resolve;
    });
  }

  close(): void {
    this.socket.close();
  }

  private receive(frame: string): void {
    if (frame.startsWith('42["reply"')) this.receivePiece(JSON.parse(frame.slice(2))[1]);
    else if (frame.startsWith('43')) this.onAck();
    else if (frame.startsWith('42["message"') && frame.includes('"replyTo":"')) this.receiveWhole();
  }

  private receivePiece({ at: position, text }: { at: number; text: string }): void {
    if (position !== this.received)
      throw new Error(`A piece begins at ${position} after ${this.received} characters`);
    if (position === 0 && text !== '') this.onFirstToken();
    this.received += text.length;
    const now = performance.timeOrigin + performance.now();
    for (const sentAt of text.split(' ')) {
      if (sentAt !== '') this.delays.push(now - Number(sentAt));
    }
  }

  private receiveWhole(): void {
    this.received = 0;
    this.onReply();
  }
}
