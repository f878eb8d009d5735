package dev.latchkey.server.egress;

import dev.latchkey.server.secrets.Secret;

/**
 * A client's certificate and key for mutual TLS (RFC 8446 section 4.4.2).
 *
 * @param chain certificates in PEM, the client's own first
 * @param key PKCS #8 in PEM, without a passphrase
 */
public record ClientCertificate(Secret chain, Secret key) {}
