// An S3 server (npm s3rver) on 127.0.0.1 with one bucket. It knows the key S3RVER, secret S3RVER, but only reads the name in a signature of
// version 4; so each request is signed again by an independent signer (npm aws4), and refused unless both signatures are the same.
// Prints `listening PORT` when it is up. DIRECTORY, and the files KEY and CERT for TLS, by environment.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import https from 'node:https';
import { Readable } from 'node:stream';
import aws4 from 'aws4';
import S3rver from 's3rver';

const s3 = new S3rver({ silent: true, directory: process.env.DIRECTORY, vhostBuckets: false });
fs.mkdirSync(`${process.env.DIRECTORY}/acme-files`, { recursive: true });
const handle = s3.callback();

function isSigned(request, body) {
  const given = request.headers.authorization ?? '';
  const [, date, region, names] =
    /^AWS4-HMAC-SHA256 Credential=[^/]+\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+),/.exec(given) ?? [];
  if (!names || !names.split(';').includes('host') || !names.split(';').includes('x-amz-date')) return false;
  const hash = createHash('sha256').update(body).digest('hex');
  if (request.headers['x-amz-content-sha256'] !== hash || !request.headers['x-amz-date'].startsWith(date)) return false;
  const headers = Object.fromEntries(names.split(';').map((name) => [name, request.headers[name]]));
  const again = aws4.sign(
    { method: request.method, path: request.url, headers, service: 's3', region },
    { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' },
  );
  return /Signature=(\w+)/.exec(again.headers.Authorization)[1] === /Signature=(\w+)/.exec(given)?.[1];
}

const tls = { key: fs.readFileSync(process.env.KEY), cert: fs.readFileSync(process.env.CERT) };
const server = https.createServer(tls, async (request, response) => {
  const body = Buffer.concat(await request.toArray());
  if (!isSigned(request, body)) {
    response.writeHead(403, { 'content-type': 'application/xml' });
    response.end('<?xml version="1.0"?><Error><Code>SignatureDoesNotMatch</Code><Message>The signature differs.</Message></Error>');
    return;
  }
  // The body was read; the server gets it once more.
  const again = Object.assign(Readable.from(body.length ? [body] : []), {
    method: request.method, url: request.url, headers: request.headers, socket: request.socket, httpVersion: request.httpVersion,
    rawHeaders: request.rawHeaders, complete: true,
  });
  handle(again, response);
});
server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`));
