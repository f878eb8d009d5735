// What callers of @nangohq/node, unmodified, read of connections at the server HOST: PLACES is [{key, id}]. Prints one line RESULT
// {"key/id": {method: value}}.
import { Nango } from '@nangohq/node';

const { HOST, KEY, PLACES } = process.env;
const nango = new Nango({ host: HOST, secretKey: KEY });
const or = (call) => call().catch((error) => ({ failed: error.response?.status ?? error.message }));
const listed = (await nango.listConnections()).connections;
const found = {};
for (const { key, id } of JSON.parse(PLACES)) {
  found[`${key}/${id}`] = {
    getConnection: await or(() => nango.getConnection(key, id, false, true)),
    getToken: await or(() => nango.getToken(key, id)),
    getRawTokenResponse: (await or(() => nango.getRawTokenResponse(key, id))) ?? null,
    getMetadata: await or(() => nango.getMetadata(key, id)),
    listConnections: listed.find((one) => one.provider_config_key === key && one.connection_id === id) ?? null,
    getIntegration: await or(() => nango.getIntegration({ uniqueKey: key })),
  };
}
console.log(`RESULT ${JSON.stringify(found)}`);
