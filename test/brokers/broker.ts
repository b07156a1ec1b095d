import { readFile, stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { BrokerProcess, KafkaHost, Storage } from './host.ts';
import type { Broker } from './kafka.ts';

const startTimeoutMs = 90_000;
const stopTimeoutMs = 20_000;

export interface OwnBroker extends Broker {
  /** Undefined when it does not run, or not as a process of this machine. */
  pid(): number | undefined;
}

/** A broker that is formatted and not yet running. `changed` is called whenever its process began or is gone. */
export function ownBroker(
  host: KafkaHost,
  { id, address }: Pick<Broker, 'id' | 'address'>,
  storage: Storage,
  consoleLog: string,
  changed: () => void,
): OwnBroker {
  let running: BrokerProcess | undefined;
  let lastEnd: Promise<string> = Promise.resolve('never started');

  async function start(): Promise<void> {
    if (running) throw new Error(`broker ${id} is already running`);
    const before = await stat(consoleLog).then(
      ({ size }) => size,
      () => 0,
    );
    const broker = await host.launch(storage, consoleLog);
    running = broker;
    changed();
    let ended: string | undefined;
    lastEnd = broker.exited.then((reason) => {
      ended = reason;
      running = undefined;
      changed();
      return reason;
    });
    const deadline = performance.now() + startTimeoutMs;
    // Said only once the controller has unfenced it, so clients are served from then on.
    while (!(await readFile(consoleLog)).subarray(before).includes('Kafka Server started')) {
      if (ended !== undefined) throw new Error(`broker ${id} ended while it started: ${ended}\n${await logTail()}`);
      if (performance.now() > deadline) {
        await end('SIGKILL');
        throw new Error(`broker ${id} has not started in ${startTimeoutMs} ms\n${await logTail()}`);
      }
      await delay(25);
    }
  }

  async function end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const broker = running;
    if (!broker) return;
    await broker.signal(signal);
    // A paused broker learns of SIGTERM only when it goes on.
    if (signal === 'SIGTERM') await broker.signal('SIGCONT');
    const timer = setTimeout(() => void broker.signal('SIGKILL'), stopTimeoutMs);
    await lastEnd;
    clearTimeout(timer);
  }

  async function logTail(): Promise<string> {
    return (await readFile(consoleLog, 'utf8')).trim().split('\n').slice(-15).join('\n');
  }

  async function tell(signal: 'SIGSTOP' | 'SIGCONT'): Promise<void> {
    if (!running) throw new Error(`broker ${id} is not running: no ${signal}`);
    await running.signal(signal);
  }

  return {
    id,
    address,
    pid: () => running?.pid,
    log: () => readFile(consoleLog, 'utf8'),
    exited: () => lastEnd,
    start,
    kill9: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    pause: () => tell('SIGSTOP'),
    resume: () => tell('SIGCONT'),
  };
}
