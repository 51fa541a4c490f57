import { useEffect } from 'preact/hooks';
import { useObservable } from './hooks';
import { Observable } from './observable';

/** A part of the page that is loaded when it is needed first. */
export class LazyProgram<T> {
  private readonly loaded = new Observable<T | null>(null);

  constructor(private readonly importProgram: () => Promise<T>) {}

  /** Loads it, unless it is loaded. Rejects without a network, or if the server has only a newer version. */
  async load(): Promise<void> {
    if (!this.loaded.value) this.loaded.set(await this.importProgram());
  }

  /** Loads it and returns it, or null until it is loaded. */
  use(onFailure: () => void): T | null {
    useEffect(() => {
      this.load().catch(onFailure);
    }, []);
    return useObservable(this.loaded);
  }
}
