// What callers of one version of @nangohq/node, unmodified, read of connections at the server HOST: CLIENT is the package, PLACES is
// [{key, id, calls}]. Prints one line RESULT {"key/id": {method: value}}.
const { CLIENT, HOST, KEY, PLACES } = process.env;
const { Nango } = await import(CLIENT);
const nango = new Nango({ host: HOST, secretKey: KEY });
const or = (call) => call().catch((error) => ({ failed: error.response?.status ?? error.message }));
const listed = (await nango.listConnections()).connections;
// Versions before listProviders take the key alone.
const integration = (key) => (nango.listProviders ? nango.getIntegration({ uniqueKey: key }) : nango.getIntegration(key));
const found = {};
for (const { key, id, calls } of JSON.parse(PLACES)) {
  found[`${key}/${id}`] = {
    getConnection: await or(() => nango.getConnection(key, id, false, true)),
    getToken: await or(() => nango.getToken(key, id)),
    getRawTokenResponse: (await or(() => nango.getRawTokenResponse(key, id))) ?? null,
    getMetadata: await or(() => nango.getMetadata(key, id)),
    listConnections: listed.find((one) => one.provider_config_key === key && one.connection_id === id) ?? null,
    getIntegration: await or(() => integration(key)),
    proxy: calls ? await or(async () => (await nango.get({ providerConfigKey: key, connectionId: id, endpoint: '/me' })).data.name) : null,
  };
}
console.log(`RESULT ${JSON.stringify(found)}`);
