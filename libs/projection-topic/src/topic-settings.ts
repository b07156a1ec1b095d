import kafkajs, { type Admin } from 'kafkajs';

/** The settings that a topic has, its broker's defaults included. @throws what kafkajs throws */
export const topicSettings = async (admin: Admin, topic: string): Promise<Map<string, string>> => {
  const resources = [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic }];
  const described = await admin.describeConfigs({ resources, includeSynonyms: false });
  const entries = described.resources.flatMap(({ configEntries }) => configEntries);
  return new Map(entries.map(({ configName, configValue }) => [configName, configValue]));
};
