/** How requests look, for `mode` and `targets add`. */
export const FORMAT_HELP =
  'the shape of requests: batch, a JSON object with all events; webhook, one raw event, signed; cloudevents; lines; json, a list in a body of your own; hub, another redrain; module';

export const BODY_HELP = `format json: the body, with {{events}} where the list of events goes and \${NAME} for a variable`;

export const ITEM_HELP =
  'formats json and lines: what each event becomes, with {{event}}, and {{id}}, {{type}}, {{time}}';
