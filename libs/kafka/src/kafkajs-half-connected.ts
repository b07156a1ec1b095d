import { createRequire } from 'node:module';

type Broker = { lookupRequest: { name: string }; isConnected: () => boolean };

/**
 * kafkajs 2.2.4 calls a broker connected as soon as its socket is, also when it then did not say in time what it speaks, as one that hangs
 * does. Nothing can be asked of such a broker ("Broker not connected"), and it is never connected to again. With this it counts as
 * connected once it has said so, and until then it is asked anew.
 */
const broker: { prototype: Broker } = createRequire(import.meta.url)('kafkajs/src/broker');
const hasSocket = broker.prototype.isConnected;

broker.prototype.isConnected = function isConnected() {
  return this.lookupRequest.name !== 'notInitializedLookup' && hasSocket.call(this);
};
