import { DomainError, messageOf } from '../../errors.js';
import type { EngineName } from '../engine.js';

/** Where libtorch begins to list its own stack, for which nobody has a use who cannot change it. */
const NATIVE_STACK = '\nException raised from ';

/**
 * Calls a native library, whose errors know neither the engine nor how they may be shown.
 *
 * @param what is done, for people
 * @throws DomainError `internal` with the library's reason
 */
export function nativeCall<T>(engine: EngineName, what: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    const [reason = ''] = messageOf(error).split(NATIVE_STACK);
    throw new DomainError('internal', `engine ${engine}: ${what}: ${reason}`, { cause: error });
  }
}
