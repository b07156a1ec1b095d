/** The headers of an action, in the order in which they are sent; an ActionID is added on sending. */
export type Action = { Action: string; [header: string]: string };

/**
 * One action as bytes of the wire. A line break inside a value would begin a header, or an action, of its own: it becomes a
 * blank.
 */
export const encodeAction = (action: Action, actionId: string): string => {
  let text = '';
  for (const [header, value] of Object.entries(action)) text += `${header}: ${value.replace(/[\r\n]/g, ' ')}\r\n`;
  return `${text}ActionID: ${actionId}\r\n\r\n`;
};
