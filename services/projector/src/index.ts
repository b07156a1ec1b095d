export type { GroupCounters, GroupOptions, PartitionState } from './group/group-options.ts';
export { type ProjectorGroup, startGroup } from './group/start-group.ts';
