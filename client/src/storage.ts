/** Stores strings by key. `localStorage` and `sessionStorage` implement it. */
export interface ChatStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** A storage that lasts until the page is closed or the process ends. */
export function memoryStorage(): ChatStorage {
  const values = new Map<string, string>();
  return {
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => void values.set(key, value),
    removeItem: (key) => void values.delete(key),
  };
}

/** `localStorage` if it is available, otherwise memory. */
export function defaultStorage(): ChatStorage {
  return browserStorage(() => localStorage);
}

/** A storage of the browser. */
interface BrowserStorage extends ChatStorage {
  readonly length: number;
}

/** The browser's storage if it is usable, otherwise memory. With cookies blocked, browsers throw when the storage is accessed. */
export function browserStorage(getStorage: () => BrowserStorage): ChatStorage {
  try {
    const storage = getStorage();
    return isUsable(storage) ? storage : memoryStorage();
  } catch {
    return memoryStorage();
  }
}

/** Some browsers provide a storage with no space at all. One that can't be written but has entries is full, and still readable. */
function isUsable(storage: BrowserStorage): boolean {
  try {
    storage.setItem('smart-chat', '');
    storage.removeItem('smart-chat');
    return true;
  } catch {
    return storage.length > 0;
  }
}

const NOT_SYNCHRONOUS =
  'The storage must return a string or null from getItem. For an asynchronous storage, load its values before creating the client.';

/** One JSON value in a storage. Every read goes to the storage, because another tab may have changed the value. */
export class StoredValue<T extends object> {
  private text: string | null = null;
  private value: T | null = null;

  constructor(
    private readonly storage: ChatStorage,
    private readonly key: string,
    /** A stored value that doesn't pass is treated as missing. */
    private readonly isValid: (value: object) => value is T,
  ) {}

  get(): T | null {
    const text: unknown = this.storage.getItem(this.key);
    if (text !== null && typeof text !== 'string') throw new TypeError(NOT_SYNCHRONOUS);
    if (text === this.text) return this.value;
    this.text = text;
    this.value = text === null ? null : this.parse(text);
    return this.value;
  }

  /** Throws the storage's error, for example when it is full. */
  set(value: T): void {
    this.storage.setItem(this.key, JSON.stringify(value));
  }

  remove(): void {
    this.storage.removeItem(this.key);
  }

  private parse(text: string): T | null {
    try {
      const value: unknown = JSON.parse(text);
      return typeof value === 'object' && value !== null && this.isValid(value) ? value : null;
    } catch {
      return null;
    }
  }
}
