import type { MaxMarginClient } from '../../client/connect.js';

/** What the commands about models need, of a server or of a registry on this machine. */
export type ModelAccess = Pick<
  MaxMarginClient,
  'listModels' | 'getModel' | 'setAlias' | 'rollbackAlias' | 'deleteVersion' | 'importModel' | 'close'
>;
