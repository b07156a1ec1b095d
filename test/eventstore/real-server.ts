import { GenericContainer, getContainerRuntimeClient, type StartedTestContainer, Wait } from 'testcontainers';

/** A real server, or why there is none. */
export type RealServer =
  | {
      found: true;
      what: string;
      connection: string;
      credentials?: { username: string; password: string };
      stop(): Promise<void>;
    }
  | { found: false; reason: string };

const IMAGE = 'docker.kurrent.io/kurrent-latest/kurrentdb:25.1';
const PORT = 2113;
const MEMORY_ONLY = { KURRENTDB_INSECURE: 'true', KURRENTDB_MEM_DB: 'true', KURRENTDB_RUN_PROJECTIONS: 'None' };

/**
 * Yours, in ROLLCALL_TEST_ESDB (a connection string whose user may do everything; tests leave streams there), or else one in a
 * container. Written where no container engine was at hand: that way has never run.
 */
export const findRealServer = async (): Promise<RealServer> => {
  const own = process.env.ROLLCALL_TEST_ESDB;
  if (own) {
    const [, username, password] = /^\w[^:]*:\/\/([^:@/]+):([^@]+)@/.exec(own) ?? [];
    const credentials =
      username && password
        ? { credentials: { username: decodeURIComponent(username), password: decodeURIComponent(password) } }
        : {};
    return { found: true, what: 'ROLLCALL_TEST_ESDB', connection: own, ...credentials, stop: async () => {} };
  }
  let container: StartedTestContainer;
  try {
    await getContainerRuntimeClient();
    container = await new GenericContainer(IMAGE)
      .withEnvironment(MEMORY_ONLY)
      .withExposedPorts(PORT)
      .withWaitStrategy(Wait.forHttp('/health/live', PORT).forStatusCode(204))
      .start();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { found: false, reason: `ROLLCALL_TEST_ESDB is not set, and no container could be started (${why})` };
  }
  return {
    found: true,
    what: IMAGE,
    connection: `esdb://${container.getHost()}:${container.getMappedPort(PORT)}?tls=false`,
    stop: async () => void (await container.stop()),
  };
};
