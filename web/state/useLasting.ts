import { useEffect, useState } from 'preact/hooks';

/** True once the condition has held for so long without a break. */
export function useLasting(condition: boolean, milliseconds: number): boolean {
  const [hasLasted, setLasted] = useState(false);
  useEffect(() => {
    if (!condition) return setLasted(false);
    const timer = setTimeout(() => setLasted(true), milliseconds);
    return () => clearTimeout(timer);
  }, [condition, milliseconds]);
  return condition && hasLasted;
}
