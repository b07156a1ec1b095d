export { type Apart, parseKafkaAddress } from './address.ts';
export { clusterOf, createClient } from './client.ts';
export { checkConnection, type KafkaConnection, userOf } from './connection.ts';
export { joinGroup, type Membership, type MembershipOptions } from './group/membership.ts';
export { brokerOf, chainOf, field, isOfType, loginRefusal, tlsFailure, wasClosed, whyUnreachable } from './thrown.ts';
