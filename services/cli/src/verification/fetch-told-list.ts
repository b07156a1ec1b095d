import type { World } from '@rollcall/clock';
import { RollcallError } from '@rollcall/errors';
import { askServer, linesOf, type Server } from '../operations/ask-server.ts';
import { notRollcall, serverAddress } from '../rollcall-server.ts';
import { readToldList, type ToldList } from './told-list.ts';

/** Far more than a channel can take. */
const MAX_LINE = 16 * 1024 * 1024;

/**
 * The list that a running Rollcall serves, whole, with its own indexes.
 * @throws RollcallError those of askServer, NOT_ROLLCALL, OTHER_LOG
 */
export const fetchToldList = async (server: Server, log: string, world: World): Promise<ToldList> => {
  const { place } = serverAddress(server.url);
  const response = await askServer(server, { path: 'v1/image' }, world);
  const list = await readToldList(linesOf(response, MAX_LINE)).catch((error) => {
    throw notRollcall(place, `its list cannot be read: ${error instanceof Error ? error.message : error}`);
  });
  if (list.log === log) return list;
  throw new RollcallError(
    'OTHER_LOG',
    `The Rollcall at ${place} serves the list of another log.`,
    'Was the data directory moved or restored while it ran? Start it again.',
  );
};
