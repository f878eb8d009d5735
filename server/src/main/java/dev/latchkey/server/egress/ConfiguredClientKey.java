package dev.latchkey.server.egress;

import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * The certificate that the user configured, whatever authorities the server names: the JDK's own would send none if the issuer is not
 * among those, and the user would not learn which one the server rejected.
 */
final class ConfiguredClientKey extends X509ExtendedKeyManager {
    private static final String ALIAS = "client";

    private final X509Certificate[] chain;
    private final PrivateKey key;

    ConfiguredClientKey(X509Certificate[] chain, PrivateKey key) {
        this.chain = Arrays.copyOf(chain, chain.length);
        this.key = key;
    }

    private @Nullable String alias(String... types) {
        return Arrays.stream(types).anyMatch(type -> type.startsWith(key.getAlgorithm())) ? ALIAS : null;
    }

    @Override
    public String @Nullable [] getClientAliases(String type, Principal @Nullable [] issuers) {
        return alias(type) == null ? null : new String[] {ALIAS};
    }

    @Override
    public @Nullable String chooseClientAlias(String[] types, Principal @Nullable [] issuers, @Nullable Socket socket) {
        return alias(types);
    }

    @Override
    public @Nullable String chooseEngineClientAlias(
            String[] types, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
        return alias(types);
    }

    @Override
    public String @Nullable [] getServerAliases(String type, Principal @Nullable [] issuers) {
        return null;
    }

    @Override
    public @Nullable String chooseServerAlias(String type, Principal @Nullable [] issuers, @Nullable Socket socket) {
        return null;
    }

    @Override
    public X509Certificate[] getCertificateChain(String alias) {
        return Arrays.copyOf(chain, chain.length);
    }

    @Override
    public PrivateKey getPrivateKey(String alias) {
        return key;
    }
}
