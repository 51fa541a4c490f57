/** Keeps texts under names; `localStorage` fulfils it. */
export interface ChatStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** A storage that ends with the page. */
export function memoryStorage(): ChatStorage {
  const values = new Map<string, string>();
  return {
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => void values.set(key, value),
    removeItem: (key) => void values.delete(key),
  };
}

/** `localStorage` where there is one that works, else memory. */
export function defaultStorage(): ChatStorage {
  return workingStorage(() => localStorage);
}

/** A storage of the browser if it works, else memory. Browsers that are told to keep nothing throw already when it is named. */
export function workingStorage(named: () => Storage): ChatStorage {
  try {
    const storage = named();
    return works(storage) ? storage : memoryStorage();
  } catch {
    return memoryStorage();
  }
}

/** Some browsers have one that takes nothing; one that takes nothing more, but has something, is full. */
function works(storage: Storage): boolean {
  try {
    storage.setItem('smart-chat', '');
    storage.removeItem('smart-chat');
    return true;
  } catch {
    return storage.length > 0;
  }
}

/** One value in a storage, read anew each time: another tab may have changed it. */
export class StoredValue<T extends object> {
  private text: string | null = null;
  private value: T | null = null;

  constructor(
    private readonly storage: ChatStorage,
    private readonly key: string,
    /** What is stored by anything else is as good as nothing. */
    private readonly isRight: (value: object) => value is T,
  ) {}

  get(): T | null {
    const text = this.storage.getItem(this.key);
    if (text === this.text) return this.value;
    this.text = text;
    this.value = text === null ? null : this.parse(text);
    return this.value;
  }

  /** Throws what the storage throws, such as when it is full. */
  set(value: T): void {
    this.storage.setItem(this.key, JSON.stringify(value));
  }

  remove(): void {
    this.storage.removeItem(this.key);
  }

  private parse(text: string): T | null {
    try {
      const value: unknown = JSON.parse(text);
      return typeof value === 'object' && value !== null && this.isRight(value) ? value : null;
    } catch {
      return null;
    }
  }
}
