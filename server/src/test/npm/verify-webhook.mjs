// Whether one version of @nangohq/node, which has the secret key alone, takes a webhook: CLIENT is the package, HEADERS and BODY are
// what was delivered. Prints one line RESULT {method: [of the delivery, of another body]}.
const { CLIENT, HOST, KEY, HEADERS, BODY } = process.env;
const { Nango } = await import(CLIENT);
const nango = new Nango({ host: HOST, secretKey: KEY });
const headers = JSON.parse(HEADERS);
const parsed = JSON.parse(BODY);
const found = {};
if (nango.verifyWebhookSignature) {
  const signature = headers['x-nango-signature'];
  found.verifyWebhookSignature = [nango.verifyWebhookSignature(signature, parsed), nango.verifyWebhookSignature(signature, { ...parsed, more: 1 })];
}
if (nango.verifyIncomingWebhookRequest) {
  found.verifyIncomingWebhookRequest = [nango.verifyIncomingWebhookRequest(BODY, headers), nango.verifyIncomingWebhookRequest(`${BODY} `, headers)];
}
console.log(`RESULT ${JSON.stringify(found)}`);
