import { AsyncLocalStorage } from 'node:async_hooks';
import vm from 'node:vm';
import type { JestEnvironmentConfig } from '@jest/environment';
import { ModernFakeTimers } from '@jest/fake-timers';
import { ModuleMocker } from 'jest-mock';
import { isOfBrowser } from './workerBrowser';

/** Stands for the context of the process, which has no object of its own in `node:vm`. */
const PROCESS_CONTEXT: vm.Context = Object.freeze({});

const { compileFunction } = vm;
Object.defineProperty(vm, 'compileFunction', {
  value(code: string, parameters: string[], options: vm.CompileFunctionOptions = {}) {
    const { parsingContext, ...others } = options;
    return compileFunction(code, parameters, parsingContext === PROCESS_CONTEXT ? others : options);
  },
});

/** Those that the test file has used. */
const storages = new Set<AsyncLocalStorage<unknown>>();
const { run } = AsyncLocalStorage.prototype;
Object.defineProperty(AsyncLocalStorage.prototype, 'run', {
  value(this: AsyncLocalStorage<unknown>, ...parameters: unknown[]) {
    storages.add(this);
    return Reflect.apply(run, this, parameters);
  },
});

/** The message with which jest-worker ends a worker process, and the program of such a process. */
const CHILD_MESSAGE_END = 2;
const WORKER_PROGRAM = 'processChild.js';

// Nothing is left to do then. Otherwise Jest kills the process, with a warning, if freeing its memory takes half a second.
if (process.argv[1]?.endsWith(WORKER_PROGRAM)) {
  process.on('message', (message) => {
    if (Array.isArray(message) && message[0] === CHILD_MESSAGE_END) process.exit();
  });
}

type Properties = Map<PropertyKey, PropertyDescriptor>;

/**
 * Runs test files in the context of the worker process, as a server runs: with one `Error` and one `Array`, with the real
 * `process`, and without the cost of globals that Jest looks up through a proxy. Undoes what a test file has changed of globals.
 */
export default class ProcessEnvironment {
  readonly global = globalThis;
  readonly moduleMocker = new ModuleMocker(globalThis);
  readonly fakeTimers = null;
  readonly fakeTimersModern: ModernFakeTimers;
  private readonly properties: Map<object, Properties>;
  private readonly listeners = listenersOfProcess();
  private readonly variables = { ...process.env };

  constructor({ projectConfig: config }: JestEnvironmentConfig) {
    this.fakeTimersModern = new ModernFakeTimers({ config, global: globalThis });
    this.properties = new Map([globalThis, process, Error].map((object) => [object, propertiesOf(object)]));
    globalThis.global = globalThis;
  }

  async setup(): Promise<void> {}

  async teardown(): Promise<void> {
    this.fakeTimersModern.dispose();
    // Jest makes one for each test file. It would cost time at every promise of all later files.
    for (const storage of storages) storage.disable();
    storages.clear();
    for (const [name, listeners] of listenersOfProcess()) {
      for (const listener of listeners) {
        if (!this.listeners.get(name)?.includes(listener) && !isOfBrowser(listener))
          Reflect.apply(process.off, process, [name, listener]);
      }
    }
    for (const [object, properties] of this.properties) restore(object, properties);
    for (const name of Object.keys(process.env)) {
      if (!(name in this.variables)) delete process.env[name];
    }
    Object.assign(process.env, this.variables);
  }

  exportConditions(): string[] {
    return ['node', 'node-addons'];
  }

  getVmContext(): vm.Context {
    return PROCESS_CONTEXT;
  }
}

function listenersOfProcess() {
  return new Map(process.eventNames().map((name) => [name, process.rawListeners(name)]));
}

function propertiesOf(object: object): Properties {
  const properties: Properties = new Map();
  for (const key of Reflect.ownKeys(object)) {
    const descriptor = Reflect.getOwnPropertyDescriptor(object, key);
    // The listeners of `process` are removed by name.
    if (descriptor && key !== '_events' && key !== '_eventsCount') properties.set(key, descriptor);
  }
  return properties;
}

function restore(object: object, before: Properties): void {
  for (const [key, now] of propertiesOf(object)) {
    const descriptor = before.get(key);
    if (!descriptor) Reflect.deleteProperty(object, key);
    else if (now.value !== descriptor.value || now.get !== descriptor.get) {
      Reflect.defineProperty(object, key, descriptor);
    }
  }
  for (const [key, descriptor] of before) {
    if (!Object.hasOwn(object, key)) Reflect.defineProperty(object, key, descriptor);
  }
}
